"""The asset graph as a text that is reviewed: keys, what they stand on, partitions, checks, automation.

After a change that is meant: `FINOPS_UPDATE_SNAPSHOTS=1 pytest finops_pipeline_tests/defs/test_asset_graph.py`.
"""

import os
from pathlib import Path

import dagster as dg
import pytest

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.defs.assembly import build_definitions
from finops_pipeline.settings import load

SNAPSHOT = Path(__file__).with_name("asset_graph.txt")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(load(home=tmp_path_factory.mktemp("home"), first_period="2024-01"))


def described(definitions: dg.Definitions) -> str:
    graph = definitions.resolve_asset_graph()
    lines: list[str] = []
    for key in sorted(graph.get_all_asset_keys()):
        node = graph.get(key)
        kind = "external" if node.is_external else "monthly" if node.partitions_def else "whole"
        lines.append(f"{key.to_user_string()} [{node.group_name}] {kind}")
        for parent in sorted(node.parent_keys):
            mapping = node.partition_mappings.get(parent)
            history = " (all months up to it)" if getattr(mapping, "start_offset", 0) else ""
            lines.append(f"    from {parent.to_user_string()}{history}")
        blocking = {check.name: " blocking" * graph.get(check).blocking for check in sorted(node.check_keys)}
        lines += [f"    check {name}{blocks}" for name, blocks in blocking.items()]
        if node.automation_condition:
            lines.append(f"    automation {node.automation_condition.get_label()}")
    return "\n".join(lines) + "\n"


def test_the_graph_is_the_one_reviewed(definitions: dg.Definitions) -> None:
    now = described(definitions)
    if os.environ.get("FINOPS_UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(now, encoding="utf-8")
    assert now == SNAPSHOT.read_text(encoding="utf-8")


def test_every_table_is_an_asset(definitions: dg.Definitions) -> None:
    names = {key.path[-1] for key in definitions.resolve_asset_graph().materializable_asset_keys}
    assert names == {*TABLES, "extracts"}


def test_every_check_blocks_and_every_table_has_its_contract_checked(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    assert all(graph.get(key).blocking for key in graph.asset_check_keys)
    checked = {key.asset_key.path[-1] for key in graph.asset_check_keys if key.name == "contract"}
    assert checked == set(TABLES)


def test_every_asset_says_whose_it_is_and_what_it_holds(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    for key in graph.materializable_asset_keys - {dg.AssetKey("extracts")}:
        node = graph.get(key)
        assert node.owners
        assert node.kinds
        assert node.description
        schema = node.metadata["dagster/column_schema"]
        assert tuple(c.name for c in schema.columns) == TABLES[key.path[-1]].names
