"""Records: the verdict of every check, and the chain of everything that was done."""

import getpass
import json

import pandas as pd

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.intake import AUDIT_LOG, DATA_QUALITY, INGESTED_FILES
from finops_pipeline.defs import judging
from finops_pipeline.defs.house import House
from finops_pipeline.defs.intake import RECORDS
from finops_pipeline.defs.outbox import Outbox, basis
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import audit

_LAST = (DATA_QUALITY.name, AUDIT_LOG.name)
_EVERYTHING = tuple(name for name in TABLES if name not in _LAST)
_BY_INTAKE = frozenset(table.name for table in RECORDS)


@recipe(DATA_QUALITY, after=_EVERYTHING)
def data_quality(run: Run) -> pd.DataFrame:
    """Publish every verdict that is kept."""
    return judging.verdicts(run.house)


@recipe(AUDIT_LOG, after=[*_EVERYTHING, DATA_QUALITY.name], write="append", checks=["chain_is_unbroken"])
def audit_log(run: Run) -> Made:
    """Append what was taken in and what this run has published, and note that the reports are current."""
    log = run.house.read(AUDIT_LOG)
    events = [*ingested(log, run.house.read(INGESTED_FILES)), *published(run)]
    seq, last = (int(log["seq"].iloc[-1]), str(log["hash"].iloc[-1])) if len(log) else (0, audit.GENESIS)
    added = audit.append(events, run.now, last_seq=seq, last_hash=last)
    findings = audit.verify(pd.concat([log, added], ignore_index=True))
    if not findings:
        settle(run)
    return Made(added, {"chain_is_unbroken": findings})


def ingested(log: pd.DataFrame, files: pd.DataFrame) -> list[audit.Event]:
    """One event for each file that is not in the log yet."""
    logged = {json.loads(d)["file_id"] for d in log.loc[log["action"] == "ingest", "detail"]}
    new = files[~files["file_id"].isin(logged)].sort_values(["received_at", "file_id"])
    counts = [c for c in files.columns if c.startswith("rows_")]
    return [
        audit.Event(
            "finops", "ingest", f"{row['source']}/{row['dataset']}/{row['file_name']}",
            {"file_id": row["file_id"], "status": row["status"], **{c: int(row[c]) for c in counts if not pd.isna(row[c])}},
        )
        for row in new.to_dict("records")
    ]  # fmt: skip


def published(run: Run) -> list[audit.Event]:
    """One event for each table this run has published."""
    return [
        audit.Event(
            _actor(), "publish", p.table, {"run_id": run.run_id, "rows": p.rows, "first": p.first, "last": p.last}
        )
        for p in run.house.published.values()
        if TABLES[p.table].home == "warehouse"
    ]


def _actor() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run under a user without a name
        return "unknown"


def settle(run: Run) -> None:
    """Note that months are current, if the run has published every report and not only some by hand."""
    reports = {name for name, t in TABLES.items() if t.home == "warehouse"} - _BY_INTAKE - {AUDIT_LOG.name}
    if reports <= set(run.house.published):
        house: House = run.house
        Outbox.of(house.settings).settle(run.covers, house.months(), basis(house.settings))


RECIPES = (data_quality, audit_log)
