"""Revenue from contracts with customers: the contracts, what happened to them, and the books that follow."""

from dataclasses import replace

from finops_pipeline.contracts.columns import (
    CONTRACT_ID,
    CURRENCY,
    CUSTOMER_ID,
    ENTITY_ID,
    PERIOD,
    PRODUCT_ID,
    amount,
    plain,
)
from finops_pipeline.contracts.model import Column, Table

CONTRACTS = Table(
    "contracts", "revenue", "Contracts with customers", "contract",
    (
        replace(CONTRACT_ID, reference=None),
        ENTITY_ID,
        Column("customer_id", "code", "Customer"),
        Column("signed_on", "date", "Day the contract was signed"),
        replace(CURRENCY, description="ISO 4217 currency of the contract"),
        Column("description", "text", "What the contract is about", nullable=True, optional=True),
        Column("financing_rate", "decimal", "Rate by year of a significant financing component; none when empty", nullable=True,
               optional=True),
        Column("combination_id", "code", "Contracts with the same one are accounted for as one contract", nullable=True,
               optional=True),
        Column("collectability", "code", "Whether it was probable on signing that the consideration is collected; yes when empty",
               nullable=True, optional=True, allowed=("probable", "not_probable")),
        Column("criteria_met_on", "date", "Day on which that became probable; empty as long as it is not", nullable=True,
               optional=True),
        Column("nonrefundable_on", "date",
               "Day from which what was received of a contract that is none is kept: it is over, or nothing is left to do",
               nullable=True, optional=True),
        Column("customer_country", "code", "ISO 3166-1 alpha-2 code of the customer's country; that of the entity where empty",
               nullable=True, optional=True),
    ),
    ("contract_id",), "lake",
)  # fmt: skip


def _contract_money(name: str, description: str) -> Column:
    return Column(name, "money", description, nullable=True, optional=True, currency="contract_currency")


OBLIGATIONS = Table(
    "obligations", "revenue", "Performance obligations of each contract", "contract x obligation",
    (
        CONTRACT_ID,
        Column("obligation_id", "code", "Performance obligation within the contract"),
        replace(PRODUCT_ID, nullable=False, optional=False),
        Column("recognition", "code", "How the obligation is satisfied",
               allowed=("point_in_time", "straight_line", "output", "input", "usage")),
        Column("stated_price", "money", "Price stated in the contract", currency="contract_currency", measure="amount"),
        _contract_money("ssp", "Standalone selling price"),
        _contract_money("ssp_low", "Low end of the range of standalone selling prices"),
        _contract_money("ssp_high", "High end of the range of standalone selling prices"),
        Column("ssp_method", "code", "How the standalone selling price was found", nullable=True, optional=True,
               allowed=("observable", "estimated", "residual")),
        Column("quantity", "decimal", "Quantity promised", nullable=True, optional=True),
        Column("start_date", "date", "First day of service", nullable=True, optional=True),
        Column("end_date", "date", "Last day of service", nullable=True, optional=True),
        Column("discount_group", "code", "Obligations that share an observable discount", nullable=True, optional=True),
        Column("total_measure", "decimal", "Total of the measure of progress", nullable=True, optional=True),
        Column("added_by_event_id", "code", "Modification that added the obligation", nullable=True, optional=True),
        Column("contract_currency", "code", "ISO 4217 currency of the contract", in_file=False),
        _contract_money("goods_cost", "Cost of the goods promised, for the asset of those expected back"),
    ),
    ("contract_id", "obligation_id"), "lake",
)  # fmt: skip

