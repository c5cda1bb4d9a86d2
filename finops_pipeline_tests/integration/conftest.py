"""One close of a make-believe company, made once and read by many tests. Nobody may change it: copy it first.

What these tests run is not counted as covered: rooms that must be covered are so by their own tests, and a close takes
more than half as long again while it is traced.
"""

from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from finops_pipeline.cli import main
from finops_pipeline.sample import SampleSummary, write_sample

MONTHS = 30
JOURNAL_LINES = 23_000


@dataclass(frozen=True)
class ClosedHome:
    """A home folder after one `finops run`, the landing folder it came from, and what the command said."""

    home: Path
    landing: Path
    sample: SampleSummary
    result: Result

    def finops(self, *arguments: str) -> Result:
        """Another command on the same home."""
        return CliRunner().invoke(main, [*arguments, "--home", str(self.home)])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder for pytest-cov."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker("no_cover")


@pytest.fixture(scope="session")
def closed_home(tmp_path_factory: pytest.TempPathFactory) -> ClosedHome:
    """The sample company, with its planted faults, landed and closed."""
    root = tmp_path_factory.mktemp("closed")
    landing, home = root / "landing", root / "home"
    sample = write_sample(landing, months=MONTHS, journal_lines=JOURNAL_LINES, faults=True)
    result = CliRunner().invoke(main, ["run", "--landing", str(landing), "--home", str(home)])
    return ClosedHome(home, landing, sample, result)
