"""Each adapter has a page that names every extract it reads and every reason it leaves rows out for."""

from pathlib import Path

import pytest

from finops_pipeline.sources import registry
from finops_pipeline.sources.options import Options

PAGES = Path(__file__).parents[2] / "docs" / "sources"
DERIVATIONS = registry.derivations(Options())


@pytest.mark.parametrize("extract", registry.EXTRACTS, ids=lambda e: f"{e.source}/{e.name}")
def test_the_page_of_a_source_names_its_extracts(extract: registry.Extract) -> None:
    assert f"`{extract.name}`" in (PAGES / f"{extract.source}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("source", "reason"), sorted({(d.source, out.reason) for d in DERIVATIONS for out in d.left_out})
)
def test_the_page_of_a_source_explains_every_reason(source: str, reason: str) -> None:
    assert reason in (PAGES / f"{source}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("derivation", DERIVATIONS, ids=lambda d: f"{d.source}/{d.rows.name} to {d.table.name}")
def test_a_derivation_speaks_of_columns_and_extracts_there_are(derivation: registry.Derivation) -> None:
    assert set(derivation.columns) <= set(derivation.table.names)
    required = {c.name for c in derivation.table.columns if c.in_file and not c.optional}
    assert required <= set(derivation.columns)
    names = {e.name for e in registry.EXTRACTS if e.source == derivation.source}
    read = {s for lookup in derivation.lookups for s in lookup.sources}
    assert {s for s in read if not s.startswith("lake.")} <= names
