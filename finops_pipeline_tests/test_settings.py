"""Settings: argument before environment before file before default."""

from decimal import Decimal
from pathlib import Path

import pytest

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.allocation.rules import Cycle, PoolRule, Rules, Tier
from finops_pipeline.finance.kpis import GOALS, Assumptions, Goal
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


def test_cash_classes_come_from_the_file_and_a_word_that_is_none_is_named(tmp_path: Path) -> None:
    file = tmp_path / "finops.toml"
    file.write_text('[cash_flow.accounts]\n"1610" = "capital"\n[cash_flow.lines]\nLoans = "investing"\n')
    given = load(home=tmp_path).cash_flow
    assert (given.accounts, given.lines, given.categories) == ({"1610": "capital"}, {"Loans": "investing"}, {})
    file.write_text('[cash_flow.accounts]\n"1610" = "capitall"\n')
    with pytest.raises(ConfigurationError, match=r"cash_flow\.accounts\.1610"):
        load(home=tmp_path)


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


RULES = """
[[cycles]]
name = "Shared services"
method = "step_down"
effective_from = "2026-01"
order = ["IT"]

[[cycles.pools]]
driver = "seats"
tiers = [{ up_to = 10, weight = 1 }, { weight = 0.5 }]
"""


def test_rules_of_allocation_are_named_or_lie_in_the_home_or_beside_the_extracts(tmp_path: Path) -> None:
    tiers = (Tier(Decimal(1), Decimal(10)), Tier(Decimal("0.5")))
    pools = (PoolRule(driver="seats", tiers=tiers),)
    read = Rules((Cycle("Shared services", "step_down", "2026-01", order=("IT",), pools=pools),))
    assert load(home=tmp_path).allocation == Rules()
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "allocation.toml").write_text(RULES)
    assert load(home=tmp_path).allocation == read
    (tmp_path / "allocation.toml").write_text("cycles = []")
    assert load(home=tmp_path).allocation == Rules(())
    (tmp_path / "finops.toml").write_text('allocation_file = "mine.toml"')
    (tmp_path / "mine.toml").write_text(RULES)
    assert load(home=tmp_path).allocation == read
    (tmp_path / "finops.toml").write_text('[[allocation.cycles]]\nname = "inline"')
    assert load(home=tmp_path).allocation == Rules((Cycle("inline"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("= nonsense", r"allocation\.toml is not valid TOML"),
        ('[[cycles]]\nname = "x"\nmethods = "direct"', "allocation.cycles.0.methods"),
        ('[[cycles]]\nname = "x"\nmethod = "fair"', "allocation.cycles.0.method"),
        ('[[cycles]]\nname = "x"\norder = ["A"]', "only the step-down method"),
    ],
)
def test_rules_of_allocation_that_cannot_be_used_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "allocation.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load(home=tmp_path)


def test_a_file_of_rules_that_is_named_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "finops.toml").write_text('allocation_file = "mine.toml"')
    with pytest.raises(ConfigurationError, match=r"mine\.toml"):
        load(home=tmp_path)


@pytest.mark.parametrize("share", ["-0.1", "1.1", "'much'"])
def test_a_variable_share_is_a_fraction(tmp_path: Path, share: str) -> None:
    (tmp_path / "finops.toml").write_text("[variable_share]\n6520 = 0.4\n")
    assert load(home=tmp_path).variable_share == {"6520": Decimal("0.4")}
    (tmp_path / "finops.toml").write_text(f"[variable_share]\n6520 = {share}\n")
    with pytest.raises(ConfigurationError, match=r"variable_share\.6520"):
        load(home=tmp_path)


def test_a_phasing_curve_has_twelve_weights(tmp_path: Path) -> None:
    twelve = ", ".join(["1"] * 12)
    (tmp_path / "finops.toml").write_text(f"[phasing.2026-annual]\nmethod = 'curve'\ncurve = [{twelve}]\n")
    assert load(home=tmp_path).phasing["2026-annual"].curve == (Decimal(1),) * 12
    for curve in ("[1, 2]", f"[{twelve.replace('1', '0')}]"):
        (tmp_path / "finops.toml").write_text(f"[phasing.2026-annual]\nmethod = 'curve'\ncurve = {curve}\n")
        with pytest.raises(ConfigurationError, match="twelve weights"):
            load(home=tmp_path)


