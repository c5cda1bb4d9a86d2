"""How many journals every flow gets, and which file they go to. Made before anything is written, from totals alone."""

from dataclasses import dataclass, field

from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import money
from finops_pipeline.sample import journals
from finops_pipeline.sample.economics import SEASONS
from finops_pipeline.sample.journals import Chunk
from finops_pipeline.sample.ledger import Month

PART_LINES = 2_000_000  # journal lines in a file, about
Singles = list[tuple[str, ...]]


@dataclass(slots=True)
class JournalFile:
    """A file of journal lines to be: single journals as rows, and flows as chunks whose lines are made when written."""

    name: str
    period: str
    items: list[Singles | Chunk] = field(default_factory=list)
    lines: int = 0

    def add(self, item: Singles | Chunk) -> None:
        """Append journals."""
        self.items.append(item)
        self.lines += item.lines if isinstance(item, Chunk) else len(item)


def plan(months: list[list[Month]], journal_lines: int, seed: int) -> list[JournalFile]:
    """Files of about `journal_lines` lines in all, complete journals each, in order of time.

    Raises: ConfigurationError when the company cannot be told in so few lines.
    """
    least = sum(month.least_lines for entities in months for month in entities)
    if journal_lines < least:
        raise ConfigurationError(
            f"{journal_lines} journal lines are too few for {len(months)} months of this company: "
            f"ask for at least {least}, or for fewer months"
        )
    counts = iter(_journals_of_flows(months, journal_lines - least))
    files: list[JournalFile] = []
    for number, entities in enumerate(months):
        period = entities[0].period
        parts = [JournalFile(f"journal_lines_{period}.csv", period)]
        for month in entities:
            _fill(parts, month, [next(counts) for _ in month.flows], (seed, 601, number, month.entity.code))
        if len(parts) > 1:
            for n, part in enumerate(parts, start=1):
                part.name = f"journal_lines_{period}_part{n:03d}.csv"
        files += parts
    return files


def _journals_of_flows(months: list[list[Month]], spare_lines: int) -> list[int]:
    """Journals of each flow: one a cell, and a share of the spare lines; a line that does not fit goes to the next."""
    flows = [(flow, number, month.period) for number, x in enumerate(months) for month in x for flow in month.flows]
    weights = [
        flow.weight * flow.entity.volume * (1000 + 9 * number) * SEASONS["sales"][int(period[5:]) - 1]
        for flow, number, period in flows
    ]
    counts, rest = [], 0
    for (flow, _, _), share in zip(flows, money.split(spare_lines, weights), strict=True):
        extra, rest = divmod(share + rest, flow.lines_per_journal)
        counts.append(len(flow.amounts) + extra)
    return counts


def _fill(parts: list[JournalFile], month: Month, counts: list[int], keys: tuple[int, ...]) -> None:
    """Put an entity's month into the last part, and begin another when that is full."""
    number = 1
    rows: Singles = []
    for journal in month.journals:
        rows += journals.single_rows(journal, number)
        number += 1
    parts[-1].add(rows)
    for place, (flow, count) in enumerate(zip(month.flows, counts, strict=True)):
        for chunk in journals.chunks(flow, month.period, count, number, (*keys, place)):
            if parts[-1].lines + chunk.lines > PART_LINES:
                parts.append(JournalFile("", month.period))
            parts[-1].add(chunk)
            number += sum(chunk.counts)
