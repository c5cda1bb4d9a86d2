"""The variance bridge at the size of a large group: 50,000 budget lines x 24 months x 4 versions.

    python benchmarks/bridge.py [--lines 50000] [--months 24] [--versions 4]

Facts are made in memory (half of the lines with quantities, a tenth planned in a foreign currency, a tenth of the plan never
posted and a tenth posted without a plan), then bridged; timed is the pure function from facts to report rows. The
run ends with a proof in plain sums: effects by version, entity and month are actual less budget.
"""

import argparse
import resource
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from finops_pipeline.finance import bridge, periods
from finops_pipeline.finance.currency import Rates

ENTITIES, ACCOUNTS, PRODUCTS = 20, 100, 400
EXACT = pd.ArrowDtype(pa.decimal128(38, 15))


def masters() -> tuple[pd.DataFrame, pd.DataFrame]:
    entities = pd.DataFrame({"entity_id": [f"E{n:02d}" for n in range(ENTITIES)], "functional_currency": "EUR"})
    number = np.arange(ACCOUNTS)
    accounts = pd.DataFrame({
        "account_id": [f"{4000 + n}" for n in number],
        "account_type": np.where(number < 40, "revenue", np.where(number < 60, "cost_of_revenue", "operating_expense")),
        "cost_behavior": np.where(number < 40, None, np.where(number < 60, "variable", "fixed")),
    })  # fmt: skip
    return entities.assign(fiscal_year_start_month=1).astype(
        {"entity_id": "str", "functional_currency": "str"}
    ), accounts.astype("str")


def words(prefix: str, numbers: Any, width: int) -> pd.Series:
    known = pd.array([f"{prefix}{n:0{width}d}" for n in range(numbers.max() + 1)], dtype="str")
    return pd.Series(known.take(numbers))


def quantities(rng: np.random.Generator, known: Any) -> pd.Series:
    """Whole and half units, null where not known."""
    halves = rng.integers(20, 20_000, len(known))
    exact = pa.array(halves).cast(pa.decimal128(20, 0)).cast(pa.decimal128(38, 15))
    half = pa.compute.cast(
        pa.compute.multiply(exact.cast(pa.decimal128(20, 1)), pa.scalar(Decimal("0.5"))), pa.decimal128(38, 15)
    )
    return pd.Series(pd.array(pa.compute.if_else(pa.array(known), half, None), dtype=EXACT))


def facts(lines: int, months: list[str], versions: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(7)
    place = rng.choice(ENTITIES * ACCOUNTS * PRODUCTS, lines * 11 // 10, replace=False)
    place.sort()
    entity, account, product = place // (ACCOUNTS * PRODUCTS), place // PRODUCTS % ACCOUNTS, place % PRODUCTS
    labels = pd.array(months, dtype="str")

    def table(chosen: Any, copies: int) -> pd.DataFrame:
        at = np.tile(chosen, len(months) * copies)
        size = len(chosen) * len(months)
        month = np.tile(np.repeat(np.arange(len(months)), len(chosen)), copies)
        columns = {
            "version": words("2026-v", np.repeat(np.arange(copies), size), 1),
            "entity_id": words("E", entity[at], 2),
            "period": pd.Series(labels.take(month)),
            "account_id": words("", 4000 + account[at], 4),
            "product_id": words("P", product[at], 3),
            "amount": pd.Series(rng.integers(1_000, 50_000_000, len(at))),
            "quantity": quantities(rng, account[at] < ACCOUNTS // 2),
        }
        return pd.DataFrame(columns)

    everything = np.arange(len(place))
    plan = table(everything[everything % 11 != 0], versions)
    dollars = np.arange(len(plan)) % 10 == 0
    plan = plan.assign(
        line_currency=pd.Series(np.where(dollars, "USD", "EUR"), dtype="str"),
        currency=pd.Series("EUR", index=plan.index, dtype="str"),
    )
    posted = table(everything[everything % 11 != 1], 1).drop(columns="version")
    is_sold = (posted["account_id"] < "4040").to_numpy()
    amount = posted["amount"].to_numpy()
    posted = posted.assign(
        cost_center_id=pd.Series([None] * len(posted), dtype="str"), currency="EUR", lines=1,
        debit=np.where(is_sold, 0, amount), credit=np.where(is_sold, amount, 0),
        quantity=posted["quantity"].where(~is_sold, -posted["quantity"]),
    ).drop(columns="amount")  # fmt: skip
    key = ["entity_id", "period", "account_id", "product_id"]  # as both facts come from the lake
    return plan.sort_values(["version", *key], ignore_index=True), posted.sort_values(key, ignore_index=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=50_000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--versions", type=int, default=4)
    given = parser.parse_args()
    months = periods.span("2025-01", periods.add("2025-01", given.months - 1))
    entities, accounts = masters()
    plan, posted = facts(given.lines, months, given.versions)
    known = {
        ("USD", "EUR", kind, m): rate
        for m in months
        for kind, rate in (("budget", Decimal("0.9")), ("average", Decimal("0.937")))
    }
    print(f"plan {len(plan):,} rows, postings {len(posted):,} rows")
    best = float("inf")
    for _ in range(3):
        clock, cpu = time.perf_counter(), time.process_time()
        made = bridge.variance_bridge(plan, posted, accounts, entities, months, Rates(known))
        best = min(best, time.perf_counter() - clock)
        print(
            f"  {time.perf_counter() - clock:.2f} s ({time.process_time() - cpu:.2f} s of processor), {len(made.rows):,} effects"
        )
    place = ["version", "entity_id", "period"]
    sign = np.where(posted["account_id"] < "4040", -1, 1)
    actual = posted.assign(amount=(posted["debit"] - posted["credit"]) * sign).groupby(place[1:])["amount"].sum()
    planned, said = (frame.groupby(place)["amount"].sum() for frame in (plan, made.rows))
    wrong = [p for p, value in said.items() if value != actual.get(p[1:], 0) - planned.get(p, 0)]  # type: ignore[misc]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"best {best:.2f} s; peak {memory:.1f} GB with the facts; {len(said)} places tie"
        if not wrong
        else f"BROKEN: {wrong[:3]}"
    )


if __name__ == "__main__":
    main()
