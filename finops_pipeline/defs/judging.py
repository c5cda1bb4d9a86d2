"""Judging: a table's contract and its cross-row rules, as blocking asset checks.

The frame is judged before it is published: what fails does not replace what readers see. Every verdict is kept
(`<lake>/_verdicts/<table>.parquet`) until the asset `data_quality` publishes them all.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd

from finops_pipeline.contracts.intake import DATA_QUALITY
from finops_pipeline.contracts.model import Table
from finops_pipeline.contracts.projections import empty, from_arrow, to_arrow
from finops_pipeline.defs.house import House
from finops_pipeline.finance.findings import Finding
from finops_pipeline.quality import suites

CONTRACT_CHECK = "contract"
"""The check of every asset that its table keeps its contract, judged by Great Expectations."""
_SHOWN = 10


def check_specs(table: Table, rules: Sequence[str] = ()) -> list[dg.AssetCheckSpec]:
    """The checks of an asset: its contract, and its cross-row rules."""
    described = {CONTRACT_CHECK: f"Great Expectations: {table.name} keeps its contract"} | {
        rule: f"{rule.replace('_', ' ')}".capitalize() for rule in rules
    }
    return [dg.AssetCheckSpec(n, asset=table.name, blocking=True, description=d) for n, d in described.items()]


def judge(
    house: House, table: Table, frame: pd.DataFrame | Sequence[Path], periods: Sequence[str] = ()
) -> dg.AssetCheckResult:
    """The verdict of the table's suite on a frame, or on the files of the lake; the verdict is kept."""
    if isinstance(frame, pd.DataFrame):
        verdict = suites.judge(table, frame, house.now, periods)
    else:
        verdict = suites.judge_files(table, frame, house.now, periods)
    keep(house, table, verdict, periods)
    broken = verdict[~verdict["success"]]
    errors = broken[broken["severity"] == "error"]
    # No rows at all is worth a warning, and nothing to stop for: a month may have none.
    shown = errors if len(errors) else broken
    return dg.AssetCheckResult(
        passed=errors.empty,
        check_name=CONTRACT_CHECK,
        severity=dg.AssetCheckSeverity.ERROR,
        description=_words(shown) if len(errors) else None,
        metadata={
            "expectations": len(verdict),
            "broken": len(errors),
            "warnings": len(broken) - len(errors),
            **({"first": dg.MetadataValue.md(as_markdown(shown.head(_SHOWN)))} if len(shown) else {}),
        },
    )


def _words(broken: pd.DataFrame) -> str:
    rows: list[Any] = list(broken.head(3).itertuples())
    return "; ".join(
        f"{row.expectation} on {row.column_name or 'the table'}"
        + (f" in {row.period}" if isinstance(row.period, str) else "")
        + f": {row.unexpected_count if not pd.isna(row.unexpected_count) else 'all'} rows, for example {row.observed}"
        for row in rows
    )


def answer(rule: str, findings: Sequence[Finding]) -> dg.AssetCheckResult:
    """The findings of a cross-row rule as the result of its check."""
    errors = [f for f in findings if f.severity == "error"]
    lines = [f"{f.rule_id} {f.subject}: {f.message}" for f in (errors or findings)[:_SHOWN]]
    return dg.AssetCheckResult(
        passed=not errors,
        check_name=rule,
        severity=dg.AssetCheckSeverity.ERROR,
        description="; ".join(lines[:3]) if lines else None,
        metadata={
            "findings": len(errors),
            "warnings": len(findings) - len(errors),
            **({"first": dg.MetadataValue.md("\n".join(f"* {line}" for line in lines))} if lines else {}),
        },
    )


def answers(rules: Iterable[str], findings: Mapping[str, Sequence[Finding]]) -> list[dg.AssetCheckResult]:
    """One result for each declared rule. Raises: KeyError for a rule without an answer: it would never fail."""
    return [answer(rule, findings[rule]) for rule in rules]


def stop_if_broken(table: Table, results: Sequence[dg.AssetCheckResult]) -> None:
    """Stop the asset before it publishes. Raises: Failure that names the checks and the numbers; never retried."""
    failed = [r for r in results if not r.passed]
    if failed:
        words = "\n".join(f"{table.name}: check {r.check_name} failed: {r.description}" for r in failed)
        raise dg.Failure(description=words, allow_retries=False)


def _kept(house: House) -> Path:
    return house.settings.lake_path / "_verdicts"


def keep(house: House, table: Table, verdict: pd.DataFrame, periods: Sequence[str]) -> None:
    """Keep a verdict in place of an earlier one on the same table and months."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    target = _kept(house) / f"{table.name}.parquet"
    target.parent.mkdir(parents=True, exist_ok=True)
    if periods and target.exists():
        before = from_arrow(pq.read_table(target), DATA_QUALITY)
        judged = {*periods, *verdict["period"].dropna()}
        verdict = pd.concat([before[~before["period"].isin(judged)], verdict], ignore_index=True)
    temporary = target.with_suffix(".tmp")
    pq.write_table(to_arrow(verdict, DATA_QUALITY), temporary)
    temporary.replace(target)


def verdicts(house: House) -> pd.DataFrame:
    """Every verdict kept. Shape: the contract of `data_quality`."""
    import pyarrow.parquet as pq  # noqa: PLC0415

    found = [from_arrow(pq.read_table(path), DATA_QUALITY) for path in sorted(_kept(house).glob("*.parquet"))]
    rows = pd.concat(found, ignore_index=True) if found else empty(DATA_QUALITY)
    return rows.sort_values(list(DATA_QUALITY.key), na_position="last", kind="stable", ignore_index=True)


def as_markdown(frame: pd.DataFrame) -> str:
    """Rows as a Markdown table."""
    cells = frame.astype(object).where(frame.notna(), "").astype(str)
    lines = [cells.columns.tolist(), ["---"] * len(cells.columns), *cells.to_numpy().tolist()]
    return "\n".join("| " + " | ".join(str(c).replace("|", "\\|") for c in line) + " |" for line in lines)
