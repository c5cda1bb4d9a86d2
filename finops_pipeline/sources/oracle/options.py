"""What Oracle's tables do not say about themselves: above all, what the segments of a code combination mean."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from finops_pipeline.sources.ranges import AccountRange


class Segments(BaseModel):
    """What the segments of one chart of accounts mean, by number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    natural_account: int = Field(ge=1, le=30)
    cost_center: int | None = Field(None, ge=1, le=30)
    balancing: int | None = Field(None, ge=1, le=30)
    intercompany: int | None = Field(None, ge=1, le=30)
    natural_account_values: str | None = Field(None, description="FLEX_VALUE_SET_ID in which accounts have their names")
    cost_center_values: str | None = Field(None, description="FLEX_VALUE_SET_ID in which cost centers have their names")


class OracleOptions(BaseModel):
    """Options of the source `oracle`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    segments: dict[str, Segments] = Field(
        default_factory=dict, description="Meaning of the segments by CHART_OF_ACCOUNTS_ID; `default` for all others"
    )
    ledgers: tuple[str, ...] = Field((), description="LEDGER_IDs that are read; every primary ledger when empty")
    entity: Literal["ledger", "balancing"] = Field(
        "ledger", description="Whether an entity is a ledger, or a value of the balancing segment (delivered natively)"
    )
    account_ranges: tuple[AccountRange, ...] = Field(
        (), description="Account types by natural account where Oracle's five are too few"
    )
    rate_types: dict[str, Literal["average", "closing", "spot", "budget"]] = Field(
        {"Corporate": "spot"}, description="CONVERSION_TYPE to kind of rate"
    )
