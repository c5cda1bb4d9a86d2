"""Budget versions beside each other, by hand, and the register that says what they are."""

import pandas as pd
import pytest

from finops_pipeline.contracts.budget import BUDGET_VERSION_VARIANCE
from finops_pipeline.errors import ContractError
from finops_pipeline.finance import versions as comparing
from finops_pipeline_tests.finance.books import ACCOUNTS, COST_CENTERS, ENTITIES, assert_keeps, shuffled, table

BUDGET = table("""
    version   entity_id  period   account_id  cost_center_id  currency  amount
    original  DE         2026-01  4000        -               EUR       1000
    original  DE         2026-01  6000        CC1             EUR       300
    original  DE         2026-02  6000        CC1             EUR       300
    original  DE         2025-02  6000        CC1             EUR       7
    revised   DE         2026-01  4000        -               EUR       900
    revised   DE         2026-02  6000        CC1             EUR       250
    revised   DE         2026-02  6000        CC2             EUR       40
    forecast  UK         2026-02  6000        -               EUR       5
""")


def register(*rows: tuple[str, str, str | None, str | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["version", "effective_period", "approved_on", "locked_on"])
    return frame.assign(approved_on=pd.to_datetime(frame["approved_on"]), locked_on=pd.to_datetime(frame["locked_on"]))


KNOWN = register(
    ("original", "2025-01", None, None), ("revised", "2026-02", None, None), ("forecast", "2026-01", None, None)
)


def compared(budget: pd.DataFrame = BUDGET, known: pd.DataFrame = KNOWN) -> pd.DataFrame:
    found = comparing.budget_version_variance(budget, known, ACCOUNTS, COST_CENTERS, ENTITIES)
    assert_keeps(BUDGET_VERSION_VARIANCE, found)
    assert comparing.version_variance_findings(found, budget, ENTITIES) == []
    return found


def test_two_versions_beside_each_other_in_the_year_that_both_plan() -> None:
    found = compared()
    columns = ["base_version", "version", "period", "account_id", "base_amount", "amount", "change", "profit_effect"]
    assert found[columns].to_numpy().tolist() == [
        ["original", "revised", "2026-01", "4000", 1000, 900, -100, -100],
        ["original", "revised", "2026-01", "6000", 300, 0, -300, 300],
        ["original", "revised", "2026-02", "6000", 300, 250, -50, 50],
        ["original", "revised", "2026-02", "6000", 0, 40, 40, -40],
    ]
    assert found["change_pct"].round(4).tolist()[:3] == [-0.1, -1.0, -0.1667]
    assert pd.isna(found["change_pct"].iloc[3])


def test_the_earlier_version_is_the_base_by_the_register_then_by_name() -> None:
    assert comparing.in_order(["b", "a", "revised", "original"], KNOWN) == ["original", "revised", "a", "b"]
    turned = register(("original", "2026-03", None, None), ("revised", "2026-02", None, None))
    assert set(compared(known=turned)["base_version"]) == {"revised"}
    assert set(compared(known=KNOWN.head(0))["base_version"]) == {"original"}


def test_no_pair_of_versions_is_no_row() -> None:
    assert len(compared(BUDGET[BUDGET["version"] != "original"])) == 0
    assert len(compared(BUDGET.head(0))) == 0


def test_order_of_rows_changes_nothing() -> None:
    pd.testing.assert_frame_equal(compared(shuffled(BUDGET)), compared())


def test_unknown_accounts_are_refused() -> None:
    with pytest.raises(ContractError):
        compared(BUDGET.assign(account_id="9999"))


def test_bud_007_both_sides_tie_and_no_pair_is_left_out() -> None:
    sound = compared()

    def messages(found: pd.DataFrame) -> list[str]:
        return [f.message for f in comparing.version_variance_findings(found, BUDGET, ENTITIES)]

    assert messages(sound.assign(amount=sound["amount"] + 1)) == [
        "amount of the year is 1194, in budget_balances 1190 (minor units)"
    ]
    assert messages(sound.assign(base_amount=sound["base_amount"] + 1)) == [
        "base_amount of the year is 1604, in budget_balances 1600 (minor units)"
    ]
    (left_out,) = comparing.version_variance_findings(sound.head(0), BUDGET, ENTITIES)
    assert (left_out.rule_id, left_out.subject) == ("BUD-007", "original revised DE 2026-01")


def test_bud_008_registered_versions_are_all_registered() -> None:
    (unknown,) = comparing.version_warnings(register(("original", "2025-01", None, None)), BUDGET[:7])
    assert (unknown.rule_id, unknown.subject, unknown.severity) == ("BUD-008", "revised", "warning")
    assert comparing.version_warnings(KNOWN, BUDGET) == []
    assert comparing.version_warnings(KNOWN.head(0), BUDGET) == []  # nobody keeps a register


def test_bud_009_a_locked_version_was_approved() -> None:
    known = register(
        ("original", "2025-01", "2024-12-20", "2024-12-20"),
        ("revised", "2026-02", None, "2026-01-31"),
        ("forecast", "2026-01", "2026-02-03", "2026-01-31"),
    )
    assert [(f.subject, f.message) for f in comparing.version_warnings(known, BUDGET)] == [
        ("forecast", "is locked since 2026-01-31, and it was approved on 2026-02-03 only"),
        ("revised", "is locked since 2026-01-31, and nobody approved it"),
    ]
