"""Outlook: what the fiscal year will come to, with the forecast for the months that are still ahead where there is one.

Here: the published forecast of revenue and cost shared out over the rows of `budget_variance`, and the proof that it is all
there. Not here: the forecast (`forecasting`), the variance and the outlook by plan (`budget`).

A forecast is of an entity, a department and a measure (revenue or cost); the rows of a version under it share its sum over the
rest of the fiscal year in proportion to what each has planned there, by largest remainder. Where there is no forecast for every
month of the rest, or nothing is planned to share it by, the plan stands. Worked example: 300 are spent to date, 500 and 100 are
planned for the rest on two accounts, and the forecast for the rest is 660: the outlook is 300 + 550 + 110 = 960.
"""

import pandas as pd

from finops_pipeline.finance import frames, money
from finops_pipeline.finance import periods as calendar
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.forecasting.assembly import BOTTOM_UP
from finops_pipeline.finance.forecasting.series import MEASURES

_ROW = ["version", "entity_id", "period", "account_id", "cost_center_id"]
_PLACE = ["entity_id", "department", "measure"]
SOURCES = ("budget", "forecast")


def with_forecast(variance: pd.DataFrame, forecast: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """The variance with the forecast in the outlook of the full year, in the month from which it looks ahead.

    `variance`: `budget_variance`, `forecast`: the report table. Shape: the rows and columns of `variance`; `outlook_source`
    says for each row what the rest is taken from.
    """
    result = variance.assign(outlook_source=pd.Series(SOURCES[0], index=variance.index, dtype="str"))
    ahead = _rest_of_year(forecast, entities)
    rows = _rest_planned(variance, forecast)
    rows = rows.merge(ahead, on=_PLACE, how="inner").set_index("row")
    outlook = result["outlook"].to_numpy(copy=True)
    source = result["outlook_source"].to_numpy(copy=True)
    for _, group in rows.groupby(["version", *_PLACE], dropna=False, sort=True):
        weights = [max(0, int(rest)) for rest in group["rest"]]
        if not any(weights):
            continue
        shares = money.split(int(group["ahead"].iloc[0]), weights)
        at = result.index.get_indexer(group.index)
        outlook[at] += [share - int(rest) for share, rest in zip(shares, group["rest"], strict=True)]
        source[at] = SOURCES[1]
    return result.assign(outlook=outlook, outlook_source=pd.Series(source, index=result.index, dtype="str"))


def _rest_planned(variance: pd.DataFrame, forecast: pd.DataFrame) -> pd.DataFrame:
    """The full-year rows of the month that the forecast has seen last, with what they plan for the months after it."""
    origins = forecast["origin_period"].unique()
    now = variance[variance["period"].isin(origins)]
    year, to_date = (now[now["basis"] == basis] for basis in ("full_year", "ytd"))
    year = year.assign(row=year.index, measure=year["account_type"].map(MEASURES).astype("str"))
    year = year[year["measure"].notna()]
    done = to_date[[*_ROW, "budget"]].rename(columns={"budget": "done"}).astype({"done": "Int64"})
    both = year[[*_ROW, "row", "department", "measure", "budget"]].merge(done, how="left", on=_ROW)
    return both.assign(rest=both["budget"] - both["done"].fillna(0).astype("int64"))


def _rest_of_year(forecast: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """The medians of each department's forecast from its origin to the end of the fiscal year, where every month is there.

    Shape: one row per entity x department x measure, with `ahead` in minor units.
    """
    parts = forecast[forecast["model"] != BOTTOM_UP]
    starts = frames.fiscal_start_months(entities, parts["entity_id"])
    ends = [calendar.fiscal_year_end(str(p), int(s)) for p, s in zip(parts["origin_period"], starts, strict=True)]
    parts = parts.assign(end=pd.Series(ends, index=parts.index, dtype="str"), month=1)
    inside = parts[(parts["period"] > parts["origin_period"]) & (parts["period"] <= parts["end"])]
    sums = inside.groupby([*_PLACE, "origin_period", "end"], dropna=False)[["p50", "month"]].sum().reset_index()
    months = [calendar.months_between(o, e) for o, e in zip(sums["origin_period"], sums["end"], strict=True)]
    whole = sums[sums["month"] == months]
    return whole[[*_PLACE, "p50"]].rename(columns={"p50": "ahead"})


def outlook_findings(variance: pd.DataFrame, forecast: pd.DataFrame, entities: pd.DataFrame) -> list[Finding]:
    """BUD-010: an outlook by plan is actual + budget - theoretical; those by forecast have all of it, and nothing else.

    Outlooks of a version and department under a forecast sum to what was done, what is planned for the rest of the month
    itself, and the forecast.
    """
    planned = variance["actual"] + variance["budget"] - variance["theoretical"]
    by_plan = variance["outlook_source"] == SOURCES[0]
    wrong = variance[by_plan & (variance["outlook"] != planned)]
    found = [
        Finding(
            "BUD-010", " ".join(map(str, place)), "the outlook is not actual + budget - theoretical", period=place[2]
        )
        for place in wrong[_ROW].itertuples(index=False, name=None)
    ]
    rows = _rest_planned(variance, forecast)
    rows = rows.assign(
        due=planned.loc[rows["row"]].to_numpy() - rows["rest"], said=variance.loc[rows["row"], "outlook"].to_numpy()
    )
    rows = rows[(variance.loc[rows["row"], "outlook_source"] == SOURCES[1]).to_numpy()]
    sums = rows.groupby(["version", *_PLACE], dropna=False)[["due", "said"]].sum().reset_index()
    rest = _rest_of_year(forecast, entities).astype({"ahead": "Int64"})
    ahead = sums.merge(rest, on=_PLACE, how="left")
    due = ahead["due"] + ahead["ahead"].fillna(0).astype("int64")
    return found + [
        Finding("BUD-010", f"{version} {entity} {department} {measure}", f"outlooks sum to {said}, with the forecast {want} is due")
        for version, entity, department, measure, said, want in zip(
            *(ahead[c] for c in ("version", *_PLACE, "said")), due, strict=True
        )
        if said != want
    ]  # fmt: skip