CONTRACT_EVENTS = Table(
    "contract_events", "revenue", "What happened to contracts, in the order of event dates", "event",
    (
        Column("event_id", "code", "Event"),
        CONTRACT_ID,
        Column("event_date", "date", "Day of the event"),
        Column("event_type", "code", "What happened",
               allowed=("delivery", "progress", "usage", "invoice", "payment", "refund", "return", "returns_estimate",
                        "variable_estimate", "modification", "cancellation", "write_off")),
        Column("obligation_id", "code", "Obligation concerned; the whole contract when empty", nullable=True,
               optional=True),
        Column("amount", "money", "Amount in the contract's currency", nullable=True, optional=True,
               currency="contract_currency", measure="amount"),
        Column("quantity", "decimal", "Quantity of the event", nullable=True, optional=True),
        Column("total_measure", "decimal", "New total of the measure of progress", nullable=True, optional=True),
        Column("method", "code", "How a modification is accounted for", nullable=True, optional=True,
               allowed=("separate", "prospective", "cumulative")),
        Column("related_event_id", "code", "Event this one refers to: of a credit note or refund, the invoice or payment it corrects",
               nullable=True, optional=True),
        Column("note", "text", "Remark", nullable=True, optional=True),
        Column("contract_currency", "code", "ISO 4217 currency of the contract", in_file=False),
        Column("recorded_on", "date", "Day the books learned of the event; its own day when empty", nullable=True,
               optional=True),
        Column("component", "code", "What an estimate is of (bonus, rebate, ...): those of different components add up",
               nullable=True, optional=True),
        Column("estimate_method", "code", "How an estimate without an amount is made of its outcomes", nullable=True,
               optional=True, allowed=("expected_value", "most_likely")),
        _contract_money("recovery_cost", "Cost to get back the goods expected back, with what they lose in value"),
        Column("constraint_confidence", "decimal", "Confidence with which such an estimate must not be reversed; not constrained when empty",
               nullable=True, optional=True),
        Column("financing_rate", "decimal", "Rate by year of a financing component from a modification on; that of the contract when empty",
               nullable=True, optional=True),
    ),
    ("event_id",), "lake",
)  # fmt: skip

CONTRACT_COSTS = Table(
    "contract_costs", "revenue", "Costs to obtain and to fulfil contracts, and what of them is lost", "cost",
    (
        Column("cost_id", "code", "Cost"),
        CONTRACT_ID,
        Column("kind", "code", "What the cost is for; an impairment lowers the cost that it names",
               allowed=("obtain", "fulfil", "impairment")),
        Column("incurred_on", "date", "Day of the cost"),
        Column("amount", "money", "Amount in the contract's currency", currency="contract_currency", measure="amount"),
        Column("is_capitalizable", "boolean", "Whether it qualifies as an asset; yes where empty", nullable=True, optional=True),
        Column("start_date", "date", "First day of the benefit; of the contract's services where empty", nullable=True, optional=True),
        Column("end_date", "date", "Last day of the benefit before renewals; of the contract's services where empty",
               nullable=True, optional=True),
        Column("renewal_months", "integer", "Months of renewals that are expected after it", nullable=True, optional=True,
               low=0),
        Column("related_cost_id", "code", "The cost that an impairment lowers", nullable=True, optional=True),
        Column("description", "text", "What the cost is", nullable=True, optional=True),
        Column("contract_currency", "code", "ISO 4217 currency of the contract", in_file=False),
    ),
    ("cost_id",), "lake",
)  # fmt: skip

REVENUE_SCHEDULE = Table(
    "revenue_schedule", "revenue", "Revenue of every obligation by month, past and planned",
    "contract x obligation x period",
    (
        plain(CONTRACT_ID),
        Column("obligation_id", "code", "Performance obligation within the contract"),
        PERIOD, plain(ENTITY_ID), plain(PRODUCT_ID), plain(CUSTOMER_ID), CURRENCY,
        amount("allocated_price", "Transaction price allocated to the obligation"),
        amount("recognized", "Revenue of the month"),
        amount("cumulative_recognized", "Revenue up to and including the month"),
        amount("remaining", "Allocated price not yet recognized"),
        Column("status", "code", "Whether the month is past or planned", allowed=("actual", "planned")),
        amount("prior_period_adjustment", "Part of the month's revenue that corrects months before, learned of too late"),
        amount("expected_refund", "Consideration expected to go back to the customer, at the end of the month"),
    ),
    ("contract_id", "obligation_id", "period"),
)  # fmt: skip

