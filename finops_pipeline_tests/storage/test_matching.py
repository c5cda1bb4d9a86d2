"""Rows against other rows: which of several stands, and which journals balance."""

import pytest

from finops_pipeline.contracts.catalog import table
from finops_pipeline.storage import matching
from finops_pipeline_tests.storage.stages import Desk

DEBIT, CREDIT = "DE01,J1,1,2026-01-15,1000,EUR,8.00,", "DE01,J1,2,2026-01-15,4000,EUR,,8.00"


def test_within_a_file_the_first_row_of_a_key_stands(products: Desk) -> None:
    products.lines(1, "C1,Sales", "C2,Plant", "C1,Sales", "C1,Selling", "C1,Sales")
    products.match()
    assert products.marks() == [(1, 3, "KEY-DUPLICATE"), (1, 4, "KEY-CONFLICT"), (1, 5, "KEY-DUPLICATE")]


def test_between_files_the_latest_row_of_a_key_stands(products: Desk) -> None:
    products.lines(2, "C1,Selling")
    products.lines(1, "C1,Sales", "C2,Plant")
    products.lines(3, "C1,Sales")
    products.match()
    assert products.marks() == [(1, 1, "KEY-SUPERSEDED"), (2, 1, "KEY-SUPERSEDED")]


def test_a_file_that_comes_late_does_not_replace_a_later_one_in_the_lake(products: Desk) -> None:
    products.lines(2, "C1,Selling")
    products.accept()
    products.clear()
    products.lines(1, "C1,Sales", "C2,Plant")
    products.match()
    assert products.marks() == [(1, 1, "KEY-SUPERSEDED")]


def test_a_row_that_breaks_a_rule_of_its_own_repeats_no_key(products: Desk) -> None:
    products.lines(1, "C1,Sales", "C1,")
    products.match()
    assert products.marks() == []


def test_line_numbers_beyond_the_mask_are_compared_all_the_same(journal: Desk) -> None:
    far = DEBIT.replace("J1,1,", "J1,70,")
    journal.lines(1, far, CREDIT, far)
    journal.match()
    assert journal.marks() == [(1, 3, "KEY-DUPLICATE")]


def test_a_journal_that_balances_only_across_months_stays_out(journal: Desk) -> None:
    """J1: 8.00 in January, -8.00 in February; J2 balances in each."""
    other = [r.replace("J1", "J2") for r in (DEBIT, CREDIT)]
    journal.lines(1, DEBIT, CREDIT.replace("2026-01", "2026-02"), *other)
    journal.match()
    assert journal.marks() == [(1, 1, "JRN-BALANCE"), (1, 2, "JRN-BALANCE")]
    assert journal.engine.rows("SELECT DISTINCT message FROM marks") == [("800 in 2026-01, -800 in 2026-02",)]


def test_a_row_completes_a_journal_of_the_lake_or_breaks_it(journal: Desk) -> None:
    journal.lines(1, DEBIT, CREDIT)
    journal.accept()
    journal.clear()
    journal.lines(2, "DE01,J1,3,2026-01-15,4000,EUR,,1.00", "DE01,J1,1,2026-01-15,1000,EUR,9.00,")
    journal.match()
    assert journal.marks() == []
    journal.clear()
    journal.lines(3, "DE01,J1,3,2026-01-15,4000,EUR,,1.00")
    journal.match()
    assert journal.marks() == [(3, 1, "JRN-BALANCE")]


CHANGED = DEBIT.replace("8.00", "9.00")


def test_a_correction_that_breaks_a_journal_of_the_same_night_leaves_it_as_it_was(journal: Desk) -> None:
    """Delivered on two nights, the first file is in the books before the second is refused: so it is on one night."""
    journal.lines(1, DEBIT, CREDIT)
    journal.lines(2, CHANGED)
    journal.match()
    assert journal.marks() == [(2, 1, "JRN-BALANCE")]


def test_a_later_file_completes_what_an_earlier_one_of_the_night_broke(journal: Desk) -> None:
    journal.lines(1, DEBIT, CREDIT)
    journal.lines(2, CHANGED)
    journal.lines(3, CREDIT.replace("8.00", "9.00"))
    journal.match()
    assert journal.marks() == [(1, 1, "KEY-SUPERSEDED"), (1, 2, "KEY-SUPERSEDED")]


def test_only_files_since_the_last_balance_stay_out(journal: Desk) -> None:
    """File 2 replaces line 1 and balances with its line 3; files 3 and 4 do not, whatever they replace."""
    journal.lines(1, DEBIT, CREDIT)
    journal.lines(2, CHANGED, "DE01,J1,3,2026-01-15,4000,EUR,,1.00")
    journal.lines(3, DEBIT.replace("8.00", "7.00"))
    journal.lines(4, DEBIT.replace("8.00", "6.00"))
    journal.match()
    assert journal.marks() == [(1, 1, "KEY-SUPERSEDED"), (3, 1, "JRN-BALANCE"), (4, 1, "JRN-BALANCE")]


def test_files_that_never_balance_all_stay_out(journal: Desk) -> None:
    journal.lines(1, DEBIT)
    journal.lines(2, CHANGED)
    journal.match()
    assert journal.marks() == [(1, 1, "JRN-BALANCE"), (2, 1, "JRN-BALANCE")]


def test_an_unknown_reference_is_marked_and_a_missing_one_is_not(journal: Desk) -> None:
    journal.lines(1, DEBIT, CREDIT.replace("DE01", "XX99"))
    accounts = "(SELECT '1000' AS account_id)"
    matching.mark_unknown_references(
        journal.stage, {"entities": journal.stage.parents["entities"], "accounts": accounts}
    )
    assert journal.marks() == [(1, 2, "REF-ENTITY-ID")]


def test_rows_of_the_same_file_may_refer_to_each_other(small_engine, tmp_path) -> None:
    assert matching.group_columns(table("journal_lines")) == ("entity_id", "journal_id")
    assert matching.group_columns(table("products")) == ("product_id",)


@pytest.mark.parametrize("held", [[], [1]])
def test_a_held_row_that_was_delivered_again_stays_out(products: Desk, held: list[int]) -> None:
    products.lines(1, "C1,Sales")
    products.lines(2, "C1,Selling")
    products.match()
    matching.keep_replaced(products.stage, held)
    assert products.marks() == [(1, 1, "KEY-REPLACED" if held else "KEY-SUPERSEDED")]
