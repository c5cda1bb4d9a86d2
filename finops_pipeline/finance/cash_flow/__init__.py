"""Cash flow: where the cash of an entity came from and went to, by the indirect method.

`classes` says what each account's movement is (operating, investing, financing ...), `statement` makes the statement
of the movements, `proofs` compares it with the books.
"""

from finops_pipeline.finance.cash_flow.classes import CashClass, Classification, classified
from finops_pipeline.finance.cash_flow.proofs import cash_flow_findings, classification_findings
from finops_pipeline.finance.cash_flow.statement import NO_EFFECT, SECTIONS, cash_flow, movements

__all__ = [
    "NO_EFFECT",
    "SECTIONS",
    "CashClass",
    "Classification",
    "cash_flow",
    "cash_flow_findings",
    "classification_findings",
    "classified",
    "movements",
]
