"""Data Docs: the results kept in `data_quality` as the pages of Great Expectations, for readers, on demand.

Here: rows of results back into Great Expectations' terms, and its site written to a folder. Not here: judging
(`suites`). Nothing is judged again and no table is read: the rows and the contracts say everything.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from finops_pipeline.contracts import catalog
from finops_pipeline.contracts.model import LINEAGE, STAMPS
from finops_pipeline.quality import suites


def build_data_docs(results: pd.DataFrame, directory: Path) -> Path:
    """Write the site of these results and return its first page.

    `results` are rows of `data_quality`; each table and period becomes a page. Whatever the folder held before is
    replaced page by page. Raises: ConfigurationError for a table that has no contract.
    """
    context = suites.quiet_context()
    backend = {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(directory.resolve())}
    site = {"class_name": "SiteBuilder", "store_backend": backend, "show_how_to_buttons": False}
    context.add_data_docs_site(site_config=site, site_name="quality")
    for key, outcome in _outcomes(results):
        context.validation_results_store.set(key, outcome)
    context.build_data_docs()
    return directory / "index.html"


def _outcomes(results: pd.DataFrame) -> Iterator[tuple[Any, Any]]:
    """Every table and period as Great Expectations keeps a validation: its identifier and its results."""
    from great_expectations.core.expectation_validation_result import (  # noqa: PLC0415
        ExpectationSuiteValidationResult,
    )
    from great_expectations.core.run_identifier import RunIdentifier  # noqa: PLC0415
    from great_expectations.data_context.types.resource_identifiers import (  # noqa: PLC0415
        ExpectationSuiteIdentifier,
        ValidationResultIdentifier,
    )

    for (name, period), rows in results.groupby(["table_name", "period"], dropna=False, sort=True):
        label = " ".join(str(part) for part in (name, period) if isinstance(part, str))
        checked_at: datetime = rows["checked_at"].iloc[0].to_pydatetime()
        run = RunIdentifier(run_name=label, run_time=checked_at)
        good = int(rows["success"].sum())
        outcome = ExpectationSuiteValidationResult(
            success=bool(rows["success"].all()),
            results=[_result(str(name), row) for row in rows.to_dict("records")],
            suite_name=str(name),
            statistics={
                "evaluated_expectations": len(rows),
                "successful_expectations": good,
                "unsuccessful_expectations": len(rows) - good,
                "success_percent": 100 * good / len(rows),
            },
            meta={"run_id": run, "expectation_suite_name": str(name), "validation_time": checked_at.isoformat()},
        )
        yield ValidationResultIdentifier(ExpectationSuiteIdentifier(str(name)), run, label), outcome


def _result(table_name: str, row: dict[Any, Any]) -> Any:
    from great_expectations.core.expectation_validation_result import ExpectationValidationResult  # noqa: PLC0415
    from great_expectations.expectations.expectation_configuration import (  # noqa: PLC0415
        ExpectationConfiguration,
    )

    kwargs = _kwargs(table_name, row["expectation"], row["column_name"])
    seen = None if pd.isna(row["observed"]) else str(row["observed"])
    result: dict[str, Any] = {"observed_value": seen}
    if row["expectation"] == suites.COLUMNS:  # the page puts its sections into the order of this list
        result = {"observed_value": kwargs["column_list"] if row["success"] else [seen], "details": {"mismatched": []}}
    elif not row["success"] and not pd.isna(row["unexpected_count"]):
        result = {"observed_value": f"{int(row['unexpected_count'])} rows, for example {seen}"}
    return ExpectationValidationResult(
        success=bool(row["success"]),
        expectation_config=ExpectationConfiguration(type=row["expectation"], kwargs=kwargs),
        result=result,
        exception_info={"raised_exception": False, "exception_traceback": None, "exception_message": None},
    )


def _kwargs(table_name: str, expectation: str, column_name: str | float | None) -> dict[str, Any]:
    """What exactly was expected, from the contract; only the place if the contract has changed since."""
    column = None if pd.isna(column_name) else str(column_name)
    for expected in suites.suite(catalog.table(table_name), (*LINEAGE, *STAMPS)):
        if expected.type == expectation and (", ".join(expected.columns) or None) == column:
            return dict(expected.kwargs)
    return {"column": column} if column else {}
