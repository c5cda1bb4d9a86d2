"""SAP tables as they lie in landing: what enters the canonical tables, what is left out and why, on which night."""

import gzip
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from finops_pipeline_tests.intake.sap import ACDOCA, RANGES, SALE, SKA1, T001, TCURX, SapNight, acdoca


def test_signed_amounts_keep_their_sign_and_codes_keep_their_zeros(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*SALE))
    sap.run()
    assert sap.quarantined() == []
    assert sap.lines() == [
        ("2024-0100000001", 1, "2024-03", "0000100000", 11900),
        ("2024-0100000001", 2, "2024-03", "0000400000", -11900),
    ]
    assert sap.rows("accounts")["account_id"].tolist() == ["0000100000", "0000200000", "0000400000", "0000600000"]
    assert sap.rows("entities")[["entity_id", "name", "functional_currency"]].to_numpy().tolist() == [
        ["1000", "Example AG", "EUR"],
        ["3000", "Nippon KK", "JPY"],
    ]


def test_one_ledger_is_read(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*SALE, *(row.replace(",0L,", ",2L,") for row in SALE)))
    sap.run()
    assert len(sap.lines()) == 2
    assert sap.reasons() == {"other ledger": 2}


def test_plan_and_secondary_cost_lines_are_no_actuals(sap: SapNight) -> None:
    plan = [row.replace("0100000001", "0100000002").replace(",0,,S", ",1,,S").replace(",0,,H", ",3,,H") for row in SALE]
    secondary = [row.replace("0100000001", "0100000003") + "S" for row in SALE]
    sap.table("acdoca", acdoca(*SALE, *plan, *secondary))
    sap.run()
    assert len(sap.lines()) == 2
    assert sap.reasons() == {"plan": 2, "secondary cost line": 2}


CARRIED = (
    "100,0L,1000,{0},0000000000,000001,{0},000,{0}0101,0000100000,EUR,{1},EUR,{1},0,C,S,,",
    "100,0L,1000,{0},0000000000,000002,{0},000,{0}0101,0000200000,EUR,-{1},EUR,-{1},0,C,H,,",
)


def carried(year: int, amount: str) -> list[str]:
    return [row.format(year, amount) for row in CARRIED]


def test_the_first_carry_forward_opens_the_books_and_later_ones_repeat_them(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*carried(2024, "50.00"), *SALE, *carried(2025, "169.00")))
    sap.run()
    assert sap.lines()[:2] == [
        ("2024-0100000001", 1, "2024-03", "0000100000", 11900),
        ("2024-0100000001", 2, "2024-03", "0000400000", -11900),
    ]
    assert sap.lines()[2:] == [
        ("2024-opening-0000000000", 1, "2023-12", "0000100000", 5000),
        ("2024-opening-0000000000", 2, "2023-12", "0000200000", -5000),
    ]
    assert sap.reasons() == {"balance carried forward from a year that is here": 2}


def test_an_earlier_year_that_arrives_later_takes_the_opening_balance_back(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*carried(2024, "50.00"), *SALE), "2024.csv")
    sap.run()
    assert len(sap.lines()) == 4
    sap.table("acdoca", acdoca(*(row.replace("2024", "2023") for row in SALE)), "2023.csv")
    sap.run()
    assert {(journal, period) for journal, _, period, *_ in sap.lines()} == {
        ("2024-0100000001", "2024-03"),
        ("2023-0100000001", "2023-03"),
    }
    assert sap.file("2024.csv")[["rows_accepted", "rows_left_out"]].tolist() == [2, 2]


@pytest.mark.parametrize("period", ["013", "016"])
def test_special_periods_adjust_december_and_keep_their_number(sap: SapNight, period: str) -> None:
    sap.table("acdoca", acdoca(*(row.replace(",003,20240315", f",{period},20241231") for row in SALE)))
    sap.run()
    lines = sap.rows("journal_lines")
    assert lines["period"].unique().tolist() == ["2024-12"]
    assert lines["period_no"].unique().tolist() == [int(period)]


