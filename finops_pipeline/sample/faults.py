"""What is wrong on purpose, and what the intake must make of it.

Faults are extra rows and extra files: the company's own data stay whole, so that what is accepted is the company as it is
without faults (and the accepted late posting and correction). A bad line leaves the rest of its journal unbalanced: those
lines are planted too, as consequences. Lines come after the company's own in their file.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

from finops_pipeline.sample import journals
from finops_pipeline.sample.extract import Extract, after

Outcome = Literal["quarantined", "duplicate", "rejected_file", "accepted"]
Cause = Literal["direct", "consequence"]
Key = tuple[str, str]  # dataset, file name


@dataclass(frozen=True, slots=True)
class Planted:
    """One row of planted_faults.csv: a row (data rows count from 1) or, with row number 0, a whole file."""

    fault: str
    source: str
    dataset: str
    file_name: str
    row_number: int
    outcome: Outcome
    rule_id: str
    cause: Cause
    description: str


MANIFEST_COLUMNS = tuple(f.name for f in fields(Planted))


@dataclass(frozen=True, slots=True)
class PlantedLine:
    """A line to append to a file. `copies`: it repeats the last line of the company, changed in column `changed`."""

    fault: str
    rule_id: str
    description: str
    text: str = ""
    outcome: Outcome = "quarantined"
    cause: Cause = "direct"
    copies: bool = False
    changed: int | None = None

    def after_line(self, last: str) -> str:
        """The text of the line in a file whose own last line is `last`."""
        if not self.copies:
            return self.text
        if self.changed is None:
            return last
        cells = last.split(",")
        cells[self.changed] += " (copy)"
        return ",".join(cells)


@dataclass(frozen=True, slots=True)
class PlantedFile:
    """A file of its own, with what becomes of it."""

    dataset: str
    file_name: str
    content: bytes
    arrived: datetime
    records: tuple[Planted, ...]


@dataclass(slots=True)
class Plan:
    """Everything that is planted: lines by file, and files."""

    lines: dict[Key, list[PlantedLine]] = field(default_factory=dict)
    files: list[PlantedFile] = field(default_factory=list)

    def add(self, key: Key, lines: Iterable[PlantedLine]) -> None:
        """Plant lines in a file."""
        self.lines.setdefault(key, []).extend(lines)


def plan(months: list[str], last_files: dict[str, str], extracts: list[Extract]) -> Plan:
    """Plant every kind of fault once or more. `last_files`: the last file of journal lines of each month."""
    planted = Plan()
    for number, fault in enumerate(_JOURNAL_FAULTS):
        period = months[(number * 7 + 3) % len(months)]
        planted.add(("journal_lines", last_files[period]), _journal(fault, period, 99_000_001 + number))
    for number, copy in enumerate(_COPIES):
        period = months[(number * 11 + 5) % len(months)]
        planted.add(("journal_lines", last_files[period]), [copy])
    for extract in extracts:
        _plant_in(planted, extract)
    planted.files += _rejected_files(months, extracts)
    planted.files += _accepted_files(months, extracts)
    return planted


@dataclass(frozen=True, slots=True)
class _JournalFault:
    """A journal of two lines, 6420 against 2010, of which `spoiled` ones are changed as `changes` says."""

    fault: str
    rule_id: str
    description: str
    changes: dict[str, str]
    spoiled: tuple[int, ...] = (1,)
    entity_id: str = "US01"
    currency: str = "USD"
    amount: str = "1250.00"
    center: str = "US-ITF-1"


_JOURNAL_FAULTS = (
    _JournalFault("bad_date", "ROW-DATE", "posting date 2025-02-30 does not exist", {"posting_date": "2025-02-30"}),
    _JournalFault("unknown_account", "REF-ACCOUNT-ID", "account 6999 is not in the chart", {"account_id": "6999"}, (1, 2)),
    _JournalFault("unbalanced_journal", "JRN-BALANCE", "debit 1250.00 against credit 1205.00", {"credit": "1205.00"}, (2,)),
    _JournalFault("too_many_decimals", "ROW-DECIMALS", "1250.125 US dollars", {"debit": "1250.125"}),
    _JournalFault(
        "too_many_decimals", "ROW-DECIMALS", "half a yen", {"debit": "125000.50"}, (1,), "JP01", "JPY", "125000", "JP-ITF-1"
    ),
    _JournalFault(
        "missing_functional", "JRN-FUNCTIONAL", "US dollars in German books without euro amounts", {}, (1, 2), "DE01", "USD",
        "1250.00", "DE-ITF-1",
    ),
    _JournalFault("both_sides", "JRN-SIDES", "debit and credit on the same line", {"credit": "1250.00"}),
    _JournalFault("no_side", "JRN-SIDES", "neither debit nor credit", {"debit": ""}),
    _JournalFault("unknown_entity", "REF-ENTITY-ID", "entity FR01 is not a legal entity of the group", {}, (1, 2), "FR01"),
    _JournalFault("unknown_cost_center", "REF-COST-CENTER-ID", "cost center US-OLD-9 does not exist", {}, center="US-OLD-9"),
    _JournalFault("unknown_currency", "ROW-CURRENCY", "EUX is not a currency", {"currency": "EUX"}),
    _JournalFault("bad_amount", "ROW-MONEY", "1.250.00 is not a plain decimal number", {"debit": "1.250.00"}),
)  # fmt: skip
_COPIES = (
    PlantedLine("duplicate_row", "", "the line before it once more", outcome="duplicate", copies=True),
    PlantedLine(
        "conflicting_duplicate", "KEY-CONFLICT", "the last line's key with another description", copies=True,
        changed=journals.COLUMNS.index("description"),
    ),
)  # fmt: skip


def _journal(fault: _JournalFault, period: str, number: int) -> list[PlantedLine]:
    lines = []
    for line_no in (1, 2):
        row = _line(
            fault.entity_id, fault.currency, fault.amount, fault.center, period=period, number=number, line_no=line_no
        )
        is_direct = line_no in fault.spoiled
        if is_direct:
            row |= fault.changes
        is_cause = is_direct or fault.rule_id == "JRN-BALANCE"
        rule_id = fault.rule_id if is_cause else "JRN-BALANCE"
        lines.append(
            PlantedLine(
                fault.fault,
                rule_id,
                fault.description if is_cause else f"rest of a journal with {fault.description}",
                ",".join(row.get(name, "") for name in journals.COLUMNS),
                cause="direct" if is_cause else "consequence",
            )
        )
    return lines


def _line(
    entity_id: str, currency: str, amount: str, center: str, *, period: str, number: int, line_no: int
) -> dict[str, str]:
    """One line of a journal that books an invoice for software."""
    is_debit = line_no == 1
    return {
        "entity_id": entity_id,
        "journal_id": str(journals.journal_number(period, number)),
        "line_no": str(line_no),
        "posting_date": f"{period}-15",
        "account_id": "6420" if is_debit else "2010",
        "currency": currency,
        "debit": amount if is_debit else "",
        "credit": "" if is_debit else amount,
        "cost_center_id": center if is_debit else "",
        "vendor_id": "V0042",
        "description": "Vendor invoice",
    }


def _plant_in(planted: Plan, extract: Extract) -> None:
    """Faults of the small datasets: in the first file of each."""
    if any(dataset == extract.dataset for dataset, _ in planted.lines):
        return
    last = dict(zip(extract.columns, extract.rows[-1], strict=True))
    for fault, rule_id, description, changes in _ROW_FAULTS.get(extract.dataset, ()):
        row = last | changes
        text = ",".join(row.get(name, "") for name in extract.columns)
        planted.add((extract.dataset, extract.file_name), [PlantedLine(fault, rule_id, description, text)])
    if extract.dataset == "fx_rates":
        planted.add((extract.dataset, extract.file_name), [_COPIES[0]])


_ROW_FAULTS: dict[str, tuple[tuple[str, str, str, dict[str, str]], ...]] = {
    "accounts": (
        ("wrong_vocabulary", "ROW-VOCABULARY", "cost behavior semi-fixed is not known",
         {"account_id": "6990", "name": "Consultants of the old chart", "account_type": "operating_expense",
          "cost_behavior": "semi-fixed", "parent_account_id": "6600"}),
    ),
    "cost_centers": (
        ("conflicting_duplicate", "KEY-CONFLICT", "the last cost center with another name", {"name": "Systems (old name)"}),
    ),
    "fx_rates": (
        ("wrong_vocabulary", "ROW-VOCABULARY", "rate type month-end is not known", {"rate_type": "month-end"}),
    ),
    "budget_lines": (
        ("missing_rate", "FX-RATE", "planned in Swiss francs, for which there is no budget rate",
         {"entity_id": "DE01", "account_id": "6650", "currency": "CHF", "amount": "1500.00", "cost_center_id": "DE-FIN-1",
          "product_id": "", "quantity": "", "unit_price": ""}),
        ("bad_period", "ROW-PERIOD", "there is no month 13", {"period": "2025-13"}),
        ("bad_amount", "ROW-MONEY", "12.5k is not a plain decimal number", {"account_id": "6650", "amount": "12.5k"}),
    ),
    "drivers": (
        ("bad_number", "ROW-NUMBER", "n/a is not a number", {"driver": "machine_hours", "quantity": "n/a"}),
    ),
    "obligations": (
        ("wrong_vocabulary", "ROW-VOCABULARY", "recognition milestone is not known",
         {"obligation_id": "OB9", "recognition": "milestone"}),
    ),
    "contract_events": (
        ("unknown_contract", "REF-CONTRACT-ID", "contract CT-99999 does not exist",
         {"event_id": "EV-999999", "contract_id": "CT-99999", "event_type": "delivery", "obligation_id": "OB1", "amount": "",
          "quantity": "1"}),
    ),
    "touchpoints": (
        ("missing_value", "ROW-REQUIRED", "no customer", {"touchpoint_id": "TP-999999", "customer_id": ""}),
    ),
    "risks": (
        ("out_of_range", "ROW-RANGE", "probability 1.4", {"risk_id": "RK-98", "probability": "1.4"}),
        ("extra_field", "ROW-SHAPE", "a comma in text without quotes", {"risk_id": "RK-99", "title": "Fire, flood or storm"}),
    ),
}  # fmt: skip


def _rejected_files(months: list[str], extracts: list[Extract]) -> list[PlantedFile]:
    """Files that no row may enter from: cut off, packed and cut off, without a column, in an unknown folder."""
    middle, arrived = months[len(months) // 2], after(months[-1], 4)
    rates = next(x for x in extracts if x.dataset == "fx_rates")
    without = [_without(rates.columns, row) for row in (rates.columns, *rates.rows[-24:])]
    vendors = b"vendor_id,name,country\nV0001,Northwind Hosting,US\nV0002,Rhein Logistik,DE\n"
    whole = _journal_file(middle, 99_500_001, 3)
    packed = _gzip(_journal_file(middle, 99_600_001, 3))
    return [
        _rejected("cut_off_file", "FILE-CUT", "the last row ends in the middle", dataset="journal_lines",
                  name=f"journal_lines_{middle}_supplement.csv", content=whole[:-60], arrived=arrived),
        _rejected("cut_off_file", "FILE-CUT", "the packed file ends in the middle", dataset="journal_lines",
                  name=f"journal_lines_{middle}_supplement2.csv.gz", content=packed[: len(packed) * 2 // 3], arrived=arrived),
        _rejected("missing_column", "FILE-COLUMN", "the column rate is missing", dataset="fx_rates",
                  name="fx_rates_redelivery.csv", content="".join(",".join(row) + "\n" for row in without).encode(),
                  arrived=arrived),
        _rejected("unknown_dataset", "FILE-DATASET", "there is no dataset vendors", dataset="vendors", name="vendors.csv",
                  content=vendors, arrived=arrived),
    ]  # fmt: skip


def _without(columns: tuple[str, ...], row: tuple[str, ...]) -> list[str]:
    return [value for name, value in zip(columns, row, strict=True) if name != "rate"]


def _rejected(
    fault: str, rule_id: str, description: str, *, dataset: str, name: str, content: bytes, arrived: datetime
) -> PlantedFile:
    record = Planted(fault, "native", dataset, name, 0, "rejected_file", rule_id, "direct", description)
    return PlantedFile(dataset, name, content, arrived, (record,))


def _journal_file(period: str, number: int, count: int) -> bytes:
    """A file of good journals of the parent."""
    rows = [
        _line("US01", "USD", "840.00", "US-ITF-1", period=period, number=number + n, line_no=line_no)
        for n in range(count)
        for line_no in (1, 2)
    ]
    lines = [",".join(row.get(name, "") for name in journals.COLUMNS) for row in rows]
    return ("\n".join([",".join(journals.COLUMNS), *lines]) + "\n").encode()


def _gzip(content: bytes) -> bytes:
    """A gzip file of one stored block: the same bytes whichever zlib is installed."""
    block = b"\x01" + struct.pack("<HH", len(content), len(content) ^ 0xFFFF) + content
    return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + block + struct.pack("<II", zlib.crc32(content), len(content))


def _accepted_files(months: list[str], extracts: list[Extract]) -> list[PlantedFile]:
    """What enters: a journal in a month gone by, a driver that is corrected, an invoice that is booked twice."""
    old = months[max(0, len(months) - 4)]
    name = f"journal_lines_{old}_late.csv"
    late = _journal_file(old, 99_700_001, 1)
    drivers = [x for x in extracts if x.dataset == "drivers"][-1]
    row = list(drivers.rows[-1])
    row[drivers.columns.index("quantity")] += "0"
    corrected = (",".join(drivers.columns) + "\n" + ",".join(row) + "\n").encode()
    correction = drivers.file_name.replace(".csv", "_correction.csv")
    words = f"a balanced journal in {old}, after later months: {old} is restated"
    again = f"journal_lines_{old}_resent.csv"
    twice = _journal_file(old, 99_800_001, 2).replace(b"Vendor invoice", b"Invoice R-20417 database licenses")
    booked = "one invoice in two journals: both are valid, and cost_opportunities finds the pair"
    return [
        PlantedFile("journal_lines", name, late, after(months[-1], 6), tuple(
            Planted("late_posting", "native", "journal_lines", name, n, "accepted", "", "direct", words) for n in (1, 2)
        )),
        PlantedFile("journal_lines", again, twice, after(months[-1], 6), tuple(
            Planted("duplicate_invoice", "native", "journal_lines", again, n, "accepted", "", "direct", booked)
            for n in range(1, 5)
        )),
        PlantedFile("drivers", correction, corrected, after(months[-1], 6), (
            Planted("corrected_row", "native", "drivers", correction, 1, "accepted", "", "direct",
                    f"replaces the last row of {drivers.file_name}"),
        )),
    ]  # fmt: skip
