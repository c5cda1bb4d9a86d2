"""Cost: what was spent, by department, category and behavior, from the ledger, from allocation and from cloud bills.

Here: the cost breakdown with shares and changes, the rounding of cloud bills to money, and the checks that each origin
ties to its source. Not here: what makes a series rise (`trends`), how cost is allocated (`allocation`), forecasts.

Allocated cost is shown twice: negative at the department whose pool gives it, positive at the department that bears it,
both in a category of the giver. So direct and allocated cost of all departments are together what the ledger has, and
of one department what it costs in full.

Cloud bills are exact to 15 decimals and are rounded once, here. The month's bill of an entity in a currency is rounded
half to even as a whole; the categories under it are rounded down, and the minor units still missing go to the largest
remainders. Worked example in cents: 10.4 + 10.4 + 10.4 = 31.2 gives 31, from 10 + 10 + 10 and one more for the first.
"""

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import anomalies, frames, ledger, money, trends
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding

_PLACES = 15  # of an exact cost
_EXACT = Context(prec=60)

_KINDS = {
    "entity_id": "str",
    "period": "str",
    "department": "str",
    "category": "str",
    "cost_behavior": "str",
    "origin": "str",
    "currency": "str",
    "amount": "int64",
    "share_pct": "float64",
    "mom_pct": "float64",
    "yoy_pct": "float64",
    "trend": "str",
    "expected_amount": "Int64",
    "anomaly_score": "float64",
    "anomaly": "str",
}
_KEY = ("entity_id", "period", "department", "category", "cost_behavior", "origin", "currency")
_SERIES = ["entity_id", "department", "category", "cost_behavior", "origin", "currency"]


def cost_breakdown(
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    cloud: pd.DataFrame,
    entities: pd.DataFrame,
    periods: Sequence[str],
    cloud_entities: Mapping[str, str],
    allocation: pd.DataFrame,
    cloud_keys: Mapping[str, str],
) -> pd.DataFrame:
    """What was spent in each period, with shares, changes and trend.

    `balances` is gl_balances with its history, `cloud` is cloud_cost_monthly with its history, of which the billed
    basis counts, `allocation` is cost_allocation with its history. `cloud_entities` names the entity that pays a billing
    account; bills of others have no entity. An allocation key that names a cost center, itself or by way of
    `cloud_keys`, gives a cloud cost its department.
    Ledger and cloud are two views of spending: a cloud bill may also be posted in the ledger, so they are never added.

    Shape: one row per entity x period x department x category x behavior x origin x currency that has postings or
    charges. Unit: minor units; direct costs in functional currency, cloud costs in billing currency.
    Raises: ContractError when balances or `cloud_entities` use an entity, account or cost center that the master data
    do not have.
    """
    for ids, where in ((balances["entity_id"], "gl_balances"), (pd.Series(cloud_entities), "the cloud's entities")):
        frames.require_known(ids, entities["entity_id"], what="entity_id", where=where)
    facts = pd.concat(
        [
            _direct(balances, accounts, cost_centers),
            _allocated(allocation, cost_centers),
            _cloud(cloud, cloud_entities, _departments(cost_centers, cloud_keys)),
        ]
    )
    if not len(facts) or not periods:
        return frames.arrange(pd.DataFrame(columns=list(_KINDS)), _KINDS, _KEY)
    return frames.arrange(_with_changes(facts, periods), _KINDS, _KEY)


def _with_changes(facts: pd.DataFrame, periods: Sequence[str]) -> pd.DataFrame:
    """The facts by month, with shares, changes and trend of every series."""
    begin, last = calendar.index(periods[0]), calendar.index(periods[-1])
    first = min(begin, int(frames.month_numbers(facts["period"]).min()))
    panel = frames.panel(facts, _SERIES, ["amount"], first, last)
    amount = panel.values["amount"]
    reported = panel.rows > 0
    reported[:, : begin - first] = False
    at = np.nonzero(reported)
    table = panel.keys.take(at[0]).reset_index(drop=True)
    table["period"] = frames.month_labels(first, amount.shape[1]).take(at[1])
    table["amount"] = amount[at]
    total = table.groupby(["entity_id", "period", "origin", "currency"], dropna=False)["amount"].transform("sum")
    table["share_pct"] = frames.fraction(table["amount"].to_numpy(), total.to_numpy())
    table["mom_pct"], table["yoy_pct"] = (frames.change_ratios(amount, months)[at] for months in (1, 12))
    table["trend"] = trends.of_cells(amount, panel.rows, at)
    return table.assign(**_judged(table["origin"], amount, panel.rows, at))


