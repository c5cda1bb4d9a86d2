"""What QuickBooks does not say about itself."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class QuickBooksOptions(BaseModel):
    """Options of the source `quickbooks`. Accounts are named by their Id in QuickBooks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entity_id: str = Field("quickbooks", description="The company's identifier here")
    home_currency: str | None = Field(None, description="Home currency; what Preferences say, else USD, when empty")
    fiscal_year_start_month: int | None = Field(None, ge=1, le=12, description="What CompanyInfo says, when empty")
    prefix: str = Field("", description="Put before the Ids of accounts, classes and departments, so that those of "
                        "several systems stay apart")  # fmt: skip
    cost_centers: Literal["class", "department"] = Field("class", description="What becomes cost centers")
    item_accounts: dict[str, str] = Field(default_factory=dict, description="Item to account, before the item's own")
    receivable_accounts: dict[str, str] = Field(default_factory=dict, description="Currency to receivable account")
    payable_accounts: dict[str, str] = Field(default_factory=dict, description="Currency to payable account")
    tax_accounts: dict[str, str] = Field(default_factory=dict, description="Tax rate to tax account")
    tax_account: str | None = Field(None, description="Account of taxes whose rate says none")
    undeposited_account: str | None = Field(None, description="Account of money received and not yet deposited")
    discount_account: str | None = Field(None, description="Account of discounts that name none")
    exchange_account: str | None = Field(None, description="Account of gains and losses on exchange")
    rounding_account: str | None = Field(None, description="Account of cents by which a document's lines miss its "
                                         "total; without it such documents are refused")  # fmt: skip
    balances: Literal["debit", "natural"] = Field(
        "debit", description="Whether CurrentBalance of a liability is negative, as the interface gives it, or positive"
    )
