"""What enters, what stays out, and what enters later."""

import os

import pandas as pd
import pytest

from finops_pipeline_tests.intake.nights import Night

HEADER = "entity_id,journal_id,line_no,posting_date,account_id,currency,debit,credit,functional_debit,functional_credit"
SALE = f"""{HEADER}
DE01,J1,1,2026-01-15,1000,EUR,100.50,,,
DE01,J1,2,2026-01-15,4000,EUR,,100.5,,"""


def journal(number: str, *lines: str) -> str:
    return "\n".join([HEADER, *(f"DE01,{number},{line}" for line in lines)])


def test_a_balanced_journal_enters_with_its_origin(night: Night) -> None:
    night.put("journal_lines", "j.csv", SALE)
    night.run()
    lines = night.rows("journal_lines")
    assert lines[["period", "debit", "credit", "functional_debit", "functional_credit"]].values.tolist() == [
        ["2026-01", 10050, 0, 10050, 0],
        ["2026-01", 0, 10050, 0, 10050],
    ]
    file = night.file("j.csv")
    assert (file["rows_read"], file["rows_accepted"], file["status"]) == (2, 2, "accepted")
    stored = pd.read_parquet(night.lake.root / "journal_lines" / "period=2026-01" / "data.parquet")
    assert stored["file_id"].unique().tolist() == [file["file_id"]]
    assert stored["row_number"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("line", "rule", "column"),
    [
        ("DE01,J9,1,2026-13-01,1000,EUR,1.00,,,", "ROW-DATE", "posting_date"),
        ("DE01,J9,1,2026-02-30,1000,EUR,1.00,,,", "ROW-DATE", "posting_date"),
        ("DE01,J9,1,20260201,1000,EUR,1.00,,,", "ROW-DATE", "posting_date"),
        ("DE01,J9,1,,1000,EUR,1.00,,,", "ROW-REQUIRED", "posting_date"),
        ("DE01,J9,x,2026-02-01,1000,EUR,1.00,,,", "ROW-NUMBER", "line_no"),
        ("DE01,J9,1e3,2026-02-01,1000,EUR,1.00,,,", "ROW-NUMBER", "line_no"),
        ("DE01,J9,-1,2026-02-01,1000,EUR,1.00,,,", "ROW-RANGE", "line_no"),
        ("DE01,J9,1,2026-02-01,1000,EUX,1.00,,,", "ROW-CURRENCY", "currency"),
        ("DE01,J9,1,2026-02-01,1000,eur,1.00,,,", "ROW-CURRENCY", "currency"),
        ("DE01,J9,1,2026-02-01,1000,EUR,1.001,,,", "ROW-DECIMALS", "debit"),
        ("JP01,J9,1,2026-02-01,1000,JPY,1.5,,,", "ROW-DECIMALS", "debit"),
        ("DE01,J9,1,2026-02-01,1000,EUR,1e2,,,", "ROW-MONEY", "debit"),
        ("DE01,J9,1,2026-02-01,1000,EUR,+1,,,", "ROW-MONEY", "debit"),
        ("DE01,J9,1,2026-02-01,1000,EUR,1_000,,,", "ROW-MONEY", "debit"),
        ("DE01,J9,1,2026-02-01,1000,EUR,12345678901234567890.00,,,", "ROW-RANGE", "debit"),
        ("DE01,J9,1,2026-02-01,1000,EUR,1.00,2.00,,", "JRN-SIDES", "debit"),
        ("DE01,J9,1,2026-02-01,1000,EUR,0.00,,,", "JRN-SIDES", "debit"),
        ("DE01,J9,1,2026-02-01,1000,USD,1.00,,,", "JRN-FUNCTIONAL", "functional_debit"),
        ("XX99,J9,1,2026-02-01,1000,USD,1.00,,,", "REF-ENTITY-ID", "entity_id"),
        ("DE01,J9,1,2026-02-01,9999,EUR,1.00,,,", "REF-ACCOUNT-ID", "account_id"),
        ("DE01,J9,1,2026-02-01", "ROW-SHAPE", None),
        ("DE01,J9,1,2026-02-01,1000,EUR,1.00,,,,x,y", "ROW-SHAPE", None),
        ('DE01,J9,1,2026-02-01,1000,"EUR" x,1.00,,,', "ROW-SHAPE", None),
    ],
)
def test_a_bad_row_stays_out_alone_with_its_reason(night: Night, line: str, rule: str, column: str | None) -> None:
    night.put(
        "journal_lines",
        "j.csv",
        f"{SALE}\n{line}\nDE01,J2,1,2026-01-15,1000,EUR,7,,,\nDE01,J2,2,2026-01-15,4000,EUR,,7,,",
    )
    night.run()
    kept_out = night.report("quarantine").iloc[0]
    assert night.quarantined() == [("j.csv", 3, rule)]
    assert (None if pd.isna(kept_out["column_name"]) else kept_out["column_name"]) == column
    assert line.split(",")[1] in kept_out["raw"], "the row's text is kept"
    assert len(night.rows("journal_lines")) == 4


