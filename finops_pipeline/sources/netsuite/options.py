"""What NetSuite's tables do not say about themselves."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from finops_pipeline.sources.ranges import AccountRange


class Company(BaseModel):
    """The one company of an account without subsidiaries (no OneWorld)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entity_id: str
    name: str
    currency: str = Field(pattern="^[A-Z]{3}$")
    country: str | None = None
    fiscal_year_start_month: int | None = Field(None, ge=1, le=12, description="What accountingperiod says, when empty")


class NetSuiteOptions(BaseModel):
    """Options of the source `netsuite`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accounting_book: str = Field("1", description="The accounting book that is read; 1 is the primary one")
    dates: Literal["us", "european"] = Field(
        "us",
        description="Whether 03/04/2026 is a day in March or in April; dates that begin with the year need no option",
    )
    company: Company | None = Field(None, description="The company, where there are no subsidiaries")
    eliminations: Literal["netsuite", "here"] = Field(
        "netsuite",
        description="Whether what is posted in subsidiaries for eliminations eliminates what companies owe each other, or "
        "the group is eliminated here, by the counterparties of lines",
    )
    trial_balance: Literal["debit", "natural"] = Field(
        "debit", description="Whether credit balances in trial_balance are negative, or positive as in the account"
    )
    prefix: str = Field("", description="Put before every id, so that those of several systems stay apart")
    accounts: Literal["number", "id"] = Field("number", description="What identifies an account; its id where it has "
                                              "no number")  # fmt: skip
    account_ranges: tuple[AccountRange, ...] = Field(
        (), description="Account types by account number where NetSuite's are too few (income tax)"
    )
    cost_centers: Literal["department", "classification", "location"] = Field(
        "department", description="What becomes cost centers"
    )
    products: Literal["department", "classification", "location", "none"] = Field(
        "classification", description="What becomes products"
    )
    versions: dict[str, str] = Field(default_factory=dict, description="Budget category to budget version")
    budget_sign: Literal["natural", "debit"] = Field(
        "natural", description="Whether budgeted revenue is positive, as it is entered, or negative"
    )
    deliveries: Literal["whole", "single"] = Field(
        "whole",
        description="Whether a transaction that changed is delivered with all of its lines, so that one that is "
        "missing was removed, or with the changed ones alone",
    )
    deleted_types: tuple[str, ...] = Field(
        (), description="Types in deletedrecord that are transactions, beside those that are known"
    )