def _judged(
    origin: pd.Series, amount: frames.Whole, rows: frames.Whole, at: tuple[npt.NDArray[np.intp], ...]
) -> dict[str, pd.Series]:
    """What history lets expect of each cost, and where it is an anomaly; allocated costs only follow others."""
    judged: list[anomalies.Judgement | None] = [None] * len(origin)
    places = np.nonzero((origin != "allocated").to_numpy())[0]
    found = anomalies.of_cells(amount, rows, (at[0][places], at[1][places]))
    for place, judgement in zip(places, found, strict=True):
        judged[place] = judgement
    return {
        "expected_amount": pd.Series([j.expected if j else None for j in judged], dtype="Int64"),
        "anomaly_score": pd.Series([j.score if j else np.nan for j in judged], dtype="float64"),
        "anomaly": pd.Series([j.kind if j else None for j in judged], dtype="str"),
    }


def _departments(cost_centers: pd.DataFrame, cloud_keys: Mapping[str, str]) -> dict[str, str]:
    """The department that each allocation key names."""
    of_center = dict(zip(cost_centers["cost_center_id"], cost_centers["department"], strict=True))
    return of_center | {key: of_center[center] for key, center in cloud_keys.items() if center in of_center}


def _direct(balances: pd.DataFrame, accounts: pd.DataFrame, cost_centers: pd.DataFrame) -> pd.DataFrame:
    """The postings on cost accounts, with what the breakdown is by."""
    account = frames.lookup(accounts, "account_id", balances["account_id"], where="gl_balances")
    center = frames.lookup(cost_centers, "cost_center_id", balances["cost_center_id"], where="gl_balances")
    table = pd.DataFrame(
        {
            "entity_id": balances["entity_id"].array,
            "period": balances["period"].array,
            "department": center["department"].array,
            "category": account["category"].array,
            "cost_behavior": account["cost_behavior"].array,
            "origin": "direct",
            "currency": balances["currency"].array,
            "amount": (balances["debit"] - balances["credit"]).to_numpy(dtype=np.int64),
        }
    )
    chosen = account["account_type"].isin(ledger.COST_TYPES).to_numpy(dtype=bool)
    return table[chosen].astype(dict.fromkeys(_KEY, "str"))


def _allocated(allocation: pd.DataFrame, cost_centers: pd.DataFrame) -> pd.DataFrame:
    """What pools gave, out of their department and into that of the receiver; what stayed unallocated did not move."""
    moved = allocation[allocation["to_cost_center_id"].notna()]
    sides = []
    for side, sign in (("from_cost_center_id", -1), ("to_cost_center_id", 1)):
        giver, here = (
            frames.lookup(cost_centers, "cost_center_id", moved[name], where="cost_allocation")["department"]
            for name in ("from_cost_center_id", side)
        )
        category = "allocated from " + giver
        sides.append(
            pd.DataFrame(
                {
                    "entity_id": moved["entity_id"].array,
                    "period": moved["period"].array,
                    "department": here.array,
                    "category": category.array,
                    "cost_behavior": None,
                    "origin": "allocated",
                    "currency": moved["currency"].array,
                    "amount": sign * moved["amount"].to_numpy(dtype=np.int64),
                }
            )
        )
    return pd.concat(sides).astype(dict.fromkeys(_KEY, "str"))


def _cloud(
    cloud: pd.DataFrame, cloud_entities: Mapping[str, str], departments: Mapping[str, str]
) -> pd.DataFrame:  # fmt: skip
    """The cloud bills as money: rows of one entity, period and currency sum to the rounded bill exactly."""
    keys = ["entity_id", "period", "currency", "service_category", "department"]
    keyed = _with_entity(cloud, cloud_entities).assign(department=cloud["allocation_key"].map(dict(departments)))
    exact = _exact_sums(keyed, keys)
    amounts = np.zeros(len(exact), dtype=np.int64)
    for rows in exact.groupby(keys[:3], dropna=False).indices.values():
        bill = exact.iloc[rows]
        amounts[rows] = rounded_parts(bill["billed_cost"].tolist(), str(bill["currency"].iloc[0]))
    table = exact.rename(columns={"service_category": "category"})
    table = table.assign(cost_behavior=None, origin="cloud", amount=amounts)
    return table.astype(dict.fromkeys(_KEY, "str"))[[*_KEY, "amount"]]


def _with_entity(cloud: pd.DataFrame, cloud_entities: Mapping[str, str]) -> pd.DataFrame:
    return cloud.assign(entity_id=cloud["billing_account_id"].map(dict(cloud_entities)).astype("str"))


