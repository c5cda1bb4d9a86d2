"""Disaggregation: the revenue of a month by product, entity, geography and timing.

Here: the table of the disclosure and its proof. Not here: revenue itself (`schedule`), nor its sums by product (`books`).

Geography is the country of the customer where the contract names it, else that of the entity that sells; `country_basis`
says which. Contracts that are one have one customer, so one country: the first that one of them names, in the order of
signing. Timing: goods handed over are
revenue at a point in time, all else over time (services, measured progress, usage as it is invoiced).
"""

from collections.abc import Iterator, Sequence

import pandas as pd
from iso3166 import countries_by_alpha2

from finops_pipeline.finance import frames
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue.inputs import KEY

_TIMING = {
    "point_in_time": "point_in_time", "straight_line": "over_time", "output": "over_time", "input": "over_time",
    "usage": "over_time",
}  # fmt: skip
_KINDS = {
    "entity_id": "str", "period": "str", "product_id": "str", "country": "str", "timing": "str", "currency": "str",
    "recognized": "int64", "prior_period_adjustment": "int64", "country_basis": "str",
}  # fmt: skip
_GROUP = ["entity_id", "period", "product_id", "timing", "currency", "country", "country_basis"]
_SUMMED = ["recognized", "prior_period_adjustment"]
_BOOKS = ["entity_id", "period", "product_id", "currency"]


def revenue_disaggregation(
    lines: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    entities: pd.DataFrame,
    periods: Sequence[str],
) -> pd.DataFrame:
    """Revenue of each month by what was sold, who sold it, where, and how it was transferred.

    `contracts`: all of them, each under the one that it is booked under (`Combined.led`).

    Shape: one row per entity, period, product, timing, contract currency and country with revenue or a correction of it.
    `country` is null where neither the contract nor the entity has one. Unit: minor units of the contract currency.
    Source: ASC 606-10-50-5 to 50-7, 606-10-55-89 to 55-91; IFRS 15.114-115, B87-B89.
    """
    texts = {**dict.fromkeys(KEY, "str"), **dict.fromkeys(_BOOKS, "str")}
    rows = lines.loc[(lines["status"] == "actual") & lines["period"].isin(list(periods)), [*texts, *_SUMMED]]
    ways = obligations[[*KEY, "recognition"]].astype(dict.fromkeys(KEY, "str"))
    rows = rows.astype(texts).merge(ways, on=KEY, how="left", validate="many_to_one")
    rows["timing"] = rows["recognition"].map(_TIMING).astype("str")
    of_entity = dict(zip(entities["entity_id"], entities["country"], strict=True))
    named = _named(contracts).drop_duplicates("contract_id")
    of_contract = dict(zip(named["contract_id"], named["country"], strict=True))
    of_customer = rows["contract_id"].map(of_contract).astype("str")
    rows["country"] = of_customer.fillna(rows["entity_id"].map(of_entity).astype("str"))
    rows["country_basis"] = of_customer.isna().map({True: "entity", False: "customer"}).astype("str")
    sums = rows.groupby(_GROUP, dropna=False)[_SUMMED].sum().reset_index()
    return frames.arrange(sums[(sums[_SUMMED] != 0).any(axis=1)], _KINDS, _GROUP)


def _named(contracts: pd.DataFrame) -> pd.DataFrame:
    """The countries that contracts name, by the contract they are booked under, first signed first."""
    texts = contracts[["contract_id", "signed_on"]].assign(country=contracts["customer_country"])
    texts = texts.astype({"contract_id": "str", "country": "str"}).dropna(subset="country")
    return texts.sort_values(["contract_id", "signed_on", "country"], ignore_index=True)


def country_findings(contracts: pd.DataFrame) -> list[Finding]:
    """REV-163: contracts that are one name one country. `contracts` as revenue_disaggregation takes them."""
    named = _named(contracts).drop_duplicates(["contract_id", "country"])
    again = named[named.duplicated("contract_id", keep=False)]
    return [
        Finding(
            "REV-163", str(contract),
            f"the contracts that are one name the countries {', '.join(rows)} of their customer: {rows.iloc[0]}, of the first "
            "signed, is taken; correct customer_country", severity="warning",
        )
        for contract, rows in again.groupby("contract_id")["country"]
    ]  # fmt: skip


def code_findings(contracts: pd.DataFrame, entities: pd.DataFrame) -> list[Finding]:
    """REV-164: every value that stands where a country is told and is no code of ISO 3166-1 alpha-2, in capital letters.

    The rows stay, and are shown under what they say: extracts were never promised to have codes.
    """
    found = []
    for rows, key, column in ((entities, "entity_id", "country"), (contracts, "contract_id", "customer_country")):
        told = rows[[key, column]].astype("str").dropna()
        strange = told[~told[column].isin(list(countries_by_alpha2))].sort_values([column, key])
        for name, names in strange.groupby(column)[key]:
            value = str(name)
            others = f" and {len(names) - 1} more" if len(names) > 1 else ""
            code = f" (as {value.upper()} is)" if value.upper() in countries_by_alpha2 else ""
            message = (
                f"{value!r}, the {column} of {names.iloc[0]}{others}, is no ISO 3166-1 alpha-2 code{code}: correct it"
            )
            found.append(Finding("REV-164", f"{column} {value}", message, severity="warning"))
    return found


def disaggregation_findings(parts: pd.DataFrame, recognized: pd.DataFrame) -> list[Finding]:
    """REV-160: the parts of each entity, period, product and currency sum to recognized_revenue."""
    return [finding for name in _SUMMED for finding in _differences(parts, recognized, name)]


def _differences(parts: pd.DataFrame, recognized: pd.DataFrame, name: str) -> Iterator[Finding]:
    sums = {side: rows.groupby(_BOOKS)[name].sum() for side, rows in (("shown", parts), ("books", recognized))}
    both = frames.side_by_side(sums)
    for place, one, other in both[both["shown"] != both["books"]].itertuples(name=None):
        message = f"{name} is {one} in its parts, {other} in recognized_revenue (minor units): recompute both"
        yield Finding("REV-160", " ".join(place), message, period=str(place[1]))
