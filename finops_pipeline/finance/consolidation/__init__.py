"""Consolidation: the ledgers of several entities as the ledger of one group, in the group's currency.

`group` says who belongs to it, `translation` brings each ledger into the group's currency, `elimination` takes out what
entities have with each other, `minority` what belongs to others; `worksheet` puts the steps together, `rollforward` and
`proofs` prove them, `statements` reports.
"""

from finops_pipeline.finance.consolidation.elimination import own_counterparty_findings
from finops_pipeline.finance.consolidation.group import (
    Group,
    group_currency,
    group_findings,
    group_of,
    with_group_accounts,
)
from finops_pipeline.finance.consolidation.proofs import consolidation_findings
from finops_pipeline.finance.consolidation.statements import (
    balance_sheet,
    exchange_effect,
    income_statement,
    movements,
    trial_balance,
)
from finops_pipeline.finance.consolidation.translation import rate_findings
from finops_pipeline.finance.consolidation.worksheet import STEPS, Consolidation, Sources, consolidate, group_balances

__all__ = [
    "STEPS",
    "Consolidation",
    "Group",
    "Sources",
    "balance_sheet",
    "consolidate",
    "consolidation_findings",
    "exchange_effect",
    "group_balances",
    "group_currency",
    "group_findings",
    "group_of",
    "income_statement",
    "movements",
    "own_counterparty_findings",
    "rate_findings",
    "trial_balance",
    "with_group_accounts",
]
