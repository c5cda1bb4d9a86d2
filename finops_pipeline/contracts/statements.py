"""Financial statements by entity and period, of the group too, and how the group's come about."""

from dataclasses import replace

from finops_pipeline.contracts.columns import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    ACCOUNT_TYPE,
    CURRENCY,
    ENTITY_ID,
    PERIOD,
    amount,
    plain,
)
from finops_pipeline.contracts.model import Column, Table

_LINE_NO = Column("line_no", "integer", "Order of the line in the statement")
_LINE = Column("line", "text", "Statement line")
_LINE_KIND = Column("line_kind", "code", "Whether the line is a sum of accounts or of lines above it",
                    allowed=("detail", "subtotal"))  # fmt: skip

INCOME_STATEMENT = Table(
    "income_statement", "statements", "Income statement in natural sign: revenue and expenses are both positive",
    "entity x period x statement line",
    (
        plain(ENTITY_ID), PERIOD, _LINE_NO, _LINE, CURRENCY,
        amount("amount", "Amount of the month"),
        amount("ytd_amount", "Amount of the fiscal year to date"),
        amount("prior_year_amount", "Amount of the same month a year earlier"),
        _LINE_KIND,
    ),
    ("entity_id", "period", "line_no"), partitioned=True,
)  # fmt: skip

BALANCE_SHEET = Table(
    "balance_sheet", "statements", "Balance sheet in natural sign at the end of the period",
    "entity x period x statement line",
    (
        plain(ENTITY_ID), PERIOD, _LINE_NO, _LINE, CURRENCY,
        amount("amount", "Balance at the end of the period"),
        _LINE_KIND,
    ),
    ("entity_id", "period", "line_no"), partitioned=True,
)  # fmt: skip

CASH_FLOW = Table(
    "cash_flow", "statements", "Cash flow statement by the indirect method; inflows are positive",
    "entity x period x line",
    (
        plain(ENTITY_ID), PERIOD, _LINE_NO,
        Column("section", "code", "Activity of a detail line: their details sum to the change in cash; total for the rest",
               allowed=("operating", "investing", "financing", "exchange", "total")),
        _LINE, CURRENCY,
        amount("amount", "Cash flow of the month; of the lines of cash itself, its balance"),
        _LINE_KIND,
    ),
    ("entity_id", "period", "line_no"), partitioned=True,
)  # fmt: skip

CONSOLIDATION = Table(
    "consolidation", "statements",
    "Worksheet of the group: every movement of its ledger, debit-positive in its currency, by entity and step",
    "entity x period x account x step",
    (
        plain(ENTITY_ID), PERIOD, plain(ACCOUNT_ID), ACCOUNT_NAME, ACCOUNT_TYPE,
        Column("step", "code", "Where the movement comes from",
               allowed=("translated", "adjustment", "eliminated", "minority")),
        CURRENCY,
        amount("amount", "Movement of the month; of balances at closing rates, the change in the translated balance"),
        amount("cash_flow_amount", "The same movement at the rate at which cash moved; zero within equity"),
    ),
    ("entity_id", "period", "account_id", "step"), partitioned=True,
)  # fmt: skip

TRANSLATION_ROLLFORWARD = Table(
    "translation_rollforward", "statements",
    "How the translation adjustment and the effect of exchange rates on cash come about; gains are positive",
    "entity in another currency x period x measure",
    (
        plain(ENTITY_ID), PERIOD,
        Column("measure", "code", "What is rolled forward", allowed=("translation_adjustment", "cash")),
        CURRENCY,
        amount("opening", "At the end of the month before"),
        amount("on_opening", "Opening net assets (cash) x (closing rate - closing rate of the month before)"),
        amount("on_income", "Income of the month x (closing rate - its rate)"),
        amount("on_other_movements", "Movements of equity (cash flows) x (closing rate - their rate)"),
        amount("rounding", "What rounding the translated amounts one by one leaves"),
        amount("closing", "At the end of the month"),
        Column("rounded_amounts", "integer", "How many roundings of at most half a minor unit are in it"),
    ),
    ("entity_id", "period", "measure"), partitioned=True,
)  # fmt: skip

INTERCOMPANY_UNMATCHED = Table(
    "intercompany_unmatched", "statements",
    "Pairs of entities that do not say the same of each other, in the group's currency, debit-positive",
    "period x pair of entities x kind",
    (
        PERIOD,
        replace(plain(ENTITY_ID), description="First entity of the pair, by identifier"),
        Column("counterparty_entity_id", "code", "The other entity of the pair"),
        Column("kind", "code", "Balances and equity at the end of the month, income of the month",
               allowed=("balances", "income", "equity")),
        CURRENCY,
        amount("entity_amount", "What the first entity has with the other"),
        amount("counterparty_amount", "What the other has with the first"),
        amount("unmatched_amount", "Their sum: zero if both say the same"),
        Column("status", "code", "one_sided: the other side says nothing; rounding: no more than rounding can make",
               allowed=("one_sided", "rounding", "differs")),
    ),
    ("period", "entity_id", "counterparty_entity_id", "kind"), partitioned=True,
)  # fmt: skip

TABLES = (
    INCOME_STATEMENT, BALANCE_SHEET, CASH_FLOW, CONSOLIDATION, TRANSLATION_ROLLFORWARD, INTERCOMPANY_UNMATCHED,
)  # fmt: skip
