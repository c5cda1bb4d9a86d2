"""What was to come of one contract at the end of months, as it was known then: one pass through its events.

Where an obligation stands follows from the terms and the day, so between two events it is asked for any day, also a
later one; and nothing has to be replayed for each month. What the books learned of late counts from the month in which they
did: until then the pass is one without it.

Not here: what is made of it (`to_come`), what lines it gives (`replay`).
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from finops_pipeline.finance.revenue.inputs import Proration
from finops_pipeline.finance.revenue.obligation import Obligation, Standing
from finops_pipeline.finance.revenue.replay import Replay, last_day
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal

_YEAR = 12


class Outlook(NamedTuple):
    """An obligation at the end of a month: its price, its revenue so far, and that in twelve months by time alone.

    Unit: minor units.
    """

    month: int
    obligation_id: str
    allocated: int
    earned: int
    in_a_year: int


def outlooks(deal: Deal, asked: Sequence[int], proration: Proration) -> Iterator[Outlook]:
    """Each obligation at the end of each of these months; usage is not promised, and has none.

    Nothing of the months before the contract was signed, nor of those from which on it cannot be accounted for.
    """
    learned = deal.late_months
    for since, until in zip([0, *learned], [*learned, None], strict=True):
        mine = [m for m in sorted(asked) if m >= since and (until is None or m < until)]
        if mine:
            try:
                yield from _in_passing(deal.known(since), mine, proration)
            except CannotAccountError:
                return


def _in_passing(deal: Deal, asked: Sequence[int], proration: Proration) -> Iterator[Outlook]:
    replay = Replay(deal, proration)
    seen: dict[tuple[str, int], Standing] = {}
    for month in asked:
        last = last_day(month)
        if deal.signed_on > last:
            continue
        seen = {} if replay.go_on(last) else seen
        for name, obligation in replay.here.items():
            if not obligation.is_usage:
                now, then = (_standing(obligation, m, seen) for m in (month, month + _YEAR))
                yield Outlook(month, name, now.allocated, now.recognized, then.recognized)


def _standing(obligation: Obligation, month: int, seen: dict[tuple[str, int], Standing]) -> Standing:
    """Where it stands at the end of a month, if only time passes. `seen`: what was asked for since the last event."""
    if obligation.promise.recognition != "straight_line":
        month = 0  # time does nothing to it
    place = (obligation.name, month)
    if place not in seen:
        if month:
            obligation.see(last_day(month))
        seen[place] = obligation.standing()
    return seen[place]