@pytest.mark.parametrize(
    "rule",
    ["kind = 'amount'", "kind = 'percentage'", "kind = 'run_rate'", "kind = 'moon'", "kind = 'outlier'\nmonths = 0"],
)
def test_a_trigger_has_its_limit(tmp_path: Path, rule: str) -> None:
    (tmp_path / "finops.toml").write_text(f"[triggers.r]\n{rule}\n")
    with pytest.raises(ConfigurationError, match=r"triggers\.r"):
        load(home=tmp_path)


def test_goals_and_assumptions_of_kpis_lie_where_rules_lie_and_settings_come_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load(home=tmp_path).kpi_goals == GOALS
    assert load(home=tmp_path).kpi_values == Assumptions()
    (tmp_path / "landing").mkdir()
    landed = tmp_path / "landing" / "kpis.toml"
    landed.write_text("[kpi_goals]\nutilization = { value = 0.8 }\n[kpi_values]\ncost_per_hour = 50\n")
    settings = load(home=tmp_path)
    assert settings.kpi_goals == GOALS | {"utilization": Goal(value=Decimal("0.8"))}
    assert settings.kpi_values == Assumptions(cost_per_hour=Decimal(50))
    (tmp_path / "finops.toml").write_text("[kpi_values]\ncost_per_hour = 60\n")
    assert load(home=tmp_path).kpi_values.cost_per_hour == 60
    assert load(home=tmp_path).kpi_goals["utilization"].value == Decimal("0.8")
    monkeypatch.setenv("FINOPS_KPI_VALUES__COST_PER_HOUR", "70")
    assert load(home=tmp_path).kpi_values.cost_per_hour == 70
    (tmp_path / "kpis.toml").write_text("")
    assert load(home=tmp_path).kpi_goals == GOALS


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("= nonsense", r"kpis\.toml is not valid TOML"),
        ("first_period = 1", r"kpis\.toml has first_period: only kpi_goals and kpi_values belong there"),
        ("[kpi_values]\ncost_per_our = 1", "kpi_values.cost_per_our"),
        ("[kpi_values]\ncost_per_hour = -1", "cost_per_hour"),
        ("[kpi_values]\ncost_per_hour = nan", "kpi_values.cost_per_hour"),
        ("[kpi_goals]\nluck = { value = 1 }", "luck"),
        ("[kpi_goals]\nutilization = { worth = 1 }", "kpi_goals.utilization.worth"),
        ("[kpi_goals]\nutilization = { value = 1, improvement = 1 }", "either a value to reach or an improvement"),
    ],
)
def test_goals_and_assumptions_that_cannot_be_used_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "kpis.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=message):
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


def test_rules_for_the_tie_of_revenue_have_a_file(tmp_path: Path) -> None:
    (tmp_path / "revenue.toml").write_text('tie_blocks = true\n[[ledger]]\nentity_id = "US01"\naccounts = ["4010"]\n')
    settings = load(home=tmp_path)
    assert settings.revenue_tie_blocks
    assert [(rule.accounts, rule.products) for rule in settings.revenue_ledger] == [(("4010",), ())]


@pytest.mark.parametrize("text", ["[[ledger]]\nentity_id = 'US01'\nacounts = ['5010']\n", "[[tags]]\ntag = ['team']\n"])
def test_a_misspelled_word_of_a_rule_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "cloud.toml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"acounts|tag\b"):
        load(home=tmp_path)


def test_a_broken_file_of_rules_is_named(tmp_path: Path) -> None:
    (tmp_path / "cloud.toml").write_text("= nonsense")
    with pytest.raises(ConfigurationError, match=r"cloud\.toml"):
        load(home=tmp_path)


def test_only_words_with_the_prefix_are_read_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A terminal has LINES, and a shell may have any other word that is a part of a setting."""
    for word in ("LINES", "ACCOUNTS", "AMOUNT", "METHOD", "HOME_", "CURVE"):
        monkeypatch.setenv(word, "24")
    (tmp_path / "finops.toml").write_text("[materiality.revenue]\npct = 0.02\n[phasing.2026]\nmethod = 'equal'\n")
    settings = load(home=tmp_path)
    assert settings.cash_flow.lines == {}
    assert settings.materiality["revenue"].amount is None
    assert settings.phasing["2026"].curve == ()