def test_a_journal_that_does_not_balance_stays_out_whole_and_enters_when_it_is_completed(night: Night) -> None:
    night.put(
        "journal_lines", "a.csv", journal("J1", "1,2026-01-15,1000,EUR,100.00,,,", "2,2026-01-15,4000,EUR,,60.00,,")
    )
    night.run()
    assert night.quarantined() == [("a.csv", 1, "JRN-BALANCE"), ("a.csv", 2, "JRN-BALANCE")]
    night.put("journal_lines", "b.csv", journal("J1", "3,2026-01-15,4000,EUR,,40.00,,"))
    result = night.run()
    assert night.quarantined() == []
    assert result.touched["journal_lines"] == ("2026-01",)
    assert night.file("a.csv")["rows_accepted"] == 2
    assert night.rows("journal_lines")["credit"].sum() == 10000


def test_a_journal_must_balance_in_each_of_its_months(night: Night) -> None:
    night.put("journal_lines", "a.csv", journal("J1", "1,2026-01-31,1000,EUR,5.00,,,", "2,2026-02-01,4000,EUR,,5.00,,"))
    night.run()
    assert [rule for *_, rule in night.quarantined()] == ["JRN-BALANCE", "JRN-BALANCE"]


def test_a_row_waits_for_its_account_and_takes_its_journal_along(night: Night) -> None:
    night.put("journal_lines", "a.csv", journal("J1", "1,2026-01-15,1000,EUR,8.00,,,", "2,2026-01-15,4711,EUR,,8.00,,"))
    night.run()
    assert night.quarantined() == [("a.csv", 1, "JRN-BALANCE"), ("a.csv", 2, "REF-ACCOUNT-ID")]
    night.put("accounts", "more.csv", "account_id,name,account_type\n4711,Perfume,revenue")
    night.run()
    assert night.quarantined() == []
    assert len(night.rows("journal_lines")) == 2


def test_a_row_waits_for_its_entity_whose_currency_decides_how_it_is_read(night: Night) -> None:
    night.put("journal_lines", "a.csv", f"""{HEADER}
        KW01,J1,1,2026-01-15,1000,USD,10.00,,3.075,
        KW01,J1,2,2026-01-15,4000,USD,,10.00,,3.075""")  # fmt: skip
    night.run()
    assert [rule for *_, rule in night.quarantined()] == ["REF-ENTITY-ID", "REF-ENTITY-ID"]
    night.put("entities", "more.csv", "entity_id,name,functional_currency\nKW01,Kuwait,KWD")
    night.run()
    assert night.quarantined() == []
    assert night.rows("journal_lines")["functional_debit"].tolist() == [3075, 0]


def test_a_later_row_with_the_same_key_replaces_the_earlier_one(night: Night) -> None:
    night.put("journal_lines", "a.csv", SALE)
    night.run()
    night.put(
        "journal_lines", "b.csv", SALE.replace("100.50", "120.00").replace("100.5", "120.00").replace("01-15", "02-15")
    )
    result = night.run()
    assert night.rows("journal_lines")[["period", "debit"]].values.tolist() == [["2026-02", 12000], ["2026-02", 0]]
    assert result.touched["journal_lines"] == ("2026-01", "2026-02"), "the month it left is restated too"


def test_a_correction_that_breaks_the_balance_stays_out_and_the_books_stay_as_they_were(night: Night) -> None:
    night.put("journal_lines", "a.csv", SALE)
    night.run()
    night.put("journal_lines", "b.csv", journal("J1", "1,2026-01-15,1000,EUR,999.00,,,"))
    night.run()
    assert night.quarantined() == [("b.csv", 1, "JRN-BALANCE")]
    assert night.rows("journal_lines")["debit"].sum() == 10050


def test_identical_rows_count_as_duplicates_and_different_ones_conflict(night: Night) -> None:
    again = "DE01,J1,2,2026-01-15,4000,EUR,,100.50,,"  # the same amount, written otherwise
    other = "DE01,J1,2,2026-01-15,4000,EUR,,99.00,,"
    night.put("journal_lines", "a.csv", f"{SALE}\n{again}\n{other}")
    night.run()
    assert night.quarantined() == [("a.csv", 4, "KEY-CONFLICT")]
    assert night.file("a.csv")[["rows_accepted", "rows_duplicate", "rows_quarantined"]].tolist() == [2, 1, 1]


