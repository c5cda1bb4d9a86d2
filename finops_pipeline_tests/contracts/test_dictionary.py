"""The generated pages are written from contracts and rules, and are current."""

from pathlib import Path

import pytest

from finops_pipeline.contracts import dictionary, kpis, rules
from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.projections import data_dictionary


def test_the_pages_in_the_repository_are_current() -> None:
    assert dictionary.main(["--check"]) == 0


def test_the_pages_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    assert dictionary.main([str(tmp_path)]) == 0
    assert (tmp_path / "data_dictionary.md").read_text(encoding="utf-8") == data_dictionary(TABLES.values())
    assert (tmp_path / "rules.md").read_text(encoding="utf-8") == rules.page(rules.GROUPS.items())
    assert (tmp_path / "kpis.md").read_text(encoding="utf-8") == kpis.page()
    assert dictionary.main(["--check", str(tmp_path)]) == 0


@pytest.mark.parametrize("name", ["data_dictionary.md", "rules.md", "kpis.md"])
@pytest.mark.parametrize("text", [None, "old"])
def test_an_old_or_missing_page_is_not_current(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, text: str | None
) -> None:
    dictionary.main([str(tmp_path)])
    page = tmp_path / name
    page.unlink()
    if text is not None:
        page.write_text(text, encoding="utf-8")
    assert dictionary.main(["--check", str(tmp_path)]) == 1
    told = capsys.readouterr().err
    assert told == f"{page} is not current: run python -m finops_pipeline.contracts.dictionary\n"
