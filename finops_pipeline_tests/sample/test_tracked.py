"""The small sample kept in the repository is what the command writes today, byte for byte."""

from pathlib import Path

import pytest

from finops_pipeline.sample import write_sample

TRACKED = Path(__file__).parents[2] / "data" / "sample"


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder. Times are left out: a checkout does not keep them."""
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    out = tmp_path_factory.mktemp("sample")
    write_sample(out, months=2, journal_lines=2_000, seed=7)
    return contents(out)


def test_the_tracked_sample_is_the_one_the_command_writes(written: dict[str, bytes]) -> None:
    tracked = contents(TRACKED)
    assert sorted(tracked) == sorted(written)
    assert [name for name in tracked if tracked[name] != written[name]] == []


def test_the_tracked_sample_stays_small() -> None:
    assert sum(map(len, contents(TRACKED).values())) < 1_000_000
