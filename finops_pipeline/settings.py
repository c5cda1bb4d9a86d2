"""Settings: the only reader of the environment (prefix `FINOPS_`, or a `finops.toml` in the home folder).

A value is taken from the argument, else the environment, else `<home>/finops.toml`, else the default here.
"""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.allocation.rules import Rules
from finops_pipeline.finance.cash_flow import CashClass
from finops_pipeline.finance.cloud.tagging import TagRule
from finops_pipeline.finance.cloud.tie import LedgerRule
from finops_pipeline.finance.kpis.goals import GOALS, Goal, goals_with
from finops_pipeline.finance.kpis.worth import Assumptions
from finops_pipeline.finance.opportunities.register import SavingAssumptions
from finops_pipeline.finance.revenue.ledger_tie import RevenueRule
from finops_pipeline.pull.options import PullOptions
from finops_pipeline.sources.netsuite.options import NetSuiteOptions
from finops_pipeline.sources.options import Options
from finops_pipeline.sources.oracle.options import OracleOptions
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions
from finops_pipeline.sources.sap.options import SapOptions

ALLOCATION_FILE = "allocation.toml"
_RULE_FILES: dict[str, dict[str, str]] = {
    ALLOCATION_FILE: {"cycles": "allocation.cycles"},
    "cloud.toml": {word: f"cloud_{word}" for word in ("entities", "keys", "tags", "ledger", "drivers")},
    "revenue.toml": {"ledger": "revenue_ledger", "tie_blocks": "revenue_tie_blocks"},
    "kpis.toml": {"kpi_goals": "kpi_goals", "kpi_values": "kpi_values"},
}
"""Files of rules, which settings go before: what may stand in each, and the setting that it is."""


class MaterialityRule(BaseModel):
    """When a variance is worth a director's time: by amount in major units, by fraction of the budget, or by both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    amount: Decimal | None = None
    pct: Decimal | None = None
    require: Literal["any", "all"] = "all"


class CashFlowClasses(BaseModel):
    """Cash classes where the chart's own words do not give them: an account's before its line's before its category's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    accounts: dict[str, CashClass] = Field(default_factory=dict)
    lines: dict[str, CashClass] = Field(default_factory=dict)
    categories: dict[str, CashClass] = Field(default_factory=dict)


class PhasingRule(BaseModel):
    """How the lines of a version that are given for a whole fiscal year are spread over its months."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["equal", "working_days", "curve"] = "equal"
    curve: tuple[Annotated[Decimal, Field(ge=0)], ...] = ()
    holidays: frozenset[date] = frozenset()

    @model_validator(mode="after")
    def _has_its_curve(self) -> Self:
        if self.method == "curve" and (len(self.curve) != 12 or not any(self.curve)):
            raise ValueError("a curve has twelve weights, one for each month of the fiscal year, and not all are zero")
        return self


class TriggerRule(BaseModel):
    """What a house wants to hear of; `finance.triggers` says what each kind means and what the numbers are for."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["amount", "percentage", "run_rate", "consecutive", "outlier", "trend_break"]
    severity: Literal["info", "warning", "critical"] = "warning"
    amount: Annotated[Decimal, Field(gt=0)] | None = None
    pct: Annotated[Decimal, Field(gt=0)] | None = None
    months: int = Field(3, ge=1, le=12)
    deviations: Decimal = Field(Decimal(4), gt=0)
    basis: Literal["mtd", "ytd"] = "mtd"
    account_types: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    version: str | None = None
    action: str | None = None

    @model_validator(mode="after")
    def _has_its_limit(self) -> Self:
        needed = {"amount": self.amount, "percentage": self.pct, "run_rate": self.pct or self.amount}
        if needed.get(self.kind, 1) is None:
            raise ValueError(f"a trigger of kind {self.kind} needs {'pct' if self.kind != 'amount' else 'amount'}")
        return self


