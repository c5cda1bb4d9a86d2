"""Balances have the totals of the journal lines they were made of."""

import pandas as pd

from finops_pipeline.defs.ledger import totals_findings


def table(*rows: tuple[str, str, int, int, int], functional: bool = False) -> pd.DataFrame:
    amounts = ["functional_debit", "functional_credit"] if functional else ["debit", "credit"]
    return pd.DataFrame(list(rows), columns=["entity_id", "period", *amounts, "lines"])


BALANCES = table(("DE01", "2026-01", 100, 60, 2), ("DE01", "2026-01", 0, 40, 1))


def test_the_same_totals_are_fine() -> None:
    assert totals_findings(BALANCES, table(("DE01", "2026-01", 100, 100, 3), functional=True)) == []


def test_a_cent_a_line_and_a_month_on_one_side_only_are_found() -> None:
    for lines in (
        table(("DE01", "2026-01", 101, 100, 3), functional=True),
        table(("DE01", "2026-01", 100, 100, 4), functional=True),
        table(("DE01", "2026-01", 100, 100, 3), ("DE01", "2026-02", 1, 1, 2), functional=True),
        table(functional=True),
    ):
        (finding,) = totals_findings(BALANCES, lines)
        assert finding.rule_id == "LED-010"
        assert totals_findings(BALANCES, lines, "LED-011")[0].rule_id == "LED-011"
