"""Settings: argument before environment before file before default."""

from decimal import Decimal
from pathlib import Path

import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.settings import load


def test_each_place_gives_way_to_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "finops.toml").write_text('forecast_horizon = 6\nengine_memory_limit = "1GB"\nbatch_bytes = 5\n')
    monkeypatch.setenv("FINOPS_ENGINE_MEMORY_LIMIT", "2GB")
    settings = load(home=tmp_path, batch_bytes=7, landing=None)
    assert (settings.forecast_horizon, settings.engine_memory_limit, settings.batch_bytes) == (6, "2GB", 7)
    assert settings.landing_path == tmp_path / "landing"
    assert settings.url == f"sqlite:///{tmp_path / 'warehouse.db'}"
    assert settings.lake_path == tmp_path / "lake"
    assert settings.dagster_path == tmp_path / "dagster"


def test_the_home_of_the_file_may_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_HOME", str(tmp_path))
    (tmp_path / "finops.toml").write_text("[materiality.revenue]\namount = 1000\npct = 0.02\nrequire = 'any'\n")
    rule = load().materiality["revenue"]
    assert (rule.amount, rule.pct, rule.require) == (Decimal(1000), Decimal("0.02"), "any")


@pytest.mark.parametrize("first", ["2026", "2026-13", "٢026-01", "2026-01\n"])
def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, first: str) -> None:
    with pytest.raises(ConfigurationError, match="first_period"):
        load(home=tmp_path, first_period=first)


@pytest.mark.parametrize("limit", ["", "3", "lots", "3GB\n", "-1GB"])
def test_a_memory_limit_is_a_size(tmp_path: Path, limit: str) -> None:
    with pytest.raises(ConfigurationError, match="engine_memory_limit"):
        load(home=tmp_path, engine_memory_limit=limit)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text("= nonsense")
    with pytest.raises(ConfigurationError, match=r"finops\.toml"):
        load(home=tmp_path)


def test_rules_for_cloud_bills_may_lie_beside_the_extracts_or_at_home(tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / "cloud.toml").write_text('drivers = ["orders"]\n[[tags]]\ntags = ["team"]\nvalues = { web = "Shop" }\n')
    settings = load(home=tmp_path)
    assert (settings.cloud_drivers, settings.cloud_tags[0].values) == (("orders",), {"web": "Shop"})
    (tmp_path / "cloud.toml").write_text('drivers = ["seats"]\n[[ledger]]\nentity_id = "US01"\naccounts = ["5010"]\n')
    settings = load(home=tmp_path)
    assert (settings.cloud_drivers, settings.cloud_tags, settings.cloud_ledger[0].accounts) == (
        ("seats",),
        (),
        ("5010",),
    )
    (tmp_path / "finops.toml").write_text('cloud_drivers = ["customers"]')
    assert load(home=tmp_path).cloud_drivers == ("customers",)


@pytest.mark.parametrize("text", ["[[ledger]]\nentity_id = 'US01'\nacounts = ['5010']\n", "[[tags]]\ntag = ['team']\n"])
def test_a_misspelled_word_of_a_rule_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cloud.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"acounts|tag\b"):
        load(home=tmp_path)


def test_a_broken_file_of_rules_is_named(tmp_path: Path) -> None:
    (tmp_path / "cloud.toml").write_text("= nonsense")
    with pytest.raises(ConfigurationError, match=r"cloud\.toml"):
        load(home=tmp_path)
