"""The standards' own illustrative examples, each a ledger in `examples/`, through the whole engine.

A ledger names its example, tells it in its own words, says where the official text rounds, and then gives the extracts as
text (amounts in dollars) and what must come out: revenue by obligation and month (or year), allocated prices, what remains by
band, interest by year, net entries of each month, or findings. A section that is left out is not looked at.
"""

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.contracts import catalog
from finops_pipeline.finance import money, periods
from finops_pipeline.finance import revenue as engine
from finops_pipeline.finance.revenue import refunds
from finops_pipeline.finance.revenue.financing_proofs import financing_findings
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import Beside, agreed, prepared
from finops_pipeline.finance.revenue.refund_proofs import refund_findings, return_asset_findings
from finops_pipeline_tests.finance.revenue.deals import Deals, deals, read

LEDGERS = sorted((Path(__file__).parent / "examples").glob("*.txt"))


def sections(ledger: Path) -> dict[str, str]:
    """The parts of a ledger by their name."""
    _, *parts = re.split(r"^\[(.+)\]$", ledger.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], (part.strip() for part in parts[1::2]), strict=True))


def in_cents(table_name: str, text: str) -> str:
    """The table with its amounts in cents."""
    header, *lines = [line.split() for line in text.splitlines()]
    amounts = {c.name for c in catalog.table(table_name).columns if c.kind == "money"}
    cells = [
        [cents(cell) if name in amounts and cell != "-" else cell for name, cell in zip(header, line, strict=True)]
        for line in lines
    ]
    return "\n".join(" ".join(line) for line in [header, *cells])


def cents(cell: str) -> str:
    return str(money.parse(cell.replace(",", ""), "USD"))


def case_of(part: dict[str, str]) -> Deals:
    tables = [
        in_cents(name, part.get(name, "")) if name in part else ""
        for name in ("contracts", "obligations", "contract_events")
    ]
    return deals(*tables)


def made_ready(case: Deals, part: dict[str, str], last: str, proration: Any) -> tuple[Deals, pd.DataFrame]:
    """The case as the engine takes it: estimates made of their outcomes, cash prices; and the schedule of the financing."""
    outcomes, payments = (
        read(name, in_cents(name, part.get(name, "contract_id"))) for name in ("estimate_outcomes", "payment_plan")
    )
    tables = Tables(case.contracts, case.obligations, case.events, case.entities)
    ready = prepared(agreed(*tables[:3]), case.entities, Beside(outcomes, payments), last, proration)
    assert ready.findings == []
    assert financing_findings(ready.financing, tables, ready.tables, last) == []
    return Deals(*ready.tables), ready.financing


@pytest.mark.parametrize("ledger", LEDGERS, ids=lambda path: path.stem)
def test_the_official_numbers(ledger: Path) -> None:
    part = sections(ledger)
    case = case_of(part)
    last = max(
        [periods.of(day) for day in [*case.events["event_date"], *case.obligations["end_date"].dropna()]],
        default="2026-01",
    )
    last, proration = part.get("as of", last), part.get("proration", "daily")
    case, financing = made_ready(case, part, last, proration)
    schedule = case.schedule(last, proration)
    lines = schedule.lines
    assert [f"{f.rule_id} {f.subject}" for f in schedule.findings] == part.get("findings", "").splitlines()
    assert engine.schedule_findings(schedule) == []
    if "revenue" in part:
        assert earned(lines, 7) == amounts(part["revenue"])
    if "revenue by year" in part:
        assert earned(lines, 4) == amounts(part["revenue by year"])
    if "prices" in part:
        final = lines.drop_duplicates("obligation_id", keep="last")
        assert dict(zip(final["obligation_id"], final["allocated_price"], strict=True)) == amounts(part["prices"])
    if "interest by year" in part:
        sums = financing.groupby(financing["period"].str[:4])["interest"].sum()
        assert {year: int(amount) for year, amount in sums.items()} == amounts(part["interest by year"])
    if "remaining" in part:
        assert to_come(case, lines, last, proration) == amounts(part["remaining"])
    if "journal" in part:
        assert net_entries(case, schedule, financing, last) == amounts(part["journal"])


def amounts(text: str) -> dict[Any, Any]:
    """The last columns of a table, in cents, by the columns before them."""
    header, *lines = [line.split() for line in text.splitlines()]
    keys = [i for i, name in enumerate(header) if name in {"obligation_id", "period", "account_role", "band"}]
    found = {}
    for line in lines:
        key = tuple(line[i] for i in keys)
        values = tuple(int(cents(cell)) for i, cell in enumerate(line) if i not in keys)
        found[key if len(key) > 1 else key[0]] = values if len(values) > 1 else values[0]
    return found


def earned(lines: pd.DataFrame, digits: int) -> dict[tuple[str, str], int]:
    rows = lines[lines["recognized"] != 0]
    sums = rows.groupby([rows["obligation_id"], rows["period"].str[:digits]])["recognized"].sum()
    return {place: int(amount) for place, amount in sums.items()}


def to_come(case: Deals, lines: pd.DataFrame, period: str, proration: str) -> dict[str, int]:
    """The bands of the disclosure of remaining obligations, at the end of a period."""
    bands = engine.remaining_obligations(lines, case.booked(), [period], case.then(proration))
    assert engine.remaining_findings(bands, lines, case.booked(), [period]) == []
    return {band: int(amount) for band, amount in zip(bands["band"], bands["amount"], strict=True)}


def net_entries(
    case: Deals, schedule: engine.Schedule, financing: pd.DataFrame, last: str
) -> dict[tuple[str, str], tuple[int, int]]:
    """Debit and credit of each role and month, after what cancels out within the month."""
    months, lines = periods.span(periods.of(case.contracts["signed_on"].min()), last), schedule.lines
    books = engine.revenue_rollforward(lines, case.contracts, case.events, months, financing)
    assert engine.rollforward_findings(books, lines, case.events, months, financing) == []
    states = refunds.refund_states(schedule.inputs, lines, "daily")
    owed = refunds.refund_liability_rollforward(states, books, case.events, months)
    assert refund_findings(owed, books, lines, case.events, months) == []
    assets = refunds.return_asset_rollforward(states, months)
    assert return_asset_findings(assets, months) == []
    books = refunds.beside(books, assets)
    journal = engine.revenue_journal(books)
    assert engine.journal_findings(journal, books, lines, case.events, months) == []
    net = journal.assign(net=journal["debit"] - journal["credit"]).groupby(["period", "account_role"])["net"].sum()
    return {place: (max(int(n), 0), max(int(-n), 0)) for place, n in net.items() if n}
