"""The engine: the only place that sees every row. DuckDB within a memory limit.

Here: a connection with its limits, lazily typed frames over stored files, and nothing about finance.
Shared logic runs on `narwhals.LazyFrame`, so that another engine can follow behind the same three methods
(`scan`, `collect`, `sql`). Text that may be bad is parsed by engine-specific SQL (`parsing`, `staging`).
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import narwhals as nw
import pandas as pd
import pyarrow as pa

from finops_pipeline.errors import PermanentError, TransientError


class EngineError(PermanentError):
    """The engine cannot carry out a statement of ours."""


class Engine:
    """One DuckDB connection; use it as a context manager so that its spill files go with it."""

    def __init__(self, memory_limit: str = "3GB", threads: int | None = None, spill: Path | None = None) -> None:
        self._spill = tempfile.TemporaryDirectory(prefix="finops-spill-", dir=spill)
        config: dict[str, Any] = {
            "memory_limit": memory_limit,
            "temp_directory": self._spill.name,
        }
        if threads is not None:
            config["threads"] = threads
        self.connection = duckdb.connect(config=config)
        self.connection.execute("SET enable_progress_bar = false")
        self.connection.execute("SET TimeZone = 'UTC'")  # a time without a zone is UTC, wherever the machine stands

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Give memory and spill files back."""
        self.connection.close()
        self._spill.cleanup()

    def run(self, statement: str, parameters: Sequence[object] | None = None) -> None:
        """Carry out one statement. Raises: EngineError, TransientError (out of memory)."""
        self.rows(statement, parameters)

    def rows(self, statement: str, parameters: Sequence[object] | None = None) -> list[tuple[Any, ...]]:
        """The rows a statement returns. Raises: EngineError, TransientError (out of memory)."""
        try:
            return self.connection.execute(statement, parameters).fetchall()
        except duckdb.OutOfMemoryException as error:
            raise TransientError(f"the engine ran out of memory; raise FINOPS_ENGINE_MEMORY_LIMIT: {error}") from error
        except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
            raise EngineError(f"{error}\n{statement}") from error

    def value(self, statement: str, parameters: Sequence[object] | None = None) -> Any:
        """The single value a statement returns."""
        return self.rows(statement, parameters)[0][0]

    def arrow(self, query: str) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self.connection.sql(query).to_arrow_table()

    def frame(self, query: str) -> pd.DataFrame:
        """The result of a query as a pandas frame on Arrow types: decimals stay exact."""
        found: pd.DataFrame = self.arrow(query).to_pandas(types_mapper=pd.ArrowDtype)
        return found

    def register(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table visible to statements under a name."""
        self.connection.register(name, table)

    def forget(self, name: str) -> None:
        """Undo `register`."""
        self.connection.unregister(name)

    def scan(self, files: Sequence[Path]) -> nw.LazyFrame[Any]:
        """A lazy frame over Parquet files; nothing is read yet."""
        return nw.from_native(self.connection.sql(f"SELECT * FROM {parquet(files)}"))

    def collect(self, lazy: nw.LazyFrame[Any]) -> pa.Table:
        """Compute a lazy frame of this engine."""
        relation: Any = lazy.to_native()
        table: pa.Table = relation.to_arrow_table()
        return table


def literal(text: str | Path) -> str:
    """A SQL string literal."""
    return "'" + str(text).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A quoted SQL identifier."""
    return '"' + identifier.replace('"', '""') + '"'


def parquet(files: Sequence[Path], options: str = "") -> str:
    """The SQL source over Parquet files; hive folders are not columns, the files carry their period themselves."""
    listed = ", ".join(literal(f) for f in files)
    return f"read_parquet([{listed}], hive_partitioning = false, union_by_name = true{options})"
