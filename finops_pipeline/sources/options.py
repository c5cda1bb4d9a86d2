"""What an adapter must be told, because the files do not say it: one model for each system, part of the settings."""

from pydantic import BaseModel, ConfigDict, Field

from finops_pipeline.sources.netsuite.options import NetSuiteOptions
from finops_pipeline.sources.oracle.options import OracleOptions
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions
from finops_pipeline.sources.sap.options import SapOptions


class Options(BaseModel):
    """The options of all systems."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sap: SapOptions = Field(default_factory=SapOptions)
    oracle: OracleOptions = Field(default_factory=OracleOptions)
    netsuite: NetSuiteOptions = Field(default_factory=NetSuiteOptions)
    quickbooks: QuickBooksOptions = Field(default_factory=QuickBooksOptions)
