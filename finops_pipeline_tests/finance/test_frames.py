"""Fact tables as panels, and the form of results."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.errors import ContractError
from finops_pipeline.finance import frames
from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.books import ENTITIES, table

JANUARY = calendar.index("2026-01")


def test_a_panel_sums_a_fact_table_into_series_by_month() -> None:
    facts = table("""
        entity_id  cost_center_id  period   amount
        DE         -               2026-01  1
        DE         CC1             2026-03  2
        DE         CC1             2026-03  3
        DE         CC1             2026-04  9
        DE         CC0             2025-12  9
        AT         CC1             2026-02  4
    """)
    panel = frames.panel(facts, ["entity_id", "cost_center_id"], ["amount"], JANUARY, JANUARY + 2)
    assert panel.keys["entity_id"].tolist() == ["AT", "DE", "DE"]
    assert panel.keys["cost_center_id"].fillna("-").tolist() == ["CC1", "CC1", "-"]  # nulls last
    assert panel.values["amount"].tolist() == [[0, 4, 0], [0, 0, 5], [1, 0, 0]]
    assert panel.rows.tolist() == [[0, 1, 0], [0, 0, 2], [1, 0, 0]]


def test_amounts_beyond_the_reach_of_floats_stay_exact() -> None:
    facts = pd.DataFrame({"k": ["a", "a"], "period": ["2026-01"] * 2, "amount": [2**60 + 1, 2]})
    assert frames.panel(facts, ["k"], ["amount"], JANUARY, JANUARY).values["amount"].tolist() == [[2**60 + 3]]


def test_a_row_without_period_is_refused() -> None:
    with pytest.raises(ValueError, match="no period"):
        frames.month_numbers(pd.Series(["2026-01", None], dtype="str"))
    assert frames.month_numbers(pd.Series([], dtype="str")).tolist() == []


def test_labels_of_months() -> None:
    assert list(frames.month_labels(JANUARY - 1, 3)) == ["2025-12", "2026-01", "2026-02"]


@settings(max_examples=40)
@given(
    amounts=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40),
    first=st.integers(JANUARY, JANUARY + 11),
    start=st.integers(1, 12),
)
def test_fiscal_year_sums_are_those_of_the_plain_form(amounts: list[int], first: int, start: int) -> None:
    matrix, starts = np.array([amounts, amounts[::-1]], dtype=np.int64), np.array([start, 1])
    for row, month in ((0, start), (1, 1)):
        values = matrix[row].tolist()
        for i in range(len(values)):
            opened = calendar.index(calendar.fiscal_year_start(calendar.label(first + i), month)) - first
            assert frames.to_date(matrix, first, starts)[row, i] == sum(values[max(opened, 0) : i + 1])
            assert frames.before_year(matrix, first, starts)[row, i] == sum(values[: max(opened, 0)])


def test_arrange_gives_columns_kinds_and_order() -> None:
    raw = pd.DataFrame({"n": [1, 2, 3], "x": 0, "k": ["b", None, "a"]}, index=[7, 8, 9])
    result = frames.arrange(raw, {"k": "str", "n": "int64"}, ["k"])
    assert result["n"].tolist() == [3, 1, 2]
    assert {c: str(d) for c, d in result.dtypes.items()} == {"k": "str", "n": "int64"}
    assert result.index.tolist() == [0, 1, 2]


def test_fractions_and_changes_are_null_where_there_is_no_base() -> None:
    found = frames.fraction(np.array([1, -2, 0]), np.array([4, 0, 5]))
    assert (found[0], np.isnan(found[1]), found[2]) == (0.25, True, 0.0)
    changes = frames.change_ratios(np.array([[-10, 5, 0, 7]], dtype=np.int64), 1)[0]
    assert (changes[1], changes[2]) == (1.5, -1.0)
    assert np.isnan(changes[[0, 3]]).all()


def test_sums_side_by_side_keep_every_unit() -> None:
    big = 2**60 + 1  # which a float cannot hold
    one, other = pd.Series({"a": big, "b": 1}), pd.Series({"c": -big, "a": 2})
    both = frames.side_by_side({"one": one, "other": other})
    assert both.to_dict("index") == {
        "a": {"one": big, "other": 2}, "b": {"one": 1, "other": 0}, "c": {"one": 0, "other": -big},
    }  # fmt: skip
    assert {str(kind) for kind in both.dtypes} == {"int64"}


def test_lookups_follow_the_asking_rows_and_refuse_strangers() -> None:
    found = frames.lookup(ENTITIES, "entity_id", pd.Series(["JP", None, "DE", "JP"], dtype="str"), where="a table")
    assert found["functional_currency"].fillna("-").tolist() == ["JPY", "-", "EUR", "JPY"]
    with pytest.raises(ContractError, match="a table uses entity_id 'US' which"):
        frames.lookup(ENTITIES, "entity_id", pd.Series(["US", "DE"]), where="a table")


def test_fiscal_start_months_default_to_january() -> None:
    assert frames.fiscal_start_months(ENTITIES, pd.Series(["UK", "DE", "JP"])).tolist() == [4, 1, 1]
    with pytest.raises(ContractError, match="'US'"):
        frames.fiscal_start_months(ENTITIES, pd.Series(["US"]))


@settings(max_examples=40)
@given(
    amounts=st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=40),
    first=st.integers(JANUARY, JANUARY + 11),
    start=st.integers(1, 12),
)
def test_whole_years_and_shifts_are_those_of_the_plain_form(amounts: list[int], first: int, start: int) -> None:
    matrix, starts = np.array([amounts, amounts], dtype=np.int64), np.array([start, start % 12 + 1])
    whole, shifted = frames.whole_year(matrix, first, starts), frames.shifted(matrix, 12)
    for row in (0, 1):
        year = [calendar.fiscal_year_start(calendar.label(first + i), int(starts[row])) for i in range(len(amounts))]
        assert whole[row].tolist() == [sum(a for a, y in zip(amounts, year, strict=True) if y == of) for of in year]
        assert shifted[row].tolist() == [amounts[i - 12] if i >= 12 else 0 for i in range(len(amounts))]