class Settings(BaseSettings):
    """Everything that can be chosen, with what holds when nothing is chosen."""

    model_config = SettingsConfigDict(
        env_prefix="FINOPS_", env_nested_delimiter="__", extra="ignore", hide_input_in_errors=True
    )

    home: Path = Field(Path("data"), description="Folder of lake, warehouse and Dagster storage")
    landing: Path | None = Field(None, description="Folder the extracts land in; <home>/landing when empty")
    warehouse_url: str | None = Field(None, description="SQLAlchemy URL; SQLite in the home folder when empty")
    engine_memory_limit: str = Field(
        "3GB",
        pattern=r"^[0-9]+(\.[0-9]+)? ?[KMGT]i?B$",
        description="Most memory the engine takes before it spills to disk",
    )
    engine_threads: int | None = Field(None, ge=1, description="Threads of the engine; all cores when empty")
    batch_bytes: int = Field(1_000_000_000, gt=0, description="Extract bytes taken into the engine at once")
    settle_seconds: float = Field(0, ge=0, description="How long a file must have been left alone before it is read")
    as_of: date | None = Field(None, description="Day the reports are made for; today when empty")
    first_period: str | None = Field(
        None, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="First month of partitions"
    )
    group_currency: str | None = Field(None, description="Currency of the group; the parent's when empty")
    group_entity: str = Field("GROUP", description="Name the group reports under; no group is reported when empty")
    historical_rate: Literal["average", "closing", "spot"] = Field(
        "average", description="Rate of the month that equity is posted at"
    )
    group_share_accounts: tuple[str, ...] = Field(
        (), description="Accounts of shares in group entities, where the chart's words do not say so"
    )
    straight_line_proration: Literal["daily", "monthly"] = "daily"
    forecast_horizon: int = Field(12, ge=1, le=36)
    materiality: dict[str, MaterialityRule] = Field(default_factory=dict, description="By account type, or `default`")
    cash_flow: CashFlowClasses = Field(
        default_factory=CashFlowClasses, description="Cash classes by account, statement line or category"
    )
    phasing: dict[str, PhasingRule] = Field(
        default_factory=dict,
        description="Budget versions whose lines are of a whole fiscal year, and how they are spread",
    )
    triggers: dict[str, TriggerRule] = Field(
        default_factory=lambda: {
            "over budget three months in a row": TriggerRule(
                kind="consecutive", amount=Decimal(10_000), pct=Decimal("0.05")
            ),
            "year ends over budget": TriggerRule(
                kind="run_rate", amount=Decimal(50_000), pct=Decimal("0.15"), severity="critical"
            ),
            "unusual month": TriggerRule(kind="outlier", amount=Decimal(10_000), pct=Decimal("0.05")),
            "new level": TriggerRule(
                kind="trend_break", deviations=Decimal(3), amount=Decimal(10_000), pct=Decimal("0.05")
            ),
        },
        description="Rules by name that raise an alert each",
    )
    variable_share: dict[str, Annotated[Decimal, Field(ge=0, le=1)]] = Field(
        default_factory=dict, description="Account to the share of its budget that moves with the sales volume"
    )
    cloud_entities: dict[str, str] = Field(default_factory=dict, description="Billing account to entity")
    allocation_tags: tuple[str, ...] = Field(
        ("cost_center", "business_unit", "team", "application"),
        description="Tags that give a cloud charge its allocation key: the first one present",
    )
    cloud_keys: dict[str, str] = Field(
        default_factory=dict, description="Allocation key to cost center; a key may also be the cost center itself"
    )
    efficiency_outputs: tuple[str, ...] = Field(
        (), description="Drivers that cost centers are compared by; all they have in common when empty"
    )
    opportunities: SavingAssumptions = Field(
        default_factory=SavingAssumptions, description="What savings are reckoned with"
    )
    allocation: Rules = Field(default_factory=Rules, description="Rules of allocation, in the words of allocation.toml")
    allocation_file: Path | None = Field(
        None, description="Rules of allocation; allocation.toml in home or landing folder when empty"
    )
    oracle: OracleOptions = Field(
        default_factory=OracleOptions, description="What Oracle tables do not say of themselves"
    )
    sap: SapOptions = Field(default_factory=SapOptions, description="What SAP tables do not say of themselves")
    cloud_tags: tuple[TagRule, ...] = Field((), description="Rules for allocation keys, tried before allocation_tags")
    cloud_ledger: tuple[LedgerRule, ...] = Field((), description="Which accounts receive which cloud bills")
    cloud_drivers: tuple[str, ...] = Field((), description="Drivers of cloud unit costs; all of them when empty")
    revenue_ledger: tuple[RevenueRule, ...] = Field(
        (),
        description="Which accounts of an entity receive the revenue of which products; all revenue accounts when empty",
    )
    finance_short_payments: bool = Field(
        default=False, description="Whether a financing_rate counts although all is paid within a year of its transfer"
    )
    expense_short_contract_costs: bool = Field(
        default=False, description="Whether costs to obtain a contract that benefit a year or less are expensed at once"
    )
    revenue_tie_blocks: bool = Field(
        default=False, description="Whether revenue that does not tie to the ledger stops the close, or is a warning"
    )
    kpi_goals: Annotated[dict[str, Goal], AfterValidator(goals_with)] = Field(
        default_factory=lambda: dict(GOALS), description="By KPI, a value to reach or an improvement on the baseline"
    )
    kpi_values: Assumptions = Field(
        default_factory=Assumptions, description="What improvements are held to be worth, in the group currency"
    )
    netsuite: NetSuiteOptions = Field(
        default_factory=NetSuiteOptions, description="What NetSuite tables do not say of themselves"
    )
    quickbooks: QuickBooksOptions = Field(
        default_factory=QuickBooksOptions, description="What QuickBooks does not say of itself"
    )
    pull: PullOptions = Field(default_factory=PullOptions, description="Systems that are asked over their interfaces")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments first, then the environment, then the file."""
        del settings_cls, dotenv_settings, file_secret_settings
        return init_settings, env_settings

    @property
    def options(self) -> Options:
        """The options of the adapters."""
        return Options(sap=self.sap, oracle=self.oracle, netsuite=self.netsuite, quickbooks=self.quickbooks)

    @property
    def landing_path(self) -> Path:
        """The folder the extracts land in."""
        return self.landing or self.home / "landing"

    @property
    def pull_path(self) -> Path:
        """The folder in which a pull keeps how far it has come."""
        return self.home / "pull"

    @property
    def lake_path(self) -> Path:
        """The folder of ledger-size tables and facts."""
        return self.home / "lake"

    @property
    def kept_path(self) -> Path:
        """The folder of what is kept from night to night; it may be deleted."""
        return self.home / "kept"

    @property
    def dagster_path(self) -> Path:
        """The folder of Dagster's own storage."""
        return self.home / "dagster"

    @property
    def url(self) -> str:
        """SQLAlchemy URL of the warehouse."""
        return self.warehouse_url or f"sqlite:///{(self.home / 'warehouse.db').absolute()}"