RECOGNIZED_REVENUE = Table(
    "recognized_revenue", "revenue", "Revenue recognized by entity and product, in contract currency",
    "entity x period x product x currency",
    (
        plain(ENTITY_ID), PERIOD, plain(PRODUCT_ID), CURRENCY,
        amount("recognized", "Revenue of the month"),
        amount("prior_period_adjustment", "Part of it that corrects months already closed"),
        amount("recognized_ytd", "Revenue of the fiscal year to date"),
    ),
    ("entity_id", "period", "product_id", "currency"), partitioned=True,
)  # fmt: skip

REVENUE_ROLLFORWARD = Table(
    "revenue_rollforward", "revenue",
    "Roll-forward of each contract's books; liabilities and assets are both positive balances",
    "contract x period x balance",
    (
        plain(CONTRACT_ID), plain(ENTITY_ID), PERIOD,
        Column("balance", "code", "Which book",
               allowed=("contract_liability", "contract_asset", "receivable", "refund_liability")),
        CURRENCY,
        amount("opening", "Balance before the period"),
        amount("billed", "Change by invoices"),
        amount("recognized", "Change by revenue"),
        amount("reclassified", "Change by netting liability and asset of the contract"),
        amount("cash", "Change by payments and refunds"),
        amount("adjusted", "Other changes"),
        amount("closing", "Balance after the period"),
        amount("interest", "Part of the other changes that is interest"),
    ),
    ("contract_id", "period", "balance"), partitioned=True,
)  # fmt: skip

REMAINING_OBLIGATIONS = Table(
    "remaining_obligations", "revenue", "Transaction price of unsatisfied obligations by when it is expected as revenue",
    "entity x period x band x currency",
    (
        plain(ENTITY_ID), PERIOD,
        Column("band", "code", "Months from the end of the period until the revenue", allowed=("0-12m", "13-24m", ">24m")),
        CURRENCY,
        amount("amount", "Transaction price not yet recognized"),
    ),
    ("entity_id", "period", "band", "currency"), partitioned=True,
)  # fmt: skip

REVENUE_JOURNAL = Table(
    "revenue_journal", "revenue", "Journal of each contract's books, by account role", "journal line",
    (
        Column("journal_id", "code", "Journal: one for each contract and month"),
        Column("line_no", "integer", "Line within the journal"),
        plain(ENTITY_ID), PERIOD,
        Column("account_role", "code", "Which account of the chart the line is for",
               allowed=("cash", "receivable", "contract_asset", "contract_liability", "refund_liability", "revenue",
                        "credit_loss", "return_asset", "cost_of_sales", "inventory", "interest_expense", "interest_income",
                        "contract_liability_non_current", "contract_asset_non_current")),
        plain(CONTRACT_ID), CURRENCY,
        amount("debit", "Debit"),
        amount("credit", "Credit"),
        Column("entry", "code", "What the line and the one beside it record",
               allowed=("billing", "cash", "revenue", "credit_note", "write_off", "advance", "contract_asset",
                        "refund_liability", "return_asset", "goods_returned", "interest_expense", "interest_income",
                        "liability_maturity", "asset_maturity")),
    ),
    ("journal_id", "line_no"), partitioned=True,
)  # fmt: skip

_FOREIGN = Column("contract_currency", "code", "ISO 4217 currency of the contract")

