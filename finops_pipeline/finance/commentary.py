"""Commentary: what people say of a variance, shown with it.

Here: which words stand beside which row. Not here: the variance (`budget`), nor what its cause is (`bridge`).

Words on an account and cost center stand with that row; words on an account alone stand with every cost center of it that
has none of its own. They are of a month, and stand with its month, year to date and full year.
"""

from collections.abc import Sequence

import pandas as pd

from finops_pipeline.finance.findings import Finding

_ACCOUNT = ["version", "entity_id", "period", "account_id"]
_PLACE = [*_ACCOUNT, "cost_center_id"]
_WORDS = {"commentary": "str", "commentary_author": "str"}


def with_commentary(variance: pd.DataFrame, commentary: pd.DataFrame) -> pd.DataFrame:
    """The variance with the words that stand beside each row. Shape: the rows and columns of `variance`."""
    said = commentary[[*_PLACE, "text", "author"]].rename(columns={"text": "commentary", "author": "commentary_author"})
    said = said.astype(dict.fromkeys(said.columns, "str"))
    own = said[said["cost_center_id"].notna()]
    general = said[said["cost_center_id"].isna()].drop(columns="cost_center_id")
    places = variance[_PLACE]
    words = places.merge(own, how="left", on=_PLACE)[[*_WORDS]].set_axis(variance.index)
    others = places.merge(general, how="left", on=_ACCOUNT)[[*_WORDS]].set_axis(variance.index)
    has_own = words["commentary"].notna()
    return variance.assign(**{name: words[name].where(has_own, others[name]).astype("str") for name in _WORDS})


def commentary_findings(variance: pd.DataFrame, commentary: pd.DataFrame, periods: Sequence[str]) -> list[Finding]:
    """BUD-006: every commentary of the periods stands beside a row of the variance."""
    asked = commentary[commentary["period"].isin(list(periods))]
    accounts = set(variance[_ACCOUNT].itertuples(index=False, name=None))
    places = set(variance.loc[variance["cost_center_id"].notna(), _PLACE].itertuples(index=False, name=None))
    return [
        Finding(
            "BUD-006",
            " ".join(str(part) for part in place if not pd.isna(part)),
            "there is a commentary and no variance to stand beside: correct its version, month, account or cost center",
            "warning",
            place[2],
        )
        for place in asked[_PLACE].itertuples(index=False, name=None)
        if (place[:4] not in accounts if pd.isna(place[4]) else place not in places)
    ]
