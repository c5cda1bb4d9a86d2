"""Operations: the drivers of a month."""

from typing import Any

import narwhals as nw

from finops_pipeline.contracts.operations import DRIVER_MONTHLY
from finops_pipeline.defs.recipes import recipe
from finops_pipeline.finance import balances


@recipe(DRIVER_MONTHLY, monthly=True)
def driver_monthly(drivers: nw.LazyFrame[Any]) -> nw.LazyFrame[Any]:
    """Sum drivers by month."""
    return balances.driver_monthly(drivers)


RECIPES = (driver_monthly,)
