"""The engine: limits, exact results, errors that say what to do."""

from decimal import Decimal
from pathlib import Path

import narwhals as nw
import pandas as pd
import pyarrow as pa
import pytest

from finops_pipeline.errors import TransientError
from finops_pipeline.storage.engine import Engine, EngineError, literal, name


def test_names_and_texts_cannot_break_out_of_their_quotes() -> None:
    with Engine("100MB", 1) as engine:
        odd = "a\"b'c; DROP TABLE x"
        assert engine.rows(f"SELECT {literal(odd)} AS {name(odd)}") == [(odd,)]


def test_a_lazy_frame_over_files_sums_exactly(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pd.DataFrame({"k": ["a", "a"], "v": [Decimal("0.1"), Decimal("0.2")]}).to_parquet(path)
    with Engine("100MB", 1) as engine:
        lazy = engine.scan([path]).group_by("k").agg(nw.col("v").sum())
        assert engine.collect(lazy).to_pylist() == [{"k": "a", "v": Decimal("0.3")}]


def test_a_registered_table_is_visible_until_it_is_forgotten() -> None:
    with Engine("100MB", 1) as engine:
        engine.register("t", pa.table({"a": [1, 2]}))
        assert engine.frame("SELECT sum(a) AS s FROM t")["s"].tolist() == [3]
        engine.forget("t")
        with pytest.raises(EngineError, match="t"):
            engine.rows("SELECT * FROM t")


def test_running_out_of_memory_may_pass_and_names_the_setting() -> None:
    with Engine("20MB", 1) as engine:
        engine.run("SET max_temp_directory_size = '1MB'")
        with pytest.raises(TransientError, match="FINOPS_ENGINE_MEMORY_LIMIT"):
            engine.rows("SELECT list(i) FROM range(50000000) AS r(i)")