def test_the_same_content_is_read_once_under_any_name(night: Night) -> None:
    night.put("journal_lines", "a.csv", SALE)
    night.run()
    before = night.report("ingested_files")
    night.put("journal_lines", "copy.csv", SALE)
    assert night.run().touched == {}
    pd.testing.assert_frame_equal(night.report("ingested_files"), before)


def test_a_rejected_file_is_read_when_it_is_moved_to_its_place_or_gets_its_extension(night: Night) -> None:
    wrong = night.put("journals", "j.csv", SALE)
    other = night.put("journal_lines", "k.txt", SALE.replace("J1", "J2"))
    night.run()
    assert night.report("ingested_files").query("status == 'rejected'")["file_name"].tolist() == ["j.csv", "k.txt"]
    place = other.parent
    wrong.rename(place / "j.csv")
    other.rename(place / "k.csv")
    assert night.run().new_files == 2
    assert sorted(night.rows("journal_lines")["journal_id"]) == ["J1", "J1", "J2", "J2"]
    assert night.run().new_files == 0


def test_the_same_content_is_another_file_in_the_folder_of_another_dataset(empty_night: Night) -> None:
    """A change data capture speaks of several entities: the one answer lies in the folder of each."""
    said = b'{"CDCResponse": [{"QueryResponse": [{"Class": [{"Id": "1", "Name": "East"}]}, {"Item": [{"Id": "1", "Name": "Pump"}]}]}]}'
    for name in ("class", "item"):
        empty_night.put(name, "changes.json", said, source="quickbooks")
    empty_night.run()
    assert empty_night.report("ingested_files")["dataset"].tolist() == ["class", "item"]
    assert empty_night.run().new_files == 0


def test_a_file_that_is_still_written_is_not_read(night: Night) -> None:
    for name in ("j.csv.part", "j.csv.tmp", ".j.csv"):
        night.put("journal_lines", name, SALE)
    night.run()
    assert set(night.report("ingested_files")["dataset"]) == {"entities", "accounts"}


def test_a_budget_line_waits_for_its_rate(night: Night) -> None:
    night.put(
        "budget_lines", "b.csv", "version,entity_id,period,account_id,currency,amount\nV,DE01,2026-03,6000,CHF,100.00"
    )
    night.run()
    assert night.quarantined() == [("b.csv", 1, "FX-RATE")]
    night.put("fx_rates", "r.csv", "from_currency,to_currency,rate_type,rate,period\nCHF,EUR,budget,0.95,2026-03")
    night.run()
    assert night.quarantined() == []
    assert night.rows("budget_lines")["amount"].tolist() == [10000]


def test_a_held_row_that_was_delivered_again_never_enters(night: Night) -> None:
    night.put("drivers", "a.csv", "period,entity_id,driver,quantity,unit\n2026-01,FR01,orders,10,piece")
    night.run()
    night.put("drivers", "b.csv", "period,entity_id,driver,quantity,unit\n2026-01,FR01,orders,11,piece")
    night.put("entities", "fr.csv", "entity_id,name,functional_currency\nFR01,France,EUR")
    night.run()
    assert night.quarantined() == [("a.csv", 1, "KEY-REPLACED")]
    assert night.rows("drivers")["quantity"].astype(str).tolist() == ["11.000000000000000"]


def test_batches_do_not_change_the_result(night: Night, tmp_path) -> None:
    small = Night(tmp_path / "small", batch_bytes=1)
    for each in (night, small):
        each.put("entities", "e.csv", "entity_id,name,functional_currency\nDE01,Germany,EUR")
        each.put("accounts", "c.csv", "account_id,name,account_type\n1000,Cash,asset\n4000,Revenue,revenue")
        each.put("journal_lines", "1.csv", journal("J1", "1,2026-01-15,1000,EUR,5.00,,,"))
        each.put("journal_lines", "2.csv", journal("J1", "2,2026-01-15,4000,EUR,,4.00,,"))
        each.put(
            "journal_lines", "3.csv", journal("J2", "1,2026-01-15,1000,EUR,5.00,,,", "2,2026-01-15,4000,EUR,,4.00,,")
        )
        each.put("journal_lines", "4.csv", journal("J1", "2,2026-01-15,4000,EUR,,5.00,,"))
        each.run()
    columns = ["journal_id", "line_no", "debit", "credit"]
    expected = night.rows("journal_lines")[columns].sort_values(columns[:2], ignore_index=True)
    assert expected["journal_id"].tolist() == ["J1", "J1"]
    pd.testing.assert_frame_equal(
        small.rows("journal_lines")[columns].sort_values(columns[:2], ignore_index=True), expected
    )


