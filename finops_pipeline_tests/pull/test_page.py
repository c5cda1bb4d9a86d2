"""The page about the live pull names every setting and everything that is pulled."""

from pathlib import Path

import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.pull.netsuite import TABLES
from finops_pipeline.pull.options import NetSuitePull, PullOptions, QuickBooksPull
from finops_pipeline.pull.quickbooks import ENTITIES
from finops_pipeline.pull.system import chosen, demand

PAGE = (Path(__file__).parents[2] / "docs" / "sources" / "live-pull.md").read_text(encoding="utf-8")
SETTINGS = {*QuickBooksPull.model_fields, *NetSuitePull.model_fields}


@pytest.mark.parametrize("name", sorted({*SETTINGS, *ENTITIES, *TABLES}))
def test_it_names_every_setting_and_everything_that_is_pulled(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("name", sorted({*PullOptions.model_fields} - {"quickbooks", "netsuite"}))
def test_it_names_what_holds_for_all_with_its_default(name: str) -> None:
    default = PullOptions.model_fields[name].default
    assert f'{name} = "{default}"' in PAGE or f"{name} = {default} " in PAGE


@pytest.mark.parametrize("options", [QuickBooksPull, NetSuitePull])
def test_its_defaults_are_those_of_the_settings(options: type[QuickBooksPull | NetSuitePull]) -> None:
    for name, field in options.model_fields.items():
        if isinstance(field.default, int) and not isinstance(field.default, bool):
            rows = [
                line for line in PAGE.splitlines() if line.startswith(f"| `{name}`") and f"({field.default}" in line
            ]
            assert rows, f"{name} = {field.default}"


def test_all_is_chosen_where_nothing_is_named_and_nothing_is_demanded_in_vain() -> None:
    assert chosen((), ("a", "b"), "x") == ("a", "b")
    assert chosen(("b",), ("a", "b"), "x") == ("b",)
    demand([], "quickbooks")
    with pytest.raises(ConfigurationError, match=r"quickbooks cannot be asked without pull\.quickbooks\.realm"):
        demand(["realm"], "quickbooks")
