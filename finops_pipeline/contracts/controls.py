"""Control figures: what a system itself says its accounts stand at, and how the books here compare with it."""

from finops_pipeline.contracts.columns import ACCOUNT_ID, CURRENCY, ENTITY_ID, PERIOD, amount, plain
from finops_pipeline.contracts.model import Column, Table

_SOURCE = Column("source", "code", "System the control figure comes from")

CONTROL_BALANCES = Table(
    "control_balances", "ledger",
    "Balances of accounts as their system states them, debit-positive in functional currency. No reference is asked of "
    "them: an account that is not here must show as a difference, not stay out",
    "figure of a system x period",
    (
        _SOURCE,
        Column("control_id", "code", "The figure in its system; an account may have several, which add up"),
        plain(ENTITY_ID),
        PERIOD,
        plain(ACCOUNT_ID),
        CURRENCY,
        Column("net_activity", "money", "Debits less credits of the period", measure="net_activity"),
        Column("closing", "money", "Balance at the end of the period; empty where the system has the account and states "
               "none", nullable=True),
    ),
    ("source", "control_id", "period"), "lake", partitioned=True,
)  # fmt: skip

TIE_OUT = Table(
    "tie_out", "ledger", "Closing balances here beside those that the system states; the difference is zero",
    "source x entity x period x account",
    (
        _SOURCE,
        plain(ENTITY_ID),
        PERIOD,
        plain(ACCOUNT_ID),
        amount("ours", "Closing balance of the trial balance; missing where it has no such row", is_nullable=True),
        amount("theirs", "Closing balance as the system states it; missing where it states none", is_nullable=True),
        amount("difference", "Ours less theirs; a missing side counts as zero"),
        CURRENCY,
    ),
    ("source", "entity_id", "period", "account_id", "currency"), partitioned=True,
)  # fmt: skip

TABLES = (CONTROL_BALANCES, TIE_OUT)
