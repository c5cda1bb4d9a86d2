"""Settings: the only reader of the environment (prefix `FINOPS_`, or a `finops.toml` in the home folder).

A value is taken from the argument, else the environment, else `<home>/finops.toml`, else the default here.
"""

import tomllib
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.sources.options import Options
from finops_pipeline.sources.oracle.options import OracleOptions
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions
from finops_pipeline.sources.sap.options import SapOptions


class MaterialityRule(BaseSettings):
    """When a variance is worth a director's time: by amount in major units, by fraction of the budget, or by both."""

    model_config = SettingsConfigDict(extra="forbid")

    amount: Decimal | None = None
    pct: Decimal | None = None
    require: Literal["any", "all"] = "all"


class Settings(BaseSettings):
    """Everything that can be chosen, with what holds when nothing is chosen."""

    model_config = SettingsConfigDict(env_prefix="FINOPS_", env_nested_delimiter="__", extra="ignore")

    home: Path = Field(Path("data"), description="Folder of lake, warehouse and Dagster storage")
    landing: Path | None = Field(None, description="Folder the extracts land in; <home>/landing when empty")
    warehouse_url: str | None = Field(None, description="SQLAlchemy URL; SQLite in the home folder when empty")
    engine_memory_limit: str = Field("3GB", description="Most memory the engine takes before it spills to disk")
    engine_threads: int | None = Field(None, ge=1, description="Threads of the engine; all cores when empty")
    batch_bytes: int = Field(300_000_000, gt=0, description="Extract bytes taken into the engine at once")
    settle_seconds: float = Field(0, ge=0, description="How long a file must have been left alone before it is read")
    as_of: date | None = Field(None, description="Day the reports are made for; today when empty")
    first_period: str | None = Field(
        None, pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="First month of partitions"
    )
    group_currency: str | None = Field(None, description="Currency of group-wide KPIs; the parent's when empty")
    straight_line_proration: Literal["daily", "monthly"] = "daily"
    forecast_horizon: int = Field(12, ge=1, le=36)
    materiality: dict[str, MaterialityRule] = Field(default_factory=dict, description="By account type, or `default`")
    cloud_entities: dict[str, str] = Field(default_factory=dict, description="Billing account to entity")
    allocation_tags: tuple[str, ...] = Field(
        ("cost_center", "business_unit", "team", "application"),
        description="Tags that give a cloud charge its allocation key: the first one present",
    )
    oracle: OracleOptions = Field(
        default_factory=OracleOptions, description="What Oracle tables do not say of themselves"
    )
    sap: SapOptions = Field(default_factory=SapOptions, description="What SAP tables do not say of themselves")
    quickbooks: QuickBooksOptions = Field(
        default_factory=QuickBooksOptions, description="What QuickBooks does not say of itself"
    )

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
        return Options(sap=self.sap, oracle=self.oracle, quickbooks=self.quickbooks)

    @property
    def landing_path(self) -> Path:
        """The folder the extracts land in."""
        return self.landing or self.home / "landing"

    @property
    def lake_path(self) -> Path:
        """The folder of ledger-size tables and facts."""
        return self.home / "lake"

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
        if file.is_file():
            stored = tomllib.loads(file.read_text(encoding="utf-8"))
            environment = Settings().model_fields_set
            given = {k: v for k, v in stored.items() if k not in environment and k != "home"} | given
        return Settings(**given)
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigurationError(f"settings cannot be used: {problems}") from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{home / 'finops.toml'} is not valid TOML: {error}") from error