REVENUE_ROLLFORWARD_FUNCTIONAL = Table(
    "revenue_rollforward_functional", "revenue",
    "The roll-forward of contracts in foreign currency, in the functional currency of their entity",
    "contract x period x balance",
    (
        plain(CONTRACT_ID), plain(ENTITY_ID), PERIOD,
        Column("balance", "code", "Which book",
               allowed=("contract_liability", "contract_asset", "receivable", "refund_liability")),
        replace(CURRENCY, description="ISO 4217 functional currency of the entity"),
        amount("opening", "Balance before the period"),
        amount("billed", "Change by invoices"),
        amount("recognized", "Change by revenue"),
        amount("reclassified", "Change by netting liability and asset of the contract"),
        amount("cash", "Change by payments and refunds"),
        amount("adjusted", "Other changes"),
        amount("exchange", "Change by exchange rates"),
        amount("closing", "Balance after the period"),
        _FOREIGN,
        amount("transaction_closing", "Balance after the period in the currency of the contract", currency="contract_currency"),
    ),
    ("contract_id", "period", "balance"), partitioned=True,
)  # fmt: skip

REVENUE_JOURNAL_FUNCTIONAL = Table(
    "revenue_journal_functional", "revenue",
    "Journal of contracts in foreign currency, in functional currency beside transaction amounts", "journal line",
    (
        Column("journal_id", "code", "Journal: that of revenue_journal for the contract and month"),
        Column("line_no", "integer", "Line within the journal"),
        plain(ENTITY_ID), PERIOD,
        Column("account_role", "code", "Which account of the chart the line is for",
               allowed=("cash", "receivable", "contract_asset", "contract_liability", "refund_liability", "revenue",
                        "credit_loss", "interest_expense", "interest_income", "exchange_difference")),
        plain(CONTRACT_ID), replace(CURRENCY, description="ISO 4217 functional currency of the entity"),
        amount("debit", "Debit"),
        amount("credit", "Credit"),
        Column("entry", "code", "What the line and the one beside it record",
               allowed=("billing", "cash", "revenue", "credit_note", "write_off", "advance", "contract_asset",
                        "refund_liability", "interest_expense", "interest_income", "realized_exchange",
                        "unrealized_exchange")),
        _FOREIGN,
        amount("transaction_debit", "Debit in the currency of the contract", currency="contract_currency"),
        amount("transaction_credit", "Credit in the currency of the contract", currency="contract_currency"),
    ),
    ("journal_id", "line_no"), partitioned=True,
)  # fmt: skip

REVENUE_WATERFALL = Table(
    "revenue_waterfall", "revenue", "What was booked in each month, by the months in which it is revenue, past and planned",
    "entity x booked period x recognized period x currency",
    (
        plain(ENTITY_ID),
        Column("booked_period", "period", "Month of signing, or of the modification that added the obligation"),
        Column("recognized_period", "period", "Month of the revenue"),
        CURRENCY,
        amount("amount", "Revenue"),
    ),
    ("entity_id", "booked_period", "recognized_period", "currency"),
)  # fmt: skip

REVENUE_TIE_OUT = Table(
    "revenue_tie_out", "revenue", "Recognized revenue against the postings on revenue accounts, in contract currency",
    "entity x period x currency x rule of the settings",
    (
        plain(ENTITY_ID), PERIOD, CURRENCY,
        Column("products", "text", "The products of the rule, by comma; empty for all others", nullable=True),
        Column("accounts", "text", "The accounts of the rule, by comma; empty for all of type revenue", nullable=True),
        amount("recognized", "Revenue by contracts; missing where there is none", is_nullable=True),
        amount("posted", "Postings on the accounts, revenue positive; missing where there are none", is_nullable=True),
        amount("difference", "Recognized less posted"),
        Column("status", "code", "Whether the two agree, or what is missing",
               allowed=("tied", "differs", "not_posted", "not_recognized", "unassigned")),
    ),
    ("entity_id", "period", "currency", "products", "accounts"), partitioned=True,
)  # fmt: skip

