"""Every row of a file has one fate, though it may make several lines."""

from finops_pipeline.contracts.catalog import table
from finops_pipeline.storage import deriving, outcomes
from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.outcomes import Fates
from finops_pipeline.storage.staging import Stage, StagedFile

COLUMNS = ("version", "entity_id", "period", "account_id", "currency", "amount")


def staged(small_engine: Engine, *rows: tuple[int, str | None, str, str]) -> Stage:
    """Budget lines: row of the file, verdict, period, amount."""
    stage = Stage(small_engine, table("budget_lines"), {})
    values = ", ".join(
        f"(1, {row}, {'NULL' if verdict is None else repr(verdict)}, 'v1', 'E', '{period}', 'A', 'EUR', '{amount}')"
        for row, verdict, period, amount in rows
    )
    query = f"SELECT * FROM (VALUES {values}) AS v(file_seq, row_number, verdict, {', '.join(COLUMNS)})"
    stage.load_derived([StagedFile(1, "f1", None)], query, COLUMNS)
    return stage


def test_a_row_with_a_bad_line_is_quarantined_whole_and_one_with_a_good_line_accepted(small_engine: Engine) -> None:
    stage = staged(
        small_engine,
        (1, None, "2026-01", "10"), (1, None, "2026-02", "x"),
        (2, None, "2026-01", "20"), (2, "OUT|no amount", "2026-02", "0"),
        (3, "OUT|no amount", "2026-01", "0"), (3, "OUT|no amount", "2026-02", "0"),
        (4, "REF-EXTRACT|heads", "2026-01", "7"),
    )  # fmt: skip
    deriving.mark_siblings(stage)
    assert outcomes.fates(stage, several_lines=True) == {1: Fates(1, 0, 2, {"no amount": 1})}
    assert [(r.row_number, r.rule, value) for r, value in outcomes.rejected(stage)] == [
        (1, "ROW-MONEY", "x"),
        (4, "REF-EXTRACT", None),
    ]


def test_totals_tie_with_what_is_left_out(small_engine: Engine) -> None:
    stage = staged(
        small_engine, (1, None, "2026-01", "10.50"), (2, "OUT|plan", "2026-01", "4"), (3, None, "2026-13", "2.25")
    )
    account = outcomes.account(stage, {})
    key = (1, "EUR", "amount")
    assert account.source[key] == account.left_out[key] + account.quarantined[key] + 10 + account.source[key] % 1 - (
        account.quarantined[key] % 1
    )
    assert (account.source[key], account.left_out[key], account.quarantined[key]) == (16.75, 4, 2.25)
