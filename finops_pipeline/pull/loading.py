"""Pulling through dlt: each table is a dlt resource, the landing folder is the destination.

dlt extracts every table into its own folder, `<home>/pull`, before anything lands; a pull that is cut before that lands
nothing. Then each table's rows are written to a hidden file beside the others and renamed when the file is complete:
neither the intake nor the sensor ever sees half a file. How far the pull has come is kept last (`kept`).

Rows go through dlt as text in one column. So dlt infers no types, and no amount becomes a float.

dlt reads its settings from the environment, from `.dlt` folders and sends telemetry unless told otherwise. Here it gets a
context of its own: no environment, no files, folders below ours, no telemetry. Not here: what is asked for.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import dlt
from dlt.common.configuration.container import Container
from dlt.common.configuration.providers.dictionary import DictionaryProvider
from dlt.common.configuration.providers.provider import ConfigProvider
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext
from dlt.common.runtime import telemetry
from dlt.common.runtime.run_context import RunContext
from dlt.extract.source import DltSource
from dlt.pipeline.exceptions import PipelineStepFailed
from dlt.pipeline.pipeline import Pipeline

from finops_pipeline.errors import FinopsError
from finops_pipeline.pull.system import Row, System

Progress = Callable[[str, int, int], None]
"""Called with what is being asked for, how much of it is done, and how much there is."""
_ROW = "row"
_CHOSEN = {
    "runtime": {"dlthub_telemetry": False, "log_level": "CRITICAL"},
    "restore_from_destination": False,
    "extract": {"next_item_mode": "fifo"},
    "normalize": {"workers": 1},
    "load": {"workers": 1, "raise_on_max_retries": 1, "delete_completed_jobs": True},
    "data_writer": {"disable_compression": True},
}
"""dlt's settings: one thread, each table to its end, no second try of what writes to our own disk."""


class _Context(RunContext):
    """Where dlt looks for settings and keeps its files: nowhere but in the folder of the pull."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        self._global_dir = folder

    @property
    def run_dir(self) -> str:
        return self._init_run_dir

    @property
    def local_dir(self) -> str:
        return self._init_run_dir

    @property
    def data_dir(self) -> str:
        return self._init_run_dir

    @property
    def module(self) -> None:
        return None

    def initial_providers(self) -> list[ConfigProvider]:
        provider = DictionaryProvider()
        provider._config_doc = dict(_CHOSEN)  # noqa: SLF001 - its only other way in ends with a `with`
        return [provider]


def settle(folder: Path) -> None:
    """Give dlt its context. Once in a process is not enough: another home has another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    telemetry.stop_telemetry()
    Container()[PluggableRunContext] = PluggableRunContext(_Context(str(folder.absolute())))


def source(system: System, progress: Progress | None = None) -> DltSource:
    """The tables of a system as dlt resources, none of them asked for yet."""

    def resource(table: str) -> Any:
        def rows() -> Iterator[list[dict[str, str]]]:
            if progress:
                progress(f"{system.name} {table}", system.tables.index(table), len(system.tables))
            for page in system.pages(table):
                yield [{_ROW: json.dumps(row)} for row in page]

        return dlt.resource(rows, name=table, columns={_ROW: {"data_type": "text"}}, write_disposition="append")

    made: DltSource = dlt.source(lambda: [resource(t) for t in system.tables], name=system.name)()
    return made


def pipeline(system: System, folder: Path, landing: Path, stamp: str) -> Pipeline:
    """The way from a system into its landing folders. `stamp`: the moment of the pull, which no other pull has."""

    def land(path: Any, table: Any) -> None:
        write(system, landing, table["name"], _rows(Path(path)), stamp)

    destination = dlt.destination(land, name="landing", batch_size=0, loader_file_format="typed-jsonl")
    return dlt.pipeline(
        system.name, pipelines_dir=str(folder.absolute()), destination=destination(), dataset_name=system.name
    )


def counted(way: Pipeline) -> dict[str, int]:
    """The rows of each table in the last run."""
    trace = way.last_trace
    normalized = trace.last_normalize_info if trace else None
    return dict(normalized.row_counts) if normalized else {}


def _rows(path: Path) -> Iterator[Row]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield from (json.loads(item[_ROW]) for item in json.loads(line))


def write(system: System, landing: Path, table: str, rows: Iterator[Row], stamp: str) -> list[Path]:
    """Land the rows of a table, unless they say what the last pull of it said.

    What two pulls in a row say alike lands once, unless everything is asked for again. What an earlier one said lands
    again: between the two it said something else. Therefore a file says when it was made, and none equals an older one.
    """
    folder = landing / system.name / table
    folder.mkdir(parents=True, exist_ok=True)
    for left_behind in folder.glob(".pull-*.part"):
        left_behind.unlink()
    said = sha256()
    written: list[tuple[Path, Path]] = []

    def noted() -> Iterator[Row]:
        for row in rows:
            said.update(json.dumps(row, sort_keys=True).encode())
            yield row

    for number, text in enumerate(system.texts(table, noted(), stamp), start=1):
        name = f"pull-{stamp}-{number:04}.{system.suffix}"
        hidden = folder / f".{name}.part"
        with hidden.open("w", encoding="utf-8", errors="replace", newline="") as stream:
            stream.writelines(text)
            stream.flush()
            os.fsync(stream.fileno())
        written.append((hidden, folder / name))
    if system.memory.of(table).digest == said.hexdigest() and not system.asking.whole:
        for hidden, _ in written:
            hidden.unlink()
        return []
    system.memory.learn(table, digest=said.hexdigest())
    return [hidden.rename(visible) for hidden, visible in written]


@contextmanager
def told_plainly() -> Iterator[None]:
    """Raise our own error where dlt has wrapped one."""
    try:
        yield
    except PipelineStepFailed as failed:
        own = next((e for e in _chain(failed) if isinstance(e, FinopsError)), None)
        if own is None:
            raise
        raise own from None


def _chain(error: BaseException) -> Iterator[BaseException]:
    found: BaseException | None = error
    while found is not None:
        yield found
        found = getattr(found, "exception", None) or found.__cause__ or found.__context__