REVENUE_DISAGGREGATION = Table(
    "revenue_disaggregation", "revenue", "Revenue by product, entity, country and timing, in contract currency",
    "entity x period x product x timing x currency x country",
    (
        plain(ENTITY_ID), PERIOD, plain(PRODUCT_ID),
        Column("country", "code", "Country of the customer, or of the entity, as delivered (ISO 3166-1 alpha-2)", nullable=True),
        Column("timing", "code", "When the customer gets control", allowed=("point_in_time", "over_time")),
        CURRENCY,
        amount("recognized", "Revenue of the month"),
        amount("prior_period_adjustment", "Part of it that corrects months already closed"),
        Column("country_basis", "code", "Whose country it is: the entity's where the contract does not name the customer's",
               allowed=("customer", "entity")),
    ),
    ("entity_id", "period", "product_id", "timing", "currency", "country", "country_basis"), partitioned=True,
)  # fmt: skip

CONTRACT_BALANCE_MATURITY = Table(
    "contract_balance_maturity", "revenue", "Contract liabilities and assets, split into current and non-current",
    "contract x period x balance",
    (
        plain(CONTRACT_ID), plain(ENTITY_ID), PERIOD,
        Column("balance", "code", "Which book", allowed=("contract_liability", "contract_asset")),
        CURRENCY,
        amount("closing", "Balance after the period"),
        amount("current", "Part of it that is worked off within twelve months"),
        amount("non_current", "Part of it that is worked off later"),
        amount("opening_non_current", "What was non-current before the period"),
    ),
    ("contract_id", "period", "balance"), partitioned=True,
)  # fmt: skip

CONTRACT_COST_ROLLFORWARD = Table(
    "contract_cost_rollforward", "revenue", "Roll-forward of the asset of each contract cost", "cost x period",
    (
        Column("cost_id", "code", "Cost"),
        plain(CONTRACT_ID), plain(ENTITY_ID), PERIOD,
        Column("kind", "code", "What the cost is for", allowed=("obtain", "fulfil")),
        CURRENCY,
        amount("opening", "Asset before the period"),
        amount("capitalized", "Change by costs of the period"),
        amount("amortized", "Change by amortization"),
        amount("impaired", "Change by impairment"),
        amount("closing", "Asset after the period"),
        amount("expensed", "Costs of the period that are expensed at once"),
    ),
    ("cost_id", "period"), partitioned=True,
)  # fmt: skip

CONTRACT_COST_JOURNAL = Table(
    "contract_cost_journal", "revenue", "Journal of the contract costs, by account role", "journal line",
    (
        Column("journal_id", "code", "Journal: one for each contract and month"),
        Column("line_no", "integer", "Line within the journal"),
        plain(ENTITY_ID), PERIOD,
        Column("account_role", "code", "Which account of the chart the line is for",
               allowed=("contract_cost", "contract_cost_incurred", "contract_cost_amortization", "contract_cost_impairment")),
        plain(CONTRACT_ID), CURRENCY,
        amount("debit", "Debit"),
        amount("credit", "Credit"),
        Column("entry", "code", "What the line and the one beside it record",
               allowed=("capitalization", "amortization", "impairment")),
    ),
    ("journal_id", "line_no"), partitioned=True,
)  # fmt: skip

TABLES = (
    CONTRACTS,
    OBLIGATIONS,
    CONTRACT_EVENTS,
    CONTRACT_COSTS,
    REVENUE_SCHEDULE,
    RECOGNIZED_REVENUE,
    REVENUE_ROLLFORWARD,
    REMAINING_OBLIGATIONS,
    REVENUE_JOURNAL,
    REVENUE_WATERFALL,
    REVENUE_TIE_OUT,
    REVENUE_DISAGGREGATION,
    CONTRACT_BALANCE_MATURITY,
    CONTRACT_COST_ROLLFORWARD,
    CONTRACT_COST_JOURNAL,
    REVENUE_ROLLFORWARD_FUNCTIONAL,
    REVENUE_JOURNAL_FUNCTIONAL,
)
