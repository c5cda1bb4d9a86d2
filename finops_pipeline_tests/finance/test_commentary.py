"""Words stand beside the variance they are of."""

import pandas as pd

from finops_pipeline.contracts.budget import BUDGET_VARIANCE, COMMENTARY
from finops_pipeline.contracts.projections import conform, empty
from finops_pipeline.finance.commentary import commentary_findings, with_commentary
from finops_pipeline_tests.finance.test_budget import MONTHS, variance


def said(*rows: tuple[str, str, str | None, str, str | None]) -> pd.DataFrame:
    """Of version v1 in DE: period, account, cost center, text, author."""
    frame = pd.DataFrame(list(rows), columns=["period", "account_id", "cost_center_id", "text", "author"], dtype="str")
    return conform(frame.assign(version="v1", entity_id="DE")[[*COMMENTARY.names]], COMMENTARY)


def words(frame: pd.DataFrame) -> dict[tuple[str, str, str], tuple[str, str]]:
    spoken = frame[frame["commentary"].notna()].fillna({"cost_center_id": "-", "commentary_author": "-"})
    return {
        (r.period, r.account_id, r.cost_center_id): (r.commentary, r.commentary_author)
        for r in spoken[spoken["basis"] == "mtd"].itertuples()
    }


def test_words_of_a_cost_center_go_before_words_of_its_account() -> None:
    comments = said(
        ("2026-02", "6000", "CC1", "Overtime.", "A. Keller"),
        ("2026-02", "6000", None, "Wage round.", None),
        ("2026-01", "4000", None, "Late orders.", "B. Osei"),
    )
    made = with_commentary(variance(), comments)
    assert words(made) == {
        ("2026-02", "6000", "CC1"): ("Overtime.", "A. Keller"),
        ("2026-02", "6000", "CC3"): ("Wage round.", "-"),
        ("2026-01", "4000", "-"): ("Late orders.", "B. Osei"),
    }
    conform(made, BUDGET_VARIANCE)
    spoken = ["commentary", "commentary_author"]
    pd.testing.assert_frame_equal(made.drop(columns=spoken), variance().drop(columns=spoken))
    assert set(made.loc[made["commentary"] == "Overtime.", "basis"]) == {"mtd", "ytd", "full_year"}
    assert commentary_findings(made, comments, MONTHS) == []


def test_words_without_a_variance_are_found() -> None:
    comments = said(
        ("2026-02", "6000", "CC2", "Nothing is posted here.", None),
        ("2026-02", "7500", None, "Nor here.", None),
        ("2026-09", "4000", None, "Of another run.", None),
    )
    found = commentary_findings(variance(), comments, MONTHS)
    assert [f.subject for f in found] == ["v1 DE 2026-02 6000 CC2", "v1 DE 2026-02 7500"]
    assert {(f.rule_id, f.severity, f.period) for f in found} == {("BUD-006", "warning", "2026-02")}


def test_nothing_said_changes_nothing() -> None:
    pd.testing.assert_frame_equal(with_commentary(variance(), empty(COMMENTARY)), variance())
    assert commentary_findings(variance(), empty(COMMENTARY), MONTHS) == []
