"""The register of opportunities: one identity each, evidence as JSON, and a status that survives the nights.

Here: what an opportunity is, and how those found today meet those known. Not here: how they are found.

An opportunity is known by a hash of its kind and of what it is about, so that the same one found again is the same row:
`detected_period` stays that of the first time, and what people have made of it (accepted, rejected, done) stays. One
that is open and is not found any more is cleared; one that is cleared and is found again is open.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import pandas as pd

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.findings import Finding

Kind = Literal[
    "duplicate_payment", "vendor_fragmentation", "price_drift", "unused_commitment", "unbudgeted_spend",
    "inefficient_cost_center", "peer_price", "commitment_gap", "idle_resource", "cloud_anomaly", "subscription_overlap",
    "late_payment", "missed_discount",
]  # fmt: skip
_DTYPES = {
    "opportunity_id": "str", "detected_period": "str", "kind": "str", "entity_id": "str", "department": "str",
    "subject": "str", "evidence": "str", "currency": "str", "annual_saving_low": "int64", "annual_saving_high": "int64",
    "confidence": "float64", "status": "str", "realized_saving": "Int64", "owner": "str", "last_seen_period": "str",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SavingAssumptions:
    """What savings are reckoned with, in whole percent: stated, because no ledger says it.

    `consolidation_*`: of what is spent with the many small vendors of a category. `commitment_low`: of what unused
    commitments cost. `drift_from`: from which rise of a price on it is drift. `fewest_vendors`: a category with fewer is
    not fragmented. `commitment_categories`: FOCUS service categories that commitments are sold for; `commitment_coverage`:
    with so much of the usage covered there is no gap; `discount_*`: what a commitment takes off where the account has none
    to tell. `subscription_categories`: categories of accounts that subscriptions are booked on; `overlap_*`: of what the
    smaller subscribers of a vendor pay. `money_cost`: of an amount for a year, where an invoice is paid earlier.
    """

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    consolidation_low: int = 2
    consolidation_high: int = 5
    commitment_low: int = 50
    drift_from: int = 5
    fewest_vendors: int = 10
    commitment_categories: tuple[str, ...] = ("Compute", "Databases")
    commitment_coverage: int = 80
    discount_low: int = 10
    discount_high: int = 30
    subscription_categories: tuple[str, ...] = ("software", "subscriptions", "technology")
    overlap_low: int = 5
    overlap_high: int = 20
    money_cost: int = 8

    def __post_init__(self) -> None:
        """Raises: ConfigurationError."""
        ranges = (
            (self.consolidation_low, self.consolidation_high),
            (self.commitment_low, 100),
            (self.commitment_coverage, 100),
            (self.money_cost, 100),
            (self.discount_low, self.discount_high),
            (self.overlap_low, self.overlap_high),
        )
        if not all(0 <= low <= high <= 100 for low, high in ranges):
            raise ConfigurationError(f"assumed savings are percentages from 0 to 100, the low one first: {self}")
        if self.drift_from < 0 or self.fewest_vendors < 2:
            raise ConfigurationError(f"prices drift upwards, and two vendors at least are many: {self}")


@dataclass(frozen=True, slots=True)
class Opportunity:
    """One way to save money. `about`: what tells it from others of its kind. Amounts in minor units of `currency`."""

    kind: Kind
    entity_id: str | None
    about: tuple[str, ...]
    subject: str
    evidence: Sequence[Mapping[str, Any]]
    currency: str
    low: int
    high: int
    confidence: float
    department: str | None = None
    owner: str | None = None

    @property
    def identifier(self) -> str:
        """Stable over runs and machines: the first 16 bytes of the SHA-256 of what it is about, as JSON."""
        about = json.dumps([self.kind, self.entity_id, *self.about], separators=(",", ":"))
        return hashlib.sha256(about.encode()).hexdigest()[:32]


def merged(previous: pd.DataFrame, found: Sequence[Opportunity], period: str) -> pd.DataFrame:
    """Every opportunity after today's look: those known and those new.

    `previous` is cost_opportunities as published. Shape: one row per opportunity, by opportunity_id.
    """
    known = previous[list(_DTYPES)].astype(_DTYPES).set_index("opportunity_id")
    rows = [_row(o, period) for o in {o.identifier: o for o in found}.values()]
    current = pd.DataFrame({n: pd.Series([r[n] for r in rows], dtype=t) for n, t in _DTYPES.items()})
    current = current.set_index("opportunity_id")
    again = current.index.intersection(known.index)
    current.loc[again, "detected_period"] = known.loc[again, "detected_period"]
    current.loc[again, "realized_saving"] = known.loc[again, "realized_saving"]
    current.loc[again, "status"] = known.loc[again, "status"].replace("cleared", "open")
    gone = known[~known.index.isin(current.index)]
    gone = gone.assign(status=gone["status"].replace("open", "cleared"))
    return pd.concat([gone, current]).sort_index().reset_index().astype(_DTYPES)[list(_DTYPES)]


def _row(opportunity: Opportunity, period: str) -> dict[str, object]:
    o = opportunity
    return {
        "opportunity_id": o.identifier, "detected_period": period, "kind": o.kind, "entity_id": o.entity_id,
        "department": o.department, "subject": o.subject, "evidence": json.dumps(o.evidence, ensure_ascii=False),
        "currency": o.currency, "annual_saving_low": o.low, "annual_saving_high": o.high, "confidence": o.confidence,
        "status": "open", "realized_saving": None, "owner": o.owner, "last_seen_period": period,
    }  # fmt: skip


def with_realized(register: pd.DataFrame, realized: Mapping[str, int]) -> pd.DataFrame:
    """The register with what the ledger shows of opportunities that claims name, in place of what people entered.

    `realized`: a year's saving by opportunity, in minor units (`savings.table.by_opportunity`).
    """
    tested = register["opportunity_id"].map(realized).astype("Int64")
    return register.assign(realized_saving=tested.where(tested.notna(), register["realized_saving"]))


def opportunity_findings(register: pd.DataFrame, previous: pd.DataFrame) -> list[Finding]:
    """OPP-001: each opportunity has evidence and a range of saving. OPP-002: none that was known is lost."""
    columns = (register[c] for c in ("opportunity_id", "evidence", "annual_saving_low", "annual_saving_high"))
    found = [
        Finding("OPP-001", identifier, f"saves {low} to {high} minor units by the evidence {evidence}")
        for identifier, evidence, low, high in zip(*columns, strict=True)
        if not (0 <= low <= high and json.loads(evidence))
    ]
    lost = sorted(set(previous["opportunity_id"]) - set(register["opportunity_id"]))
    return found + [
        Finding("OPP-002", identifier, "was known and is not in the register any more") for identifier in lost
    ]