def test_a_shifted_fiscal_year_is_mapped_by_its_variant(sap: SapNight) -> None:
    sap.table("t001", T001.replace("EUR,K4", "EUR,V3"), "T001_V3.csv")
    sap.table("acdoca", acdoca(*SALE, *(r.replace("0100000001", "0100000002").replace(",003,", ",010,") for r in SALE)))
    sap.run()
    assert {rule for *_, rule in sap.quarantined()} == {"REF-EXTRACT", "REF-ENTITY-ID"} or sap.lines() == []
    months = "\n".join(
        f"V3,0000,{month:02d},31,{(month - 4) % 12 + 1:03d},{'-1' if month < 4 else '0'}" for month in range(1, 13)
    )
    sap.table("t009b", "PERIV,BDATJ,BUMON,BUTAG,POPER,RELJR\n" + months)
    sap.run()
    # period 3 of fiscal year 2024 (April 2024 to March 2025) is June 2024, period 10 January 2025
    assert {(journal, period) for journal, _, period, *_ in sap.lines()} == {
        ("2024-0100000001", "2024-06"),
        ("2024-0100000002", "2025-01"),
    }
    assert sap.rows("entities")["fiscal_year_start_month"].tolist() == [4, 1]


def yen(amount: str) -> list[str]:
    return [row.replace("1000,2024", "3000,2024").replace("EUR", "JPY").replace("119.00", amount) for row in SALE]


def test_yen_are_stored_with_two_decimals_they_do_not_have(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*yen("123.45")))
    sap.run()
    assert [amount for *_, amount in sap.lines()] == [12345, -12345]


def test_yen_wait_for_tcurx(tmp_path: Path) -> None:
    night = SapNight(tmp_path, sap={"account_ranges": RANGES})
    night.table("t001", T001)
    night.table("ska1", SKA1)
    night.table("acdoca", acdoca(*SALE, *yen("123.45")))
    night.run()
    assert len(night.lines()) == 2
    assert [(row, rule) for _, row, rule in night.quarantined()] == [(3, "REF-EXTRACT"), (4, "REF-EXTRACT")]
    night.table("tcurx", TCURX)
    night.run()
    assert night.quarantined() == []
    assert sorted(amount for *_, amount in night.lines()) == [-12345, -11900, 11900, 12345]


def test_amounts_of_a_list_are_shown_with_the_decimals_of_their_currency(tmp_path: Path) -> None:
    night = SapNight(tmp_path, sap={"account_ranges": RANGES, "amounts": "shown"})
    night.table("t001", T001)
    night.table("ska1", SKA1)
    night.table("acdoca", acdoca(*yen("12345")))
    night.run()
    assert [amount for *_, amount in night.lines()] == [12345, -12345]


LIST = """Display of journal entries
03.04.2024  Example AG

RLDNR;RBUKRS;GJAHR;BELNR;DOCLN;POPER;BUDAT;RACCT;RHCUR;HSL
0L;1000;2024;0100000001;000001;003;15.03.2024;0000100000;EUR;1.234.567,89
0L;1000;2024;0100000001;000002;003;15.03.2024;0000400000;EUR;1.234.567,89-
"""


def test_a_printed_list_has_a_title_commas_for_decimals_and_the_minus_behind(sap: SapNight) -> None:
    sap.table("acdoca", "placeholder", "list.csv").write_text(LIST)
    sap.run()
    assert sap.quarantined() == []
    assert [amount for *_, amount in sap.lines()] == [123456789, -123456789]


BARS = """
-----------------------------------------------------------------------------
|RLDNR|RBUKRS|GJAHR|BELNR     |DOCLN |POPER|BUDAT     |RACCT     |RHCUR|HSL      |
-----------------------------------------------------------------------------
|0L   |1000  |2024 |0100000001|000001|003  |15.03.2024|0000100000|EUR  |   119,00 |
|0L   |1000  |2024 |0100000001|000002|003  |15.03.2024|0000400000|EUR  |   119,00-|
-----------------------------------------------------------------------------
"""


def test_lines_of_dashes_between_bars_are_no_rows(sap: SapNight) -> None:
    sap.table("acdoca", "placeholder", "list.csv").write_text(BARS)
    sap.run()
    assert sap.quarantined() == []
    assert sap.file("list.csv")["rows_read"] == 2
    assert [amount for *_, amount in sap.lines()] == [11900, -11900]


