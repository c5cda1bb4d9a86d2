"""What SAP tables do not say about themselves."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from finops_pipeline.sources.ranges import AccountRange


class SapOptions(BaseModel):
    """Options of the source `sap`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    client: str | None = Field(None, description="Client whose rows are read; every client's when empty")
    ledger: str = Field("0L", description="The one ledger that is read")
    base_ledgers: tuple[str, ...] = Field(
        (), description="When that is an extension ledger: the ledgers it extends, which are read with it, the standard "
        "ledger last"
    )  # fmt: skip
    chart_of_accounts: str | None = Field(None, description="Chart of accounts (KTOPL) that is read; all when empty")
    language: str = Field("E", description="Language key (SPRAS) of names")
    amounts: Literal["stored", "shown"] = Field(
        "stored", description="Whether amounts have two decimals whatever the currency, as the database stores them, "
        "or the currency's own, as lists show them",
    )  # fmt: skip
    two_decimals: tuple[str, ...] = Field(
        ("EUR", "USD", "GBP", "CHF"), description="Currencies known to have two decimals before tcurx has come"
    )
    notation: Literal["auto", "point", "comma"] = Field(
        "auto", description="Decimal sign of numbers; auto takes what cannot be read in two ways"
    )
    calendar_variants: tuple[str, ...] = Field(
        ("K0", "K1", "K2", "K3", "K4"), description="Fiscal year variants whose year is the calendar's"
    )
    account_ranges: tuple[AccountRange, ...] = Field((), description="Account types by account number")
    account_groups: dict[str, str] = Field(default_factory=dict, description="Account types by account group (KTOKS)")
    department: Literal["khinr", "func_area", "prctr", "verak"] = Field(
        "khinr", description="Column of csks that names the department of a cost center"
    )
    cost_centers: Literal["posting", "latest"] = Field(
        "posting",
        description="Whether a line has its cost center as it was on the day of the posting, or as it is last",
    )
    rate_types: dict[str, Literal["average", "closing", "spot", "budget"]] = Field(
        {"M": "spot"}, description="Exchange rate type (KURST) to kind of rate"
    )
