"""The list of faults is true: each planted row is where the list says, and is wrong in the way it says."""

import csv
import gzip
from decimal import Decimal

import pytest

from finops_pipeline.sample.faults import MANIFEST_COLUMNS

WANTED = {
    "bad_date", "unknown_account", "unbalanced_journal", "duplicate_row", "conflicting_duplicate", "too_many_decimals",
    "missing_rate", "missing_functional", "late_posting", "wrong_vocabulary", "missing_column", "cut_off_file", "both_sides",
    "unknown_entity", "unknown_cost_center", "unknown_currency", "bad_period",
}  # fmt: skip


@pytest.fixture(scope="module")
def manifest(faulty):
    with (faulty.out / "planted_faults.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def table(out, record):
    with (out / "native" / record["dataset"] / record["file_name"]).open(newline="") as file:
        header, *lines = list(csv.reader(file))
    return header, lines


def row(out, record):
    header, lines = table(out, record)
    return dict(zip(header, lines[int(record["row_number"]) - 1], strict=False))


def test_every_kind_is_planted(manifest, faulty):
    assert tuple(manifest[0]) == MANIFEST_COLUMNS
    assert {r["fault"] for r in manifest} >= WANTED
    assert len(manifest) == faulty.planted
    assert {r["source"] for r in manifest} == {"native"}


def test_the_company_is_whole_beside_its_faults(manifest, clean, faulty):
    """Taking the planted lines and files away leaves the files of the company without faults, byte for byte."""
    whole = {(r["dataset"], r["file_name"]) for r in manifest if r["outcome"] in ("rejected_file", "accepted")}
    planted = {}
    for r in manifest:
        planted.setdefault((r["dataset"], r["file_name"]), set()).add(int(r["row_number"]))
    for path in (faulty.out / "native").rglob("*.*"):
        key = path.parent.name, path.name
        if key not in whole:
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for n, line in enumerate(lines) if n not in planted.get(key, ())]
            assert b"".join(kept) == (clean.out / "native" / path.parent.name / path.name).read_bytes()
    names = {p.name for p in (faulty.out / "native").rglob("*.*")} - {
        p.name for p in (clean.out / "native").rglob("*.*")
    }
    assert names == {name for _, name in whole}


SHOWS = {  # what one sees in a row that breaks the rule
    "ROW-DATE": lambda r: r["posting_date"] == "2025-02-30",
    "ROW-PERIOD": lambda r: r["period"] == "2025-13",
    "ROW-MONEY": lambda r: "1.250.00" in r.values() or r["amount"] == "12.5k",
    "ROW-DECIMALS": lambda r: (r["currency"], r["debit"]) in {("USD", "1250.125"), ("JPY", "125000.50")},
    "ROW-NUMBER": lambda r: r["quantity"] == "n/a",
    "ROW-REQUIRED": lambda r: r["customer_id"] == "",
    "ROW-VOCABULARY": lambda r: {"semi-fixed", "month-end", "milestone"} & set(r.values()),
    "ROW-CURRENCY": lambda r: r["currency"] == "EUX",
    "ROW-RANGE": lambda r: Decimal(r["probability"]) > 1,
    "JRN-SIDES": lambda r: bool(r["debit"]) == bool(r["credit"]),
    "JRN-FUNCTIONAL": lambda r: (r["entity_id"], r["currency"], r["functional_debit"] + r["functional_credit"]) == ("DE01", "USD", ""),
    "REF-ACCOUNT-ID": lambda r: r["account_id"] == "6999",
    "REF-COST-CENTER-ID": lambda r: r["cost_center_id"] == "US-OLD-9",
    "REF-ENTITY-ID": lambda r: r["entity_id"] == "FR01",
    "REF-CONTRACT-ID": lambda r: r["contract_id"] == "CT-99999",
    "FX-RATE": lambda r: r["currency"] == "CHF",
}  # fmt: skip


def test_rows_are_wrong_as_listed(manifest, faulty):
    seen = set()
    for record in manifest:
        if record["rule_id"] in SHOWS:
            assert SHOWS[record["rule_id"]](row(faulty.out, record)), record
            assert record["cause"] == "direct"
            assert record["outcome"] == "quarantined"
            seen.add(record["rule_id"])
    assert seen == set(SHOWS)