def test_a_number_that_can_be_read_in_two_ways_is_not_guessed(sap: SapNight) -> None:
    sap.table("acdoca", "placeholder", "list.csv").write_text(LIST.replace("1.234.567,89", "1.234"))
    sap.run()
    assert sap.lines() == []
    assert {rule for *_, rule in sap.quarantined()} == {"ROW-DECIMALS"}


def test_a_line_that_differs_in_local_currency_alone_is_booked_in_it(sap: SapNight) -> None:
    rates = [row.replace("EUR,119.00,0", "USD,0.00,0").replace("EUR,-119.00,0", "USD,0.00,0") for row in SALE]
    sap.table("acdoca", acdoca(*rates))
    sap.run()
    lines = sap.rows("journal_lines")
    assert lines["currency"].tolist() == ["EUR", "EUR"]
    assert lines["functional_debit"].tolist() == [11900, 0]


def test_an_unknown_line_status_is_not_taken_for_a_posting(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*(row.replace(",0,,", ",0,X,") for row in SALE)))
    sap.run()
    assert sap.lines() == []
    assert {rule for *_, rule in sap.quarantined()} == {"ROW-VOCABULARY"}


@pytest.mark.parametrize("year", ["20X4", "2.024", "9999999", "0"])
def test_a_fiscal_year_that_is_none_is_not_that_of_the_posting(sap: SapNight, year: str) -> None:
    """The month was that of the posting date, or one of the year 2."""
    sap.table("acdoca", acdoca(*(row.replace(",2024,003,", f",{year},003,") for row in SALE)), "a.csv")
    sap.run()
    assert sap.quarantined() == [("a.csv", 1, "ROW-NUMBER"), ("a.csv", 2, "ROW-NUMBER")]
    assert sap.report("quarantine")["column_name"].unique().tolist() == ["ryear"]


def test_columns_match_in_any_case_and_unknown_ones_are_noted(sap: SapNight) -> None:
    text = acdoca(*SALE).replace(ACDOCA, ACDOCA.lower().replace("rcntr", "zz_own_field"))
    sap.table("acdoca", text, "a.csv")
    sap.run()
    assert len(sap.lines()) == 2
    assert sap.file("a.csv")["reason"] == "unknown columns left out: drcrk, zz_own_field"


def test_parquet_and_gz_are_read_like_text(sap: SapNight, tmp_path: Path) -> None:
    frame = pd.DataFrame([row.split(",") for row in SALE], columns=ACDOCA.split(","))
    frame["HSL"] = frame["HSL"].astype("float64").round(2)
    frame["BUDAT"] = pd.to_datetime(frame["BUDAT"])
    file = tmp_path / "x.parquet"
    frame.to_parquet(file)
    sap.table("acdoca", "x", "a.parquet").write_bytes(file.read_bytes())
    other = [row.replace("0100000001", "0100000009") for row in SALE]
    sap.table("acdoca", "x", "b.csv.gz").write_bytes(gzip.compress(acdoca(*other).encode()))
    sap.run()
    assert sap.quarantined() == []
    assert [amount for *_, amount in sap.lines()] == [11900, -11900, 11900, -11900]


_ODD = (
    "100,0L,3000,2024,0100000004,000001,2024,004,20240410,0000100000,JPY,123.45,USD,1.50,0,,S,,",
    "100,0L,3000,2024,0100000004,000002,2024,004,20240410,0000400000,JPY,-123.45,USD,-1.50,0,,H,,",
    "100,0L,1000,2024,0100000005,000001,2024,013,20241231,0000600000,EUR,0.05,EUR,0,0,,S,,",
    "100,0L,1000,2024,0100000005,000002,2024,013,20241231,0000400000,EUR,-0.05,EUR,0,0,,H,,",
    "100,0L,1000,2024,0100000006,000001,2024,004,20240231,0000600000,EUR,5.00,EUR,5.00,0,,S,,",
    "100,0L,1000,2024,0100000006,00000x,2024,004,20240410,0000400000,EUR,-5.00,EUR,-5.00,0,,H,,",
    "100,0L,1000,2024,0100000007,000001,2024,017,20240410,0000600000,EUR,5.00,EUR,5.00,0,,S,,",
    "100,0L,1000,2024,0100000008,000001,2024,004,20240410,0000600000,EUR,0.00,EUR,0.00,0,,S,,",
    "100,0L,1000,2024,0100000009,000001,2024,004,20240410,0000600000,EUR,7.001,EUR,7.001,0,,S,,",
)


