"""What customers are expected to pay, when, and what goes back to them: estimates, financing, refunds and returns.

Here: tables beside contracts and their events that say more about the consideration, and the reports that follow from it.
Not here: the contracts, and the books as a whole (`revenue`).
"""

from finops_pipeline.contracts.columns import CONTRACT_ID, CURRENCY, ENTITY_ID, PERIOD, PRODUCT_ID, amount, plain
from finops_pipeline.contracts.model import Column, Reference, Table

PAYMENT_PLAN = Table(
    "payment_plan", "revenue", "When the stated prices of contracts with a financing component are paid", "contract x day",
    (
        CONTRACT_ID,
        Column("due_on", "date", "Day of the payment"),
        Column("amount", "money", "Amount in the contract's currency", currency="contract_currency", measure="amount"),
        Column("contract_currency", "code", "ISO 4217 currency of the contract", in_file=False),
        Column("agreed_by_event_id", "code", "Modification or cancellation that agrees on the payment, in place of those still to come; the contract when empty",
               nullable=True, optional=True),
    ),
    ("contract_id", "due_on", "agreed_by_event_id"), "lake",
)  # fmt: skip

ESTIMATE_OUTCOMES = Table(
    "estimate_outcomes", "revenue", "What variable consideration may come to, and how likely that is", "estimate x outcome",
    (
        Column("event_id", "code", "The variable_estimate", reference=Reference("contract_events", "event_id")),
        Column("outcome_no", "integer", "Number of the outcome within the estimate"),
        CONTRACT_ID,
        Column("amount", "money", "Variable consideration if this comes about", currency="contract_currency", measure="amount"),
        Column("probability", "decimal", "How likely it is; those of an estimate sum to 1"),
        Column("contract_currency", "code", "ISO 4217 currency of the contract", in_file=False),
    ),
    ("event_id", "outcome_no"), "lake",
)  # fmt: skip

FINANCING_SCHEDULE = Table(
    "financing_schedule", "revenue", "Financing components: what one side owes the other, and its interest, past and planned",
    "contract x period",
    (
        plain(CONTRACT_ID), plain(ENTITY_ID), PERIOD, CURRENCY,
        amount("opening", "What the customer is ahead before the month; below zero, what the seller is"),
        amount("interest", "Interest of the month: expense above zero, income below"),
        amount("paid", "Payments by the payment plan"),
        amount("transferred", "Cash price of what is expected to be transferred"),
        amount("closing", "What the customer is ahead after the month"),
        Column("status", "code", "Whether the month is past or planned", allowed=("actual", "planned")),
    ),
    ("contract_id", "period"),
)  # fmt: skip

REFUND_LIABILITY_ROLLFORWARD = Table(
    "refund_liability_rollforward", "revenue", "What is expected to go back to customers, and what moved it",
    "contract x period",
    (
        plain(CONTRACT_ID), plain(ENTITY_ID), PERIOD, CURRENCY,
        amount("opening", "Refund liability before the period"),
        amount("returns", "Change by goods that are expected back or came back"),
        amount("concessions", "Change by variable consideration that lowers the price of what is earned"),
        amount("cancellations", "Change by cancelled contracts"),
        amount("settled", "Change by refunds that take back invoices, and by credit notes"),
        amount("not_due", "Change of what is no liability: neither invoiced nor received, or given back beyond what is expected"),
        amount("closing", "Refund liability after the period"),
    ),
    ("contract_id", "period"), partitioned=True,
)  # fmt: skip

RETURN_ASSET_ROLLFORWARD = Table(
    "return_asset_rollforward", "revenue", "The right to get back goods that are expected back, and what moved it",
    "contract x obligation x period",
    (
        plain(CONTRACT_ID),
        Column("obligation_id", "code", "Performance obligation within the contract"),
        plain(ENTITY_ID), PERIOD, plain(PRODUCT_ID), CURRENCY,
        amount("opening", "Asset before the period"),
        amount("expected", "Change by goods handed over that are expected back, and by new estimates; off the cost of sales"),
        amount("came_back", "Change by goods that came back"),
        amount("closing", "Asset after the period"),
    ),
    ("contract_id", "obligation_id", "period"), partitioned=True,
)  # fmt: skip

TABLES = (
    PAYMENT_PLAN,
    ESTIMATE_OUTCOMES,
    FINANCING_SCHEDULE,
    REFUND_LIABILITY_ROLLFORWARD,
    RETURN_ASSET_ROLLFORWARD,
)
