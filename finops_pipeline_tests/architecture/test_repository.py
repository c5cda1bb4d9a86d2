"""The repository as a whole: mirrored tests, contracts that are one of a kind, nothing of one machine in its files."""

import re
import subprocess
from pathlib import Path

import pytest

import finops_pipeline
from finops_pipeline.contracts import (
    budget,
    catalog,
    cloud,
    consideration,
    controls,
    cost,
    currency,
    focus,
    forecasting,
    intake,
    kpis,
    ledger,
    masters,
    operations,
    projections,
    revenue,
    statements,
)
from finops_pipeline.contracts.model import LINEAGE, STAMPS

PACKAGE = Path(finops_pipeline.__file__).parent
ROOT = PACKAGE.parent
ROOMS = ("finance", "contracts", "sources", "quality", "storage", "pull")
MACHINE = re.compile(
    r"https?://[^\s\"')]*(?:/simple|artifactory|nexus|devpi|pypi\.)|--(?:extra-)?index-url|--find-links|--trusted-host"
    r"|(?<![\w.])/(?:home|Users|root|work)/[\w.]+"
)


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_with_functions_is_tested_in_the_mirrored_room(room: str) -> None:
    """By a test of its name, or by one that imports it."""
    tests = list((ROOT / "finops_pipeline_tests" / room).rglob("test_*.py"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in tests)
    untested = []
    for path in (PACKAGE / room).rglob("*.py"):
        place = path.relative_to(ROOT).with_suffix("")
        dotted = ".".join((place.parent if place.name == "__init__" else place).parts)
        package, _, module = dotted.rpartition(".")
        imported = rf"import {re.escape(dotted)}\b|from {re.escape(dotted)} import"
        named = rf"from {re.escape(package)} import (?:\([^)]*|[^\n]*)\b{module}\b"
        public = re.search(r"^def [a-z]", path.read_text(encoding="utf-8"), re.MULTILINE)
        if public and not any(test.stem == f"test_{module}" for test in tests):
            untested += [] if re.search(f"{imported}|{named}", text) else [dotted]
    assert untested == []


def test_every_contract_is_one_of_a_kind_and_leaves_room_for_its_stamps() -> None:
    nouns = (
        masters, currency, ledger, controls, budget, operations, revenue, consideration, focus, cloud, statements, cost,
        forecasting, kpis, intake,
    )  # fmt: skip
    listed = [table.name for noun in nouns for table in noun.TABLES]
    assert len(listed) == len(set(listed)) == len(catalog.TABLES)
    for table in catalog.TABLES.values():
        assert len(set(table.names)) == len(table.names), table.name
        assert set(table.key) <= set(table.names), table.name
        assert not {c.name for c in STAMPS} & set(table.names), table.name
        assert not table.partitioned or "period" in table.names, table.name
        assert table.home == "warehouse" or not {c.name for c in LINEAGE} & set(table.names), table.name
    for table in catalog.report_tables():
        assert projections.arrow_schema(table, stamps=True).names[-2:] == ["loaded_at", "run_id"]


def test_no_tracked_file_knows_a_package_host_or_a_machine() -> None:
    found = {}
    for path in tracked():
        if path.suffix in {".parquet", ".gz", ".xlsx", ".png", ".db"} or path == Path(__file__):
            continue
        hit = MACHINE.search(path.read_text(encoding="utf-8", errors="replace"))
        if hit:
            found[str(path.relative_to(ROOT))] = hit.group()
    assert found == {}


def test_constraints_are_exact_and_without_addresses() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert [pin for pin in pins if not re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*", pin)] == []
    names = [pin.split("==")[0] for pin in pins]
    assert names == sorted(set(names))


def test_the_three_dagsters_are_of_one_release() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pins = dict(re.findall(r"^(dagster[a-z-]*)==(\S+)$", text, re.MULTILINE))
    release = pins["dagster"].split(".")
    assert pins["dagster-webserver"] == pins["dagster"]
    assert pins["dagster-postgres"].split(".") == ["0", str(int(release[1]) + 16), release[2]]
