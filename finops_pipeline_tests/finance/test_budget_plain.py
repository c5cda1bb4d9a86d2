"""Budget variance beside a plain form of it, line by line, on any budgets and journals."""

from collections import defaultdict

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.budget import BUDGET_VARIANCE
from finops_pipeline.finance import budget as budgets
from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.books import (
    ACCOUNTS,
    ENTITIES,
    assert_keeps,
    shuffled,
)
from finops_pipeline_tests.finance.test_budget import RATES, variance

accounts_used = st.sampled_from(["1200", "4000", "6000", "7000"])
centers = st.sampled_from(["CC1", "CC2", None])
entities_used = st.sampled_from(["DE", "UK"])
months_used = st.integers(0, 35).map(lambda i: calendar.add("2024-06", i))
planned = st.lists(
    st.tuples(st.sampled_from(["v1", "v2"]), entities_used, months_used, accounts_used, centers, st.integers(-50, 50)),
    max_size=14,
)
posted = st.lists(
    st.tuples(entities_used, months_used, accounts_used, centers, st.integers(-50, 50), st.integers(0, 9)), max_size=14
)
START = {"DE": 1, "UK": 4}


def plain_variance(lines: list[tuple], journals: list[tuple], months: list[str]) -> dict[tuple, tuple[int, int]]:
    """Actual and budget of every row, one line at a time."""
    year = {(e, p): calendar.fiscal_year_start(p, START[e]) for e in START for p in calendar.span("2020-01", "2030-12")}
    covered = {(v, e, year[e, p]) for v, e, p, *_ in lines}
    budgeted = {(v, e, a) for v, e, _, a, *_ in lines}
    result: dict[tuple, list[int]] = defaultdict(lambda: [0, 0])
    for month in months:
        for version, entity, start in covered:
            if year[entity, month] != start:
                continue
            for e, p, a, c, debit, credit in journals:
                if e != entity or year[e, p] != start or p > month or (a == "1200" and (version, e, a) not in budgeted):
                    continue
                amount = credit - debit if a in {"4000", "7000"} else debit - credit
                for basis in ("mtd", "ytd", "full_year") if p == month else ("ytd", "full_year"):
                    result[version, e, month, basis, a, c][0] += amount
            for v, e, p, a, c, amount in lines:
                if v != version or e != entity or year[e, p] != start:
                    continue
                bases = ["full_year", *(["ytd"] if p <= month else []), *(["mtd"] if p == month else [])]
                for basis in bases:
                    result[v, e, month, basis, a, c][1] += amount
    return {k: (a, b) for k, (a, b) in result.items()}


@settings(max_examples=15)
@given(lines=planned, journals=posted, first=st.integers(0, 20), length=st.integers(1, 14))
def test_variance_is_that_of_the_plain_form(lines: list, journals: list, first: int, length: int) -> None:
    months = calendar.span(calendar.add("2024-06", first), calendar.add("2024-06", first + length - 1))
    columns = ["version", "entity_id", "period", "account_id", "cost_center_id", "amount"]
    types = {"amount": "int64"} | dict.fromkeys(columns[:5], "str")
    budget_lines = pd.DataFrame(lines, columns=columns).astype(types)
    budget_lines["currency"] = budget_lines["entity_id"].map({"DE": "EUR", "UK": "GBP"}).astype("str")
    budget = budgets.budget_balances(budget_lines, ENTITIES, RATES)
    columns = ["entity_id", "period", "account_id", "cost_center_id", "debit", "credit"]
    types = {"debit": "int64", "credit": "int64"} | dict.fromkeys(columns[:4], "str")
    actuals = pd.DataFrame(journals, columns=columns).astype(types)
    result = variance(budget, actuals, months)
    assert_keeps(BUDGET_VARIANCE, result)
    keys = ["version", "entity_id", "period", "basis", "account_id", "cost_center_id"]
    found = {
        tuple(None if pd.isna(k) else k for k in row[:6]): (row[6], row[7])
        for row in result[[*keys, "actual", "budget"]].itertuples(index=False, name=None)
    }
    assert found == plain_variance(lines, journals, months)
    assert budgets.budget_variance_findings(result, budget, actuals, ACCOUNTS, ENTITIES, months) == []
    pd.testing.assert_frame_equal(variance(shuffled(budget), shuffled(actuals), months), result)
