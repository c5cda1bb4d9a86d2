"""The cost breakdown beside a plain form of it, row by row, on any postings, bills and months."""

from decimal import Decimal
from fractions import Fraction
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.cost import COST_BREAKDOWN
from finops_pipeline.contracts.projections import conform
from finops_pipeline.finance import cost, trends
from finops_pipeline.finance import periods as calendar
from finops_pipeline_tests.finance.books import (
    ACCOUNTS,
    COST_CENTERS,
    ENTITIES,
    balances,
)
from finops_pipeline_tests.finance.test_cost import NO_TRACE, PAYERS, bills, breakdown

SPAN = calendar.span("2024-11", "2026-02")
CURRENCY = dict(zip(ENTITIES["entity_id"], ENTITIES["functional_currency"], strict=True))
DEPARTMENT = dict(zip(COST_CENTERS["cost_center_id"], COST_CENTERS["department"], strict=True))
SCALE = {"USD": 100, "JPY": 1, "BHD": 1000}


def plain_trend(months: list[int]) -> str | None:
    n, pairs = len(months), [(a, b) for i, a in enumerate(months) for b in months[i + 1 :]]
    if n < 6:
        return None
    score = sum((b > a) - (b < a) for a, b in pairs)
    groups = [months.count(m) for m in set(months)]
    variance = Fraction(n * (n - 1) * (2 * n + 5) - sum(t * (t - 1) * (2 * t + 5) for t in groups), 18)
    if not score or (abs(score) - 1) ** 2 <= Fraction("1.959963984540054") ** 2 * variance:
        return "flat"
    return "rising" if score > 0 else "falling"


def plain_direct(lines: list[tuple]) -> list[tuple]:
    chart = ACCOUNTS.astype(object).where(ACCOUNTS.notna(), None).set_index("account_id").to_dict("index")
    result = []
    for entity, period, account, center, debit, credit in lines:
        about = chart[account]
        if about["account_type"] in ("cost_of_revenue", "operating_expense", "other_expense"):
            place = (DEPARTMENT.get(center), about["category"], about["cost_behavior"], "direct", CURRENCY[entity])
            result.append(((entity, *place), period, debit - credit))
    return result