def _exact_sums(cloud: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Billed cost by keys, exact: summed as 128-bit decimals, which neither floats nor Decimal's own context touch."""
    costs = cloud["billed_cost"]
    decimals = pa.array(costs.tolist() if costs.dtype == object else costs, from_pandas=True)
    columns = {key: pa.array(cloud[key].astype("str"), from_pandas=True) for key in keys}
    columns["billed_cost"] = decimals.cast(pa.decimal128(38, _PLACES))
    sums = pa.table(columns).group_by(keys).aggregate([("billed_cost", "sum")])
    result = pd.DataFrame({key: pd.Series(sums[key].to_pylist(), dtype="str") for key in keys})
    result["billed_cost"] = pd.Series(sums["billed_cost_sum"].to_pylist(), dtype=object)
    return result.sort_values(keys, na_position="last", ignore_index=True)


def rounded_parts(parts: Sequence[Decimal], currency: str) -> list[int]:
    """Exact costs as minor units that sum to their rounded total (largest remainder, ties to the earlier part).

    >>> rounded_parts([Decimal("0.104"), Decimal("0.104"), Decimal("0.104")], "EUR")
    [11, 10, 10]
    >>> rounded_parts([Decimal("0.006"), Decimal("-0.004")], "EUR")
    [1, -1]
    """
    unit = 10 ** (_PLACES - money.exponent(currency))
    fine = [int(part.scaleb(_PLACES, _EXACT)) for part in parts]
    total = money.from_decimal(Decimal(sum(fine)).scaleb(-_PLACES, _EXACT), currency)
    whole = [part // unit for part in fine]
    largest = sorted(range(len(fine)), key=lambda i: (-(fine[i] % unit), i))
    for i in largest[: total - sum(whole)]:
        whole[i] += 1
    return whole


def cost_breakdown_findings(
    breakdown: pd.DataFrame,
    balances: pd.DataFrame,
    accounts: pd.DataFrame,
    cloud: pd.DataFrame,
    periods: Sequence[str],
    cloud_entities: Mapping[str, str],
    allocation: pd.DataFrame,
    cost_centers: pd.DataFrame,
) -> list[Finding]:
    """CST-001: direct costs are the ledger's. CST-002: cloud costs are the rounded bills. CST-003 and CST-004: allocation.

    Allocated costs sum to zero, so that with direct costs they are the ledger's, and are those of the trace.
    By entity, period and currency, allocated costs also by department; a place that only one side has is a finding.
    """
    place = ["entity_id", "period", "currency"]
    account_type = balances["account_id"].map(accounts.set_index("account_id")["account_type"])
    posted = balances[account_type.isin(ledger.COST_TYPES) & balances["period"].isin(list(periods))]
    posted = posted.assign(amount=posted["debit"] - posted["credit"])
    bills = _exact_sums(_with_entity(cloud[cloud["period"].isin(list(periods))], cloud_entities), place)
    rounded = [
        money.from_decimal(cost, currency)
        for cost, currency in zip(bills["billed_cost"], bills["currency"], strict=True)
    ]
    bills = bills.assign(amount=pd.Series(rounded, dtype="int64"))
    findings = []
    for rule, origin, source, due in (
        ("CST-001", "direct", "gl_balances", posted),
        ("CST-002", "cloud", "cloud_cost_monthly", bills),
    ):
        reported = breakdown[breakdown["origin"] == origin]
        sums = [t.fillna({"entity_id": "(no entity)"}).groupby(place)["amount"].sum() for t in (due, reported)]
        findings += _untied(rule, f"{origin} cost", source, sums[0], sums[1])
    return findings + _allocated_findings(breakdown, allocation, cost_centers, periods)


def _allocated_findings(
    breakdown: pd.DataFrame, allocation: pd.DataFrame, cost_centers: pd.DataFrame, periods: Sequence[str]
) -> list[Finding]:
    place = ["entity_id", "period", "currency"]
    shown = breakdown[breakdown["origin"] == "allocated"]
    sums = shown.groupby(place)["amount"].sum()
    findings = _untied("CST-003", "the sum of allocated cost", "a closed allocation", sums * 0, sums)
    moved = allocation[allocation["to_cost_center_id"].notna() & allocation["period"].isin(list(periods))]
    department = cost_centers.set_index("cost_center_id")["department"]
    due = [
        moved.assign(department=moved[side].map(department), amount=sign * moved["amount"])
        for side, sign in (("from_cost_center_id", -1), ("to_cost_center_id", 1))
    ]
    wanted = pd.concat(due).groupby([*place, "department"])["amount"].sum()
    return findings + _untied(
        "CST-004", "allocated cost", "cost_allocation", wanted, shown.groupby([*place, "department"])["amount"].sum()
    )


def _untied(rule: str, measure: str, source: str, expected: pd.Series, reported: pd.Series) -> list[Finding]:
    places = expected.index.union(reported.index)
    due, said = expected.reindex(places, fill_value=0), reported.reindex(places, fill_value=0)
    is_broken = (due != said) | ~places.isin(expected.index) | ~places.isin(reported.index)
    return [
        Finding(
            rule,
            " ".join(place),
            f"{measure} is {said[place]} in cost_breakdown and {due[place]} in {source} (minor units)",
            period=place[1],
        )
        for place in places[is_broken.to_numpy()]
    ]
