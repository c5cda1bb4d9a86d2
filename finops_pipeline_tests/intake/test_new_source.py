"""The guide to declaring a source is true: its module is executed, its files land, and what it says comes of them comes."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from finops_pipeline.finance import money
from finops_pipeline.sources import registry
from finops_pipeline_tests.intake.nights import Night

GUIDE = (Path(__file__).parents[2] / "docs" / "sources" / "new-source.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def depot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Night:
    """The guide's source is declared, its files have landed, and so have entity and accounts."""
    module: dict[str, Any] = {}
    (source,) = blocks("python")
    exec(compile(source, "depot.py", "exec"), module)
    monkeypatch.setattr(registry, "EXTRACTS", module["extracts"]())
    monkeypatch.setattr(registry, "derivations", lambda options: module["derivations"]())
    night = Night(tmp_path)
    night.put("entities", "e.csv", "entity_id,name,functional_currency\nDEPOT,Depot,EUR")
    kinds = "1000,Cash,asset\n4000,Sales,revenue\n6000,Rent,operating_expense"
    night.put("accounts", "a.csv", f"account_id,name,account_type\n{kinds}")
    heads, lines = blocks("csv")
    night.put("heads", "heads.csv", heads, source="depot")
    night.put("lines", "lines.csv", lines, source="depot")
    return night


def test_the_guide_says_what_comes_of_its_files(depot: Night) -> None:
    depot.run()
    made, told = blocks("text")
    rows = depot.rows("journal_lines").sort_values(["journal_id", "line_no"])
    found = [
        (
            r.journal_id,
            str(r.line_no),
            r.period,
            r.account_id,
            *(money.to_decimal(int(v), "EUR") for v in (r.debit, r.credit)),
        )
        for r in rows.itertuples()
    ]
    expected = [line.split() for line in made.splitlines()[1:]]
    assert found == [(*words[:4], Decimal(words[4]), Decimal(words[5])) for words in expected]
    left = depot.report("left_out")
    out = depot.report("quarantine").sort_values("row_number")
    lines = [["left", "out", str(r.rows), r.reason] for r in left.itertuples()]
    lines += [["quarantine", str(r.row_number), r.rule_id] for r in out.itertuples()]
    assert [line.split()[: len(words)] for line, words in zip(told.splitlines(), lines, strict=True)] == lines
    assert out["message"].iloc[0].startswith("heads has no row that belongs to this one")
    assert out["column_name"].tolist() == ["heads", "side"]


def test_a_posted_header_alone_lets_its_lines_enter(depot: Night) -> None:
    depot.run()
    depot.put("heads", "posted.csv", "doc,state,day,currency\nD-2,posted,31/01/2026,EUR", source="depot")
    depot.run()
    assert set(depot.rows("journal_lines")["journal_id"]) == {"D-1", "D-2", "D-3"}
    assert depot.report("left_out").empty
