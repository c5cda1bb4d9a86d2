"""Financial statements by entity and period."""

from finops_pipeline.contracts.columns import CURRENCY, ENTITY_ID, PERIOD, amount, plain
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

TABLES = (INCOME_STATEMENT, BALANCE_SHEET, CASH_FLOW)
