"""Causes: what stands behind a variance, in words: its largest effects, the journals in it, and who answers for it.

Here: the sentence under an alert. Not here: the effects (`bridge`), when to raise an alert (`alerts`, `triggers`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from finops_pipeline.finance import money

_SHOWN = 3
Place = tuple[str, str, str | None]
"""Entity, account and cost center."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One journal behind an amount, debit-positive in minor units of the entity's currency."""

    journal_id: str
    amount: int
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Causes:
    """What is known of a month. `effects`: by version, entity and account, in natural sign, over all its products."""

    effects: Mapping[tuple[str, str, str], Mapping[str, int]] = field(default_factory=dict)
    postings: Mapping[Place, Sequence[Posting]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)

    def cause(self, version: str, place: Place, currency: str) -> str | None:
        """The largest effects on the account, and the largest journals of the account and cost center.

        >>> known = Causes({("v1", "DE", "6000"): {"volume": 5_00, "spend": -120_00}}, {("DE", "6000", None): [Posting("J7", 900_00)]})
        >>> known.cause("v1", ("DE", "6000", None), "EUR")
        'spend -120.00 EUR, volume +5.00 EUR; journals J7 (900.00 EUR)'
        """
        effects = self.effects.get((version, *place[:2]), {})
        largest = sorted((e for e in effects.items() if e[1]), key=lambda e: (-abs(e[1]), e[0]))[:_SHOWN]
        words = [", ".join(f"{name} {money.to_decimal(amount, currency):+,f} {currency}" for name, amount in largest)]
        journals = [
            f"{p.journal_id} ({money.to_decimal(p.amount, currency):,f} {currency}"
            + (f", {p.description})" if p.description else ")")
            for p in self.postings.get(place, ())[:_SHOWN]
        ]
        words.append(f"journals {', '.join(journals)}" if journals else "")
        return "; ".join(word for word in words if word) or None

    def owner(self, place: Place) -> str | None:
        """Who answers for the cost center."""
        return self.owners.get(place[2]) if place[2] is not None else None


NOTHING_KNOWN = Causes()


def effects_of(bridge: pd.DataFrame, period: str) -> dict[tuple[str, str, str], dict[str, int]]:
    """The effects of a month by version, entity and account."""
    month = bridge[bridge["period"] == period]
    sums = month.groupby(["version", "entity_id", "account_id", "effect"])["amount"].sum()
    found: dict[tuple[str, str, str], dict[str, int]] = {}
    for version, entity, account, effect, amount in sums.reset_index().itertuples(index=False, name=None):
        found.setdefault((version, entity, account), {})[effect] = int(amount)
    return found


def owners_of(cost_centers: pd.DataFrame) -> dict[str, str]:
    """The owner of every cost center that has one."""
    known = cost_centers[cost_centers["owner"].notna()]
    return dict(zip(known["cost_center_id"], known["owner"], strict=True))


def postings_of(largest: pd.DataFrame) -> dict[Place, list[Posting]]:
    """Journals by place, largest first.

    `largest`: entity_id, account_id, cost_center_id, journal_id, amount (debit-positive, minor units), description.
    """
    found: dict[Place, list[Posting]] = {}
    order = largest.assign(size=largest["amount"].abs()).sort_values(["size", "journal_id"], ascending=[False, True])
    for row in order.astype(object).where(order.notna(), None).to_dict("records"):
        place = (row["entity_id"], row["account_id"], row["cost_center_id"])
        found.setdefault(place, []).append(Posting(row["journal_id"], int(row["amount"]), row["description"]))
    return found