def plain_cloud(charges: list[tuple]) -> list[tuple]:
    result, exact = [], {}
    for period, payer, service, currency, billed in charges:
        bill = exact.setdefault((PAYERS.get(payer), period, currency), {})
        bill[service] = bill.get(service, 0) + Fraction(billed) * SCALE[currency]
    for (entity, period, currency), bill in exact.items():
        missing = round(sum(bill.values())) - sum(part // 1 for part in bill.values())
        largest = sorted(bill, key=lambda service: (-(bill[service] % 1), service))[:missing]
        for service, part in bill.items():
            place = (entity, None, service, None, "cloud", currency)
            result.append((place, period, part // 1 + (service in largest)))
    return result


def plain_breakdown(costs: list[tuple], months: list[str]) -> dict[tuple, tuple]:
    series: dict[tuple, dict[str, int]] = {}
    for key, period, amount in costs:
        history = series.setdefault(key, {})
        history[period] = history.get(period, 0) + amount

    def change(history: dict[str, int], period: str, lag: int) -> float | None:
        base = history.get(calendar.add(period, -lag), 0)
        return (history[period] - base) / abs(base) if base else None

    result = {}
    for key, history in series.items():
        for period in history.keys() & set(months):
            whole = sum(h.get(period, 0) for k, h in series.items() if (k[0], k[4:]) == (key[0], key[4:]))
            share = history[period] / whole if whole else None
            seen = [history.get(p, 0) for p in calendar.span(min(history), period)][-12:]
            changes = (change(history, period, 1), change(history, period, 12))
            result[key[0], period, *key[1:]] = (history[period], share, *changes, plain_trend(seen))
    return result


def ledger_of(lines: list[tuple]) -> pd.DataFrame:
    header = "entity_id period account_id cost_center_id debit credit"
    return balances("\n".join([header, *(" ".join("-" if v is None else str(v) for v in line) for line in lines)]))


def cloud_of(charges: list[tuple]) -> pd.DataFrame:
    header = "period billing_account_id service_category currency billed_cost"
    return bills("\n".join([header, *(" ".join(map(str, r)) for r in charges)]))


def subjects_of(result: pd.DataFrame, lines: list[tuple], charges: list[tuple], months: list[str]) -> list:
    return cost.cost_breakdown_findings(
        result, ledger_of(lines), ACCOUNTS, cloud_of(charges), months, PAYERS, NO_TRACE, COST_CENTERS
    )


amounts = st.none() | st.integers(-3, 3) | st.integers(-(10**14), 10**14)
costs = st.none() | st.decimals(-(10**6), 10**15, places=15) | st.integers(-9, 9).map(lambda n: Decimal(n) / 1000)
BOOKED = [("DE", "6000", "CC1"), ("DE", "6100", "CC2"), ("DE", "6100", "CC3"), ("DE", "5000", None),
          ("UK", "7500", None), ("UK", "4000", "CC1")]  # fmt: skip
BILLED = [("A1", "Compute", "USD"), ("A2", "Compute", "USD"), ("A2", "Storage", "USD"), ("A2", "Network", "USD"),
          ("B1", "Compute", "JPY"), ("Z8", "Compute", "BHD"), ("Z9", "Storage", "BHD")]  # fmt: skip


def months_of(count: int, cells: st.SearchStrategy) -> st.SearchStrategy[list[list]]:
    """So many series over all months; a month may have nothing."""
    return st.lists(st.lists(cells, min_size=len(SPAN), max_size=len(SPAN)), min_size=count, max_size=count)


@settings(max_examples=10)
@given(
    booked=months_of(len(BOOKED), amounts),
    billed=months_of(len(BILLED), costs),
    first=st.integers(0, 15),
    length=st.integers(1, 16),
    randomizer=st.randoms(use_true_random=False),
)
def test_the_breakdown_is_that_of_the_plain_form(
    booked: list[list], billed: list[list], first: int, length: int, randomizer: Random
) -> None:
    lines = [
        (entity, period, account, center, amount, 1)
        for (entity, account, center), row in zip(BOOKED, booked, strict=True)
        for period, amount in zip(SPAN, row, strict=True)
        if amount is not None
    ]
    charges = [
        (period, *who, cost_)
        for who, row in zip(BILLED, billed, strict=True)
        for period, cost_ in zip(SPAN, row, strict=True)
        if cost_ is not None
    ]
    months = SPAN[first : first + length]
    result = breakdown(ledger_of(lines), cloud_of(charges), months)
    pd.testing.assert_frame_equal(conform(result, COST_BREAKDOWN), result)
    found = {r[:7]: r[7:] for r in result.astype(object).where(result.notna(), None).itertuples(index=False, name=None)}
    expected = plain_breakdown([*plain_direct(lines), *plain_cloud(charges)], months)
    assert found.keys() == expected.keys()
    for key, (amount, *ratios, trend) in expected.items():
        assert (found[key][0], found[key][4], found[key][5:]) == (amount, trend, (None, None, None))  # under two years
        assert found[key][1:4] == tuple(r if r is None else pytest.approx(r, rel=1e-12) for r in ratios)
    assert subjects_of(result, lines, charges, months) == []
    mixed = [randomizer.sample(rows, len(rows)) for rows in (lines, charges)]
    pd.testing.assert_frame_equal(breakdown(ledger_of(mixed[0]), cloud_of(mixed[1]), months), result)


@pytest.mark.parametrize(
    ("months", "trend"),
    [
        ([1, 2, 3, 4, 5], None),
        ([1, 2, 3, 4, 6, 5], "rising"),
        ([1, 2, 4, 3, 6, 5], "flat"),
        ([6, 5, 4, 3, 2, 1], "falling"),
        ([4] * 12, "flat"),
        ([3, 3, 3, 2, 2, 2, 1, 1, 1, 0, 0, 0], "falling"),
    ],
)
def test_the_plain_trend_is_sound_itself(months: list[int], trend: str | None) -> None:
    assert plain_trend(months) == trend == trends.mann_kendall(months)
