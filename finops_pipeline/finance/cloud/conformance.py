"""Conformance: which rules of FOCUS each file of charges keeps, counted over every row in the engine.

A rule concerns some rows (`applies`) and is broken by some of those (`breaks`); both are engine-free expressions, so one
pass counts all rules of all files. An optional column that a file leaves empty is not judged: a provider may not have it.
What would make an amount inexact is no rule here: such rows are quarantined on the way in, and the report shows them
beside these rules. Not here: commitments over their term (`commitments`), rules for the shape of a value
(`storage.parsing`).

A unit price times its quantity may differ from the cost by 0.00000001 and a billionth of the cost: providers round the
quantity they show. The comparison is made in floating point, which is exact enough for that and for nothing else.

Source: FinOps Open Cost and Usage Specification 1.0 to 1.2, requirements of each column.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.finance.findings import Finding

Lazy = nw.LazyFrame[Any]
SERVICE_CATEGORIES = (
    "AI and Machine Learning", "Analytics", "Business Applications", "Compute", "Databases", "Developer Tools",
    "Multicloud", "Identity", "Integration", "Internet of Things", "Management and Governance", "Media", "Migration",
    "Mobile", "Networking", "Security", "Storage", "Web", "Other",
)  # fmt: skip
PRICE_TOLERANCE = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class FocusRule:
    """One rule: what must hold of `column` in the rows it applies to, and the columns that show where it does not.

    `needs`: optional columns that the file must fill somewhere for the rule to be judged.
    """

    rule_id: str
    column: str
    demands: str
    applies: nw.Expr
    breaks: nw.Expr
    shows: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


_ALL = nw.col("row_number").is_null() | ~nw.col("row_number").is_null()
_IS_CORRECTION = ~nw.col("charge_class").is_null()
_IS_TAX = nw.col("charge_category") == "Tax"
_IS_USAGE = nw.col("charge_category") == "Usage"
_IS_PURCHASE = nw.col("charge_category") == "Purchase"
_IS_PRICED = (_IS_USAGE | _IS_PURCHASE) & ~_IS_CORRECTION
_HAS_COMMITMENT = ~nw.col("commitment_discount_id").is_null()
_STATUS = nw.col("commitment_discount_status")
_IS_UNUSED = ~_STATUS.is_null() & (_STATUS == "Unused")


def _present(
    column: str, demands: str, rule_id: str, applies: nw.Expr = _ALL, *, optional: bool = False, beside: str = ""
) -> FocusRule:
    """The column has a value in these rows. `beside`: the column that makes an example plain."""
    shows = (beside, column) if beside else (column,)
    return FocusRule(rule_id, column, demands, applies, nw.col(column).is_null(), shows, (column,) if optional else ())


def _absent(column: str, demands: str, rule_id: str, applies: nw.Expr) -> FocusRule:
    """The column has no value in these rows."""
    return FocusRule(rule_id, column, demands, applies, ~nw.col(column).is_null(), ("charge_category", column))


def _together(column: str, other: str, demands: str, rule_id: str) -> FocusRule:
    """Both columns have a value, or none has."""
    breaks = nw.col(column).is_null() != nw.col(other).is_null()
    return FocusRule(rule_id, column, demands, _ALL, breaks, (column, other), (column,))


def _one_of(column: str, words: Iterable[str], demands: str, rule_id: str) -> FocusRule:
    return FocusRule(
        rule_id, column, demands, ~nw.col(column).is_null(), ~nw.col(column).is_in(list(words)), (column,)
    )  # fmt: skip


def _price(cost: str, price: str, demands: str, rule_id: str) -> FocusRule:
    known = ~nw.col(cost).is_null() & ~nw.col(price).is_null() & ~nw.col("pricing_quantity").is_null()
    applies = known & ~_IS_CORRECTION
    return FocusRule(
        rule_id, cost, demands, applies, _price_gap_ratio(cost, price) > 1, (cost, price, "pricing_quantity")
    )


def _price_gap_ratio(cost: str, price: str) -> nw.Expr:
    """What a cost is off its price times quantity, as a multiple of what it may be."""
    stated, unit, quantity = (nw.col(c).cast(nw.Float64) for c in (cost, price, "pricing_quantity"))
    return (stated - unit * quantity).abs() / (stated.abs() * 1e-9 + float(PRICE_TOLERANCE))


def _after(end: str, start: str, demands: str, rule_id: str) -> FocusRule:
    return FocusRule(rule_id, end, demands, _ALL, nw.col(end) <= nw.col(start), (start, end))


RULES: tuple[FocusRule, ...] = (
    _present("publisher", "The publisher is named", "FOC-101"),
    _present("contracted_cost", "A charge has a contracted cost", "FOC-102"),
    _present("list_cost", "A charge has a list cost", "FOC-103"),
    _one_of("service_category", SERVICE_CATEGORIES, "The service category is one of the 19 of FOCUS", "FOC-110"),
    _one_of("charge_frequency", ("One-Time", "Recurring", "Usage-Based"),
            "The charge frequency is One-Time, Recurring or Usage-Based", "FOC-111"),
    _one_of("pricing_category", ("Standard", "Dynamic", "Committed", "Other"),
            "The pricing category is Standard, Dynamic, Committed or Other", "FOC-112"),
    _one_of("commitment_discount_category", ("Spend", "Usage"),
            "The commitment is to Spend or to Usage", "FOC-113"),
    _one_of("capacity_reservation_status", ("Used", "Unused"),
            "A capacity reservation is Used or Unused", "FOC-114"),
    _after("billing_period_end", "billing_period_start", "A billing period ends after it starts", "FOC-120"),
    _after("charge_period_end", "charge_period_start", "A charge period ends after it starts", "FOC-121"),
    _absent("pricing_quantity", "A tax has no pricing quantity", "FOC-130", _IS_TAX),
    _present("pricing_quantity", "A usage or purchase that corrects nothing has a pricing quantity", "FOC-131",
             _IS_PRICED),
    _together("pricing_unit", "pricing_quantity", "A pricing quantity has a unit, and a unit a quantity", "FOC-132"),
    _absent("pricing_category", "A tax has no pricing category", "FOC-133", _IS_TAX),
    _present("pricing_category", "A usage or purchase that corrects nothing has a pricing category", "FOC-134",
             _IS_PRICED, optional=True),
    _absent("list_unit_price", "A tax has no list unit price", "FOC-135", _IS_TAX),
    _absent("contracted_unit_price", "A tax has no contracted unit price", "FOC-136", _IS_TAX),
    _price("list_cost", "list_unit_price", "List cost is list unit price times pricing quantity", "FOC-140"),
    _price("contracted_cost", "contracted_unit_price",
           "Contracted cost is contracted unit price times pricing quantity", "FOC-141"),
    _absent("commitment_discount_status", "A charge without a commitment has no commitment status", "FOC-150",
            ~_HAS_COMMITMENT),
    _present("commitment_discount_status", "Usage of a commitment is Used or Unused", "FOC-151",
             _HAS_COMMITMENT & _IS_USAGE),
    _together("commitment_discount_category", "commitment_discount_id",
              "A commitment has a category, and a category a commitment", "FOC-152"),
    _together("commitment_discount_type", "commitment_discount_id",
              "A commitment has a type, and a type a commitment", "FOC-153"),
    FocusRule("FOC-154", "effective_cost", "The purchase of a commitment has an effective cost of zero",
              _IS_PURCHASE & _HAS_COMMITMENT & ~_IS_CORRECTION, nw.col("effective_cost") != 0,
              ("commitment_discount_id", "billed_cost", "effective_cost")),
    _absent("consumed_quantity", "What is not usage, or is an unused commitment, has no consumed quantity", "FOC-160",
            ~_IS_USAGE | _IS_UNUSED),
    _present("consumed_quantity", "Usage that corrects nothing has a consumed quantity", "FOC-161",
             _IS_USAGE & ~_IS_UNUSED & ~_IS_CORRECTION, optional=True),
    _together("consumed_unit", "consumed_quantity", "A consumed quantity has a unit, and a unit a quantity", "FOC-162"),
    _absent("commitment_discount_quantity", "A charge without a commitment has no commitment quantity", "FOC-170",
            ~_HAS_COMMITMENT),
    _present("commitment_discount_quantity", "A priced charge of a commitment has a commitment quantity", "FOC-171",
             _HAS_COMMITMENT & _IS_PRICED, optional=True),
    _together("commitment_discount_unit", "commitment_discount_quantity",
              "A commitment quantity has a unit, and a unit a quantity", "FOC-172"),
    _absent("capacity_reservation_status", "A charge without a reservation has no reservation status", "FOC-173",
            nw.col("capacity_reservation_id").is_null()),
    _present("capacity_reservation_status", "Usage of a reservation is Used or Unused", "FOC-174",
             ~nw.col("capacity_reservation_id").is_null() & _IS_USAGE),
    _present("region_name", "A region has a name", "FOC-180", ~nw.col("region_id").is_null(), optional=True,
             beside="region_id"),
    _present("sub_account_name", "A sub account has a name", "FOC-181", ~nw.col("sub_account_id").is_null(),
             optional=True, beside="sub_account_id"),
    _together("sub_account_type", "sub_account_id", "A sub account has a type, and a type a sub account", "FOC-182"),
    _present("billing_account_type", "A billing account has a type", "FOC-183", optional=True),
    _present("pricing_currency", "A charge has a pricing currency", "FOC-184", optional=True),
)  # fmt: skip
"""The rules of single rows, in the order of the report."""

_KEY = ("period", "file_id", "focus_version")
_OPTIONAL = tuple(sorted({name for rule in RULES for name in rule.needs}))


def counted(charges: Lazy) -> Lazy:
    """The rows that each rule concerns and that break it, and the first of those, in one pass.

    Shape: one row per period x file, with three columns a rule (see `by_rule`) and `charges`, the number of rows.
    """
    counts = []
    for rule in RULES:
        broken = rule.applies & rule.breaks
        counts += [
            nw.when(rule.applies).then(nw.lit(1)).sum().alias(f"{rule.rule_id} checked"),
            nw.when(broken).then(nw.lit(1)).sum().alias(f"{rule.rule_id} broken"),
            nw.when(broken).then(nw.col("row_number")).min().alias(f"{rule.rule_id} row"),
        ]
    used = [nw.col(name).count().alias(f"{name} used") for name in _OPTIONAL]
    return charges.group_by(*_KEY).agg(nw.len().alias("charges"), *counts, *used)


def by_rule(counts: pd.DataFrame) -> pd.DataFrame:
    """The counts of `counted`, a row a rule; a rule on an optional column that the file leaves empty counts no rows.

    Shape: one row per period x file x rule; `first_row` is null where nothing is broken.
    """
    parts = []
    for rule in RULES:
        part = counts[list(_KEY)].assign(rule_id=rule.rule_id, column_name=rule.column)
        is_used = (counts[[f"{name} used" for name in rule.needs]] > 0).all(axis=1)
        for name, source in (("rows_checked", "checked"), ("rows_broken", "broken")):
            part[name] = counts[f"{rule.rule_id} {source}"].fillna(0).astype("int64").where(is_used, 0)
        part["first_row"] = counts[f"{rule.rule_id} row"].astype("Int64").where(part["rows_broken"] > 0)
        parts.append(part)
    return pd.concat(parts, ignore_index=True).sort_values(["period", "file_id", "rule_id"], ignore_index=True)


def examples_of(charges: Lazy, judged: pd.DataFrame) -> Lazy:
    """The rows that examples are made of: the first broken row of each rule and file (and a few more by chance)."""
    first = judged.dropna(subset="first_row")
    columns = {name for rule in RULES for name in (rule.column, *rule.shows)}
    return charges.filter(
        nw.col("file_id").is_in(first["file_id"].unique().tolist()),
        nw.col("row_number").is_in([int(n) for n in first["first_row"].unique()]),
    ).select("file_id", "row_number", *sorted(columns))


def with_examples(judged: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Broken rules with what their first row says: `row 7: list_cost 0.02, list_unit_price 0.4, …`."""
    found = rows.set_index(["file_id", "row_number"])
    shows = {rule.rule_id: rule.shows or (rule.column,) for rule in RULES}
    texts = [
        None if pd.isna(number) else _example(found.loc[(file_id, number)], int(number), shows[rule_id])
        for file_id, rule_id, number in zip(judged["file_id"], judged["rule_id"], judged["first_row"], strict=True)
    ]
    return judged.drop(columns="first_row").assign(example=pd.Series(texts, index=judged.index, dtype="str"))


def _example(row: pd.Series, number: int, shows: tuple[str, ...]) -> str:
    return f"row {number}: " + ", ".join(f"{name} {_shown(row[name])}" for name in shows)


def _shown(value: Any) -> str:
    if pd.isna(value):
        return "missing"
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)


def judged_findings(judged: pd.DataFrame, charges: pd.DataFrame) -> list[Finding]:
    """CLD-001: every charge was judged: the files' rows are the month's. `charges`: period and rows, counted apart.

    `judged` is `counted`.
    """
    made = judged.groupby("period")["charges"].sum()
    source = charges.set_index("period")["rows"]
    both = pd.DataFrame({"made": made, "source": source}).fillna(0).astype("int64")
    wrong = both[both["made"] != both["source"]]
    return [
        Finding(
            "CLD-001", str(period), f"{row.made} charges were judged and {row.source} are stored", period=str(period)
        )
        for period, row in zip(wrong.index, wrong.itertuples(), strict=True)
    ]