def test_a_night_that_breaks_off_is_made_good_by_the_next(night: Night, monkeypatch: pytest.MonkeyPatch) -> None:
    night.put("journal_lines", "j.csv", SALE)
    write = night.warehouse.merge
    calls = []

    def breaks(table, *args, **kwargs):
        calls.append(table.name)
        if len(calls) == 9:
            raise KeyboardInterrupt
        return write(table, *args, **kwargs)

    monkeypatch.setattr(night.warehouse, "merge", breaks)
    with pytest.raises(KeyboardInterrupt):
        night.run()
    assert "j.csv" not in set(night.report("ingested_files")["file_name"])
    monkeypatch.undo()
    night.run()
    assert len(night.rows("journal_lines")) == 2
    assert night.file("j.csv")["rows_accepted"] == 2


@pytest.mark.parametrize("nights", [1, 2])
def test_a_correction_that_breaks_a_journal_stays_out_on_whatever_night_it_comes(night: Night, nights: int) -> None:
    night.put("journal_lines", "a.csv", SALE)
    if nights == 2:
        night.run()
    night.put("journal_lines", "b.csv", journal("J1", "1,2026-01-15,1000,EUR,999.00,,,"))
    night.run()
    assert night.quarantined() == [("b.csv", 1, "JRN-BALANCE")]
    assert night.rows("journal_lines")["debit"].sum() == 10050


def test_a_held_row_after_blank_lines_and_a_short_row_is_the_one_that_enters_later(night: Night) -> None:
    """Row 3 is too short; row 4 waits for its entity. Blank lines are no rows."""
    late = "XX01,J2,1,2026-01-15,1000,EUR,7,,,\nXX01,J2,2,2026-01-15,4000,EUR,,7,,"
    night.put("journal_lines", "a.csv", (SALE + "\n\n\nDE01,J9\n" + late + "\n").encode())
    night.run()
    assert night.quarantined() == [
        ("a.csv", 3, "ROW-SHAPE"), ("a.csv", 4, "REF-ENTITY-ID"), ("a.csv", 5, "REF-ENTITY-ID"),
    ]  # fmt: skip
    night.put("entities", "more.csv", "entity_id,name,functional_currency\nXX01,New,EUR")
    night.run()
    assert night.quarantined() == [("a.csv", 3, "ROW-SHAPE")]
    assert night.rows("journal_lines")["debit"].sum() == 10050 + 700


def test_a_locked_budget_version_refuses_changes(night: Night) -> None:
    head = "version,entity_id,period,account_id,currency,amount\n"
    night.put("budget_lines", "a.csv", f"{head}V,DE01,2026-03,6000,EUR,100.00\nW,DE01,2026-03,6000,EUR,1.00")
    night.put("budget_versions", "v.csv", "version,kind,effective_period,locked_on\nV,original,2026-01,2026-06-30")
    night.run()
    assert night.quarantined() == []  # the file came on the day of the lock
    night.put(
        "budget_versions", "w.csv", "version,kind,effective_period,locked_on\nV,original,2026-01,2026-06-29\n"
        "W,revised,2026-03,",
    )  # fmt: skip
    night.put("budget_lines", "b.csv", f"{head}V,DE01,2026-03,6000,EUR,999.00\nW,DE01,2026-03,6000,EUR,2.00")
    night.run()
    assert night.quarantined() == [("b.csv", 1, "KEY-LOCKED")]
    (row,) = night.report("quarantine").to_dict("records")
    assert "V is locked since 2026-06-29" in row["message"]
    stands = night.rows("budget_lines").set_index("version")["amount"]
    assert stands.to_dict() == {"V": 10_000, "W": 200}
    night.put("budget_lines", "c.csv", f"{head}V,DE01,2026-03,6000,EUR,100.00\nV,DE01,2026-04,6000,EUR,100.00")
    night.run()
    assert night.quarantined() == [("b.csv", 1, "KEY-LOCKED"), ("c.csv", 2, "KEY-LOCKED")]  # the same again may come
    assert sorted(night.rows("budget_lines")["amount"]) == [200, 10_000]


def test_of_files_in_one_night_those_after_the_lock_may_only_repeat_the_last_before_it(night: Night) -> None:
    head = "version,entity_id,period,account_id,currency,amount\n"
    row = "DE01,2026-03,6000,EUR"
    lines = [f"{head}V,{row},{amount}.00\nW,{row},{number}.00" for number, amount in enumerate((1, 2, 1, 2))]
    night.put("budget_versions", "v.csv", "version,kind,effective_period,locked_on\nV,original,2026-01,2026-06-30")
    for number, text in enumerate(lines):
        path = night.put("budget_lines", f"{number}.csv", text)
        late = path.stat().st_mtime + 80_000 * (number > 1)  # of the next day
        os.utime(path, (late, late))
    night.run()
    assert night.quarantined() == [("2.csv", 1, "KEY-LOCKED")]
    assert sorted(night.rows("budget_lines")["amount"]) == [200, 300]
