"""The plain pandas script that ledger.py measures against: the same work by hand for this one company."""

from pathlib import Path

import pandas as pd

MONEY = r"-?\d+(?:\.\d+)?"
FUNCTIONAL = {"US01": "USD", "DE01": "EUR", "JP01": "JPY"}
AMOUNTS = ["debit", "credit", "functional_debit", "functional_credit"]


def run(landing: Path, out: Path, version: str) -> list[int]:
    """Read, check, store, sum and compare; returns the totals."""
    native = landing / "native"
    accounts = _read(native / "accounts").drop_duplicates("account_id")
    centers = _read(native / "cost_centers")
    products = _read(native / "products")
    lines = _read(native / "journal_lines")
    functional = lines["entity_id"].map(FUNCTIONAL)
    same = lines["currency"] == functional
    bad = ~lines["line_no"].str.fullmatch(r"\d{1,18}")
    dates = pd.to_datetime(lines["posting_date"], format="%Y-%m-%d", errors="coerce")
    bad |= dates.isna() | ~lines["currency"].isin(["USD", "EUR", "JPY", "GBP", "CHF"])
    for name in AMOUNTS:
        bad |= lines[name].notna() & ~lines[name].str.fullmatch(MONEY)
    for name in AMOUNTS:
        currency = lines["currency"] if name in ("debit", "credit") else functional
        places = lines[name].str.extract(r"\.(\d+)$", expand=False).str.len().fillna(0)
        bad |= places > currency.map({"JPY": 0}).fillna(2)
    bad |= (
        same.eq(other=False) & lines["functional_debit"].isna() & lines["functional_credit"].isna() & functional.notna()
    )
    missing = lines["functional_debit"].isna() & lines["functional_credit"].isna()
    for side in ("debit", "credit"):
        filled = lines[f"functional_{side}"].where(~missing, lines[side])
        lines[f"functional_{side}"] = _cents(filled, bad, functional.eq("JPY"))
        lines[side] = _cents(lines[side], bad, lines["currency"].eq("JPY"))
    bad |= (lines["debit"] == 0) == (lines["credit"] == 0)
    bad |= ~lines["entity_id"].isin(FUNCTIONAL) | ~lines["account_id"].isin(accounts["account_id"])
    bad |= lines["cost_center_id"].notna() & ~lines["cost_center_id"].isin(centers["cost_center_id"])
    bad |= lines["product_id"].notna() & ~lines["product_id"].isin(products["product_id"])
    good = lines[~bad]
    good = good.drop_duplicates(["entity_id", "journal_id", "line_no"])
    net = (good["functional_debit"] - good["functional_credit"]).groupby([good["entity_id"], good["journal_id"]])
    good = good[net.transform("sum") == 0]
    lines.drop(good.index).to_csv(out / "quarantine.csv")
    good = good.assign(period=good["period"].fillna(good["posting_date"].str[:7]))
    for period, part in good.groupby("period"):
        folder = out / "lake" / f"period={period}"
        folder.mkdir(parents=True)
        part.to_parquet(folder / "data.parquet")
    keys = ["entity_id", "period", "account_id", "cost_center_id", "product_id"]
    gl = good.groupby(keys, dropna=False)[["functional_debit", "functional_credit"]].sum().reset_index()
    return [len(good), int(gl["functional_debit"].sum()), *_variance(gl, accounts, native, version)]


def _variance(gl: pd.DataFrame, accounts: pd.DataFrame, native: Path, version: str) -> list[int]:
    gl = gl.merge(accounts[["account_id", "account_type"]])
    gl = gl[~gl["account_type"].isin(["asset", "liability", "equity"])]
    sign = gl["account_type"].isin(["revenue", "other_income"]).map({True: -1, False: 1})
    gl = gl.assign(actual=(gl["functional_debit"] - gl["functional_credit"]) * sign)
    keys = ["entity_id", "period", "account_id", "cost_center_id"]
    actual = gl.groupby(keys, dropna=False)["actual"].sum().reset_index()
    plan = pd.concat([pd.read_csv(f, dtype=str) for f in (native / "budget_lines").glob(f"*{version}.csv")])
    plan = plan[(plan["version"] == version) & (plan["entity_id"] == "US01")]
    plan = plan.assign(budget=_cents(plan["amount"], pd.Series(False, plan.index), pd.Series(False, plan.index)))
    plan = plan.groupby(keys, dropna=False)["budget"].sum().reset_index()
    both = actual.merge(plan, how="outer", on=keys).fillna({"actual": 0, "budget": 0})
    both = both[both["period"].between("2025-01", "2025-03") & (both["entity_id"] == "US01")]
    return [
        len(both), int(both["actual"].sum()), int(both["budget"].sum()),
        int((both["actual"] - both["budget"]).abs().sum()),
    ]  # fmt: skip


def _read(folder: Path) -> pd.DataFrame:
    parts = []
    for file in sorted(folder.glob("*.csv")):
        try:
            parts.append(pd.read_csv(file, dtype="str", engine="pyarrow"))
        except pd.errors.ParserError:
            continue  # a cut-off file
    return pd.concat(parts, ignore_index=True)


def _cents(text: pd.Series, bad: pd.Series, whole: pd.Series) -> pd.Series:
    """Exact minor units without floats: digits before the point, two digits after it."""
    clean = text.where(~bad).fillna("0")
    parts = clean.str.partition(".")
    fraction = (parts[2].str.slice(0, 2) + "00").str.slice(0, 2).astype("int64")
    units = parts[0].str.lstrip("-").astype("int64")
    amount = units.where(whole, units * 100 + fraction)
    return amount.where(~clean.str.startswith("-"), -amount)