def test_an_unquoted_comma_makes_a_field_too_many(manifest, faulty):
    (record,) = [r for r in manifest if r["rule_id"] == "ROW-SHAPE"]
    header, lines = table(faulty.out, record)
    assert len(lines[int(record["row_number"]) - 1]) == len(header) + 1


def test_duplicates_repeat_a_row_and_conflicts_change_it(manifest, faulty):
    keys = {"journal_lines": 3, "cost_centers": 1, "fx_rates": 5}
    for record in manifest:
        if record["fault"] in ("duplicate_row", "conflicting_duplicate"):
            _, lines = table(faulty.out, record)
            place, width = int(record["row_number"]) - 1, keys[record["dataset"]]
            if record["fault"] == "duplicate_row":
                assert record["outcome"] == "duplicate"
                assert lines[place] in lines[:place]
            else:
                twins = [line for line in lines[:place] if line[:width] == lines[place][:width]]
                assert len(twins) == 1
                assert twins[0] != lines[place]


def test_consequences_are_the_rest_of_their_journals(manifest, faulty):
    """Each journal with a planted line is planted whole; without its direct lines it does not balance."""
    direct, rest = {}, {}
    for record in manifest:
        is_copy = record["fault"] in ("duplicate_row", "conflicting_duplicate")
        if record["dataset"] == "journal_lines" and record["outcome"] == "quarantined" and not is_copy:
            line = row(faulty.out, record)
            book = direct if record["cause"] == "direct" else rest
            book.setdefault((record["file_name"], line["entity_id"], line["journal_id"]), []).append(line)
    assert set(rest) <= set(direct)
    for (name, entity, journal), lines in direct.items():
        _, found = table(faulty.out, {"dataset": "journal_lines", "file_name": name})
        whole = [line for line in found if line[:2] == [entity, journal]]
        assert len(whole) == len(lines) + len(rest.get((name, entity, journal), []))
    assert all(sum(Decimal(x["debit"] or 0) - Decimal(x["credit"] or 0) for x in lines) for lines in rest.values())


def test_an_unbalanced_journal_is_a_direct_fault_of_both_lines(manifest, faulty):
    lines = [row(faulty.out, r) for r in manifest if r["fault"] == "unbalanced_journal"]
    assert sum(Decimal(x["debit"] or 0) for x in lines) - sum(Decimal(x["credit"] or 0) for x in lines) == 45


def test_rejected_files_are_rejected_for_what_they_are(manifest, faulty):
    rejected = {r["file_name"]: r for r in manifest if r["outcome"] == "rejected_file"}
    assert all(r["row_number"] == "0" for r in rejected.values())
    cut = [faulty.out / "native/journal_lines" / n for n, r in rejected.items() if r["rule_id"] == "FILE-CUT"]
    (plain,) = [p for p in cut if p.suffix == ".csv"]
    (packed,) = [p for p in cut if p.suffix == ".gz"]
    text = plain.read_text()
    assert not text.endswith("\n")
    assert text.splitlines()[-1].count(",") < text.splitlines()[0].count(",")
    with pytest.raises(EOFError):
        gzip.decompress(packed.read_bytes())
    header, _ = table(faulty.out, rejected["fx_rates_redelivery.csv"])
    assert "rate" not in header
    assert rejected["vendors.csv"]["rule_id"] == "FILE-DATASET"


def test_late_and_corrected_rows_arrive_last(manifest, faulty):
    accepted = {(r["dataset"], r["file_name"]) for r in manifest if r["outcome"] == "accepted"}
    others = [p for p in (faulty.out / "native").rglob("*.*") if (p.parent.name, p.name) not in accepted]
    last = max(p.stat().st_mtime for p in others)
    for dataset, name in accepted:
        assert (faulty.out / "native" / dataset / name).stat().st_mtime > last
    late = [row(faulty.out, r) for r in manifest if r["fault"] == "late_posting"]
    assert {x["posting_date"][:7] for x in late} == {"2024-11"}  # the last month is 2025-02
    (correction,) = [r for r in manifest if r["fault"] == "corrected_row"]
    corrected = row(faulty.out, correction)
    before, _ = table(faulty.out, correction | {"file_name": "drivers_2025.csv"})
    _, lines = table(faulty.out, correction | {"file_name": "drivers_2025.csv"})
    original = dict(zip(before, lines[-1], strict=True))
    assert {k for k in original if original[k] != corrected[k]} == {"quantity"}
