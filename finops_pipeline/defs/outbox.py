"""What has been taken in and not yet been published: the months that reports must be made for again.

The intake writes it before anything is computed, the last step of a close settles it; whatever breaks off in between
is made up for by the next close. No Dagster here: the command line reads it to find out that nothing is to do.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path

import finops_pipeline
from finops_pipeline.finance import periods
from finops_pipeline.settings import Settings

EVERYTHING = "0000-01"
"""The first month of everything: before any month there is."""
_MONTHLY = ("journal_lines", "cloud_costs", "drivers", "control_balances", "commentary")
"""Tables whose months affect the reports of the same and of later months only."""
_WITHOUT_EFFECT = {"home", "landing", "warehouse_url", "engine_memory_limit", "engine_threads", "batch_bytes",
                   "settle_seconds", "as_of", "pull"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class State:
    """`first`: the first month out of date. `current`: the last month published. `basis`: by which settings."""

    version: int = 1
    first: str | None = None
    current: str | None = None
    basis: str | None = None


def basis(settings: Settings) -> str:
    """A fingerprint of the settings that reports depend on, and of the version that made them."""
    chosen = settings.model_dump_json(exclude=_WITHOUT_EFFECT)
    return sha256(f"{finops_pipeline.__version__} {chosen}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Outbox:
    """Where the state is kept: one file beside the lake's tables."""

    path: Path

    @classmethod
    def of(cls, settings: Settings) -> "Outbox":
        """The outbox of a home folder."""
        return cls(settings.lake_path / "_unpublished.json")

    def state(self) -> State:
        """What is noted; nothing before the first intake."""
        if not self.path.exists():
            return State()
        return State(**json.loads(self.path.read_text(encoding="utf-8")))

    def _write(self, state: State) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self.path.with_suffix(".tmp")
        temporary.write_text(json.dumps(asdict(state)), encoding="utf-8")
        temporary.replace(self.path)

    def add(self, touched: Mapping[str, Sequence[str]]) -> None:
        """Note what an intake has touched; what is noted already stays."""
        state = self.state()
        first = min([p for p in (first_affected(touched), state.first) if p is not None], default=None)
        if first != state.first:
            self._write(replace(state, first=first))

    def out_of_date(self, months: Sequence[str], now: str) -> list[str]:
        """Which of the months of data must be published: those touched, all under other settings, those never made.

        `now` is `basis` of the settings. When only the current month has moved back, that month is made again.
        """
        state = self.state()
        if not months:
            return []
        if state.current is None or state.basis != now:
            return list(months)
        starts = [p for p in (state.first,) if p is not None]
        if months[-1] > state.current:
            starts.append(periods.add(state.current, 1))
        elif months[-1] < state.current:
            starts.append(months[-1])
        if not starts:
            return []
        return [p for p in months if p >= min(starts)] or [months[-1]]

    def settle(self, made: Sequence[str], months: Sequence[str], now: str) -> bool:
        """Note that these months were published; whether nothing is out of date any more."""
        missing = set(self.out_of_date(months, now)) - set(made)
        if not missing and months:
            self._write(State(first=None, current=months[-1], basis=now))
        return not missing


def first_affected(touched: Mapping[str, Sequence[str]]) -> str | None:
    """The first month whose reports change when these months of these tables change.

    A table without months (master data, rates, contracts) affects every month. A budget affects its whole fiscal year,
    whichever month that starts in. Journals, bills and drivers affect their month and all later ones.

    >>> first_affected({"journal_lines": ["2026-03", "2026-01"]})
    '2026-01'
    >>> first_affected({"budget_lines": ["2026-12"]})
    '2026-01'
    """
    starts = []
    for table, months in touched.items():
        if table == "budget_lines":
            starts += [periods.add(p, -11) for p in months]
        elif table in _MONTHLY:
            starts += list(months)
        elif months:
            starts.append(EVERYTHING)
    return min(starts, default=None)