def load(**overrides: Any) -> Settings:
    """Read the settings; arguments that are None are as if not given.

    Raises: ConfigurationError naming each setting that cannot be used.
    """
    given = {key: value for key, value in overrides.items() if value is not None}
    try:
        home = Settings(**given).home
        file = home / "finops.toml"
        surroundings = Settings()
        environment = surroundings.model_fields_set
        stored = _toml(file) if file.is_file() else {}
        given = {k: v for k, v in stored.items() if k not in environment and k != "home"} | given
        if "pull" in environment and "pull" in stored:
            given.setdefault("pull", _under(stored["pull"], surroundings.pull.model_dump(exclude_unset=True)))
        settings = Settings(**given)
        ruled = {k: v for k, v in _rules(settings).items() if k not in settings.model_fields_set}
        return Settings(**ruled, **given) if ruled else settings
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"settings cannot be used: {problems}") from error


def _toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error


def _under(file: Any, environment: Any) -> Any:
    """What the file says, where the environment does not: secrets may stand in one and everything else in the other."""
    if not isinstance(environment, dict):
        return environment
    if not isinstance(file, dict):
        return file
    return file | {key: _under(file.get(key, {}), value) for key, value in environment.items()}


def _rules(settings: Settings) -> dict[str, Any]:
    """What the files of rules say, by setting. Each is looked for in the home folder, then beside the extracts.

    Raises: ConfigurationError for a file that is named and not there, and for words that do not belong into a file.
    """
    told: dict[str, Any] = {}
    for name, words in _RULE_FILES.items():
        file = _rule_file(settings, name)
        if file is None:
            continue
        content = _toml(file)
        strangers = sorted(content.keys() - words.keys())
        if strangers:
            raise ConfigurationError(f"{file} has {', '.join(strangers)}: only {' and '.join(words)} belong there")
        for key, value in content.items():
            setting, _, part = words[key].partition(".")
            told[setting] = {part: value} if part else value
    return told


def _rule_file(settings: Settings, name: str) -> Path | None:
    if name == ALLOCATION_FILE and settings.allocation_file is not None:
        named = settings.home / settings.allocation_file
        if not named.is_file():
            raise ConfigurationError(
                f"there is no file {named} of allocation rules: correct the setting allocation_file"
            )
        return named
    kept = (folder / name for folder in (settings.home, settings.landing_path))
    return next((path for path in kept if path.is_file()), None)
