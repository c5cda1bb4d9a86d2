"""The conformance report: every file of cloud bills with the rules it keeps, breaks, and the rows it lost on the way in.

Not here: the rules (`conformance`, `commitments`), what keeps a row out (`storage.parsing`).
"""

import pandas as pd

from finops_pipeline.finance.findings import Finding

_COLUMNS = [
    "file_id", "file_name", "focus_version", "rule_id", "column_name", "severity", "rows_checked", "rows_broken", "example",
]  # fmt: skip
_PLACE = ["file_id", "rule_id", "column_name"]


def focus_conformance(
    counts: pd.DataFrame, conserved: pd.DataFrame, files: pd.DataFrame, quarantine: pd.DataFrame
) -> pd.DataFrame:
    """What each file of source `focus` keeps of FOCUS, over all of its months.

    `counts` is `focus_counts` of every month, `conserved` is `commitments.conservation`, `files` is `ingested_files`. A
    rule of FOCUS is a warning. A row in quarantine is an error under the rule that keeps it out, with as many rows
    checked as the file has; a file that was rejected whole counts as one row at least.

    Shape: one row per file x rule x column; rules that nothing breaks are there with zero rows.
    """
    version = counts[["file_id", "focus_version"]].drop_duplicates("file_id")
    by_rule = counts.sort_values("period").groupby(_PLACE, as_index=False, dropna=False)
    kept = by_rule.agg(
        rows_checked=("rows_checked", "sum"), rows_broken=("rows_broken", "sum"), example=("example", "first")
    )
    kept = pd.concat([kept, conserved[kept.columns]], ignore_index=True).assign(severity="warning")
    lost = _lost(quarantine, files[files["source"] == "focus"])
    table = pd.concat([kept, lost], ignore_index=True).merge(files[["file_id", "file_name"]], on="file_id")
    table = table.merge(version, on="file_id", how="left")[_COLUMNS]
    for name in ("rows_checked", "rows_broken"):
        table[name] = table[name].astype("int64")
    return table.sort_values(["file_name", *_PLACE], na_position="first", ignore_index=True)


def _lost(quarantine: pd.DataFrame, files: pd.DataFrame) -> pd.DataFrame:
    """Rows in quarantine by file and rule; the whole file is row 0."""
    rows = quarantine.merge(files[["file_id", "rows_read"]], on="file_id").sort_values("row_number")
    whole = rows["rows_read"].clip(lower=1)
    rows = rows.assign(
        rows_checked=whole,
        rows_broken=whole.where(rows["row_number"] == 0, 1),
        example="row " + rows["row_number"].astype("str") + ": " + rows["message"].astype("str"),
    )
    by_rule = rows.groupby(_PLACE, as_index=False, dropna=False)
    return by_rule.agg(
        rows_checked=("rows_checked", "max"), rows_broken=("rows_broken", "sum"), example=("example", "first")
    ).assign(severity="error")


def conformance_warnings(report: pd.DataFrame) -> list[Finding]:
    """One warning for each rule that a file breaks: bills are the provider's, they are shown and never stopped."""
    broken = report[report["rows_broken"] > 0]
    return [
        Finding(
            str(row.rule_id), str(row.file_name),
            f"{row.rows_broken} of {row.rows_checked} rows, {row.column_name}, for example {row.example}",
            severity="warning",
        )
        for row in broken.itertuples()
    ]  # fmt: skip