@pytest.mark.parametrize("kind", ["DECIMAL(23, 3)", "DECIMAL(38, 9)", "VARCHAR"])
def test_parquet_with_exact_numbers_says_the_same_as_text(tmp_path: Path, kind: str) -> None:
    text = acdoca(*SALE, *_ODD, *carried(2024, "50.00"))
    said = []
    for form in ("csv", "parquet"):
        sap = SapNight(tmp_path / form, sap={"account_ranges": RANGES})
        for name, table in (("t001", T001), ("ska1", SKA1), ("tcurx", TCURX)):
            sap.table(name, table)
        file = sap.table("acdoca", text)
        if form == "parquet":
            numbers = f"CAST(nullif(HSL, '') AS {kind}) AS HSL, CAST(nullif(WSL, '') AS {kind}) AS WSL"
            duckdb.execute(
                f"COPY (SELECT * REPLACE ({numbers}) FROM read_csv('{file}', all_varchar = true)) "
                f"TO '{file.with_suffix('.parquet')}' (FORMAT parquet)"
            )
            file.unlink()
        sap.run()
        sap.assert_accounted_for()
        rows = sap.rows("journal_lines")
        out = [(row, rule) for _, row, rule in sap.quarantined()]
        said.append((rows.sort_values(["journal_id", "line_no"]).to_dict("records"), out, sap.reasons()))
    assert len(said[0][0]) == 8
    assert [rule for _, rule in said[0][1]] == ["ROW-DATE", "ROW-NUMBER", "ROW-NUMBER", "ROW-DECIMALS"]
    assert said[0] == said[1]


def test_what_is_wrong_is_said_with_the_words_of_the_file(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*SALE, _ODD[4]))
    sap.run()
    (message,) = sap.report("quarantine")["message"]
    assert message == "budat is '20240231': write a calendar day as YYYY-MM-DD"


def test_a_document_delivered_again_stands_once_and_the_later_file_wins(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*SALE), "monday.csv")
    sap.run()
    sap.table("acdoca", acdoca(*(row.replace("119.00", "120.00") for row in SALE)), "tuesday.csv")
    sap.run()
    assert [amount for *_, amount in sap.lines()] == [12000, -12000]


def test_a_document_that_leaves_the_ledger_later_is_taken_back(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*SALE), "monday.csv")
    sap.run()
    sap.table("acdoca", acdoca(*(row.replace(",0,,", ",1,,") for row in SALE)), "tuesday.csv")
    sap.run()
    assert sap.lines() == []
    sap.table("t001", T001.replace("Example AG", "Example SE").replace("EUR,K4", "EUR,K1"), "T001_later.csv")
    sap.run()  # the first file is derived again, and what overruled it still does
    assert sap.lines() == []


def test_running_twice_is_running_once(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(*SALE, SALE[0]))
    sap.run()
    before = sap.lines(), sap.report("reconciliation").to_csv(), sap.report("left_out").to_csv()
    assert sap.run().new_files == 0
    assert (sap.lines(), sap.report("reconciliation").to_csv(), sap.report("left_out").to_csv()) == before
    assert sap.file("ACDOCA.csv")[["rows_accepted", "rows_duplicate"]].tolist() == [2, 1]


def test_everything_may_arrive_in_any_order_on_different_nights(tmp_path: Path) -> None:
    night = SapNight(tmp_path, sap={"account_ranges": RANGES})
    night.table("acdoca", acdoca(*SALE))
    night.run()
    assert {rule for *_, rule in night.quarantined()} == {"REF-EXTRACT"}
    night.table("ska1", SKA1)
    night.run()
    night.table("t001", T001)
    night.run()
    assert night.quarantined() == []
    assert len(night.lines()) == 2
    assert night.file("ACDOCA.csv")[["rows_accepted", "rows_quarantined"]].tolist() == [2, 0]


def test_an_unbalanced_document_stays_out_whole(sap: SapNight) -> None:
    sap.table("acdoca", acdoca(SALE[0], SALE[1].replace("-119.00", "-118.00")))
    sap.run()
    assert sap.lines() == []
    assert {rule for *_, rule in sap.quarantined()} == {"JRN-BALANCE"}
