"""SAP tables as they lie in landing: what enters the canonical tables, what is left out and why, on which night."""

import gzip
from pathlib import Path

import pandas as pd
import pytest

from finops_pipeline_tests.intake.conftest import Night

ACDOCA = "RCLNT,RLDNR,RBUKRS,GJAHR,BELNR,DOCLN,RYEAR,POPER,BUDAT,RACCT,RHCUR,HSL,RWCUR,WSL,RRCTY,BSTAT,DRCRK,RCNTR,GLACCOUNT_TYPE"
RANGES = [
    {"first": "0000100000", "last": "0000199999", "account_type": "asset"},
    {"first": "0000200000", "last": "0000299999", "account_type": "equity"},
    {"first": "0000400000", "last": "0000499999", "account_type": "revenue"},
    {"first": "0000500000", "last": "0000699999", "account_type": "operating_expense"},
]
T001 = "MANDT,BUKRS,BUTXT,LAND1,WAERS,PERIV,KTOPL\n100,1000,Example AG,DE,EUR,K4,INT\n100,3000,Nippon KK,JP,JPY,K4,INT"
SKA1 = """MANDT,KTOPL,SAKNR,XBILK,KTOKS
100,INT,0000100000,X,GL
100,INT,0000200000,X,GL
100,INT,0000400000,,GL
100,INT,0000600000,,GL
"""
TCURX = "CURRKEY,CURRDEC\nJPY,0\nKWD,3"


class SapNight(Night):
    """A home into which SAP tables land."""

    def table(self, name: str, text: str, file: str = "") -> Path:
        return self.put(name, file or f"{name.upper()}.csv", text, source="sap")

    def lines(self) -> list[tuple[str, int, str, str, int]]:
        """(journal, line, period, account, functional amount in minor units) of every line."""
        rows = self.rows("journal_lines")
        net = rows["functional_debit"] - rows["functional_credit"]
        return sorted(zip(rows["journal_id"], rows["line_no"], rows["period"], rows["account_id"], net, strict=True))

    def reasons(self) -> dict[str, int]:
        found = self.report("left_out")
        return found.groupby("reason")["rows"].sum().to_dict()


@pytest.fixture
def sap(tmp_path: Path) -> SapNight:
    """Company codes in euro and yen, four accounts, TCURX."""
    night = SapNight(tmp_path, sap={"account_ranges": RANGES})
    night.table("t001", T001)
    night.table("ska1", SKA1)
    night.table("tcurx", TCURX)
    yield night
    totals = night.report("reconciliation")
    assert (totals["difference"].astype(float) == 0).all(), "every file must reconcile to the last digit"
    files = night.report("ingested_files")
    parts = ["rows_accepted", "rows_duplicate", "rows_quarantined", "rows_left_out"]
    assert (files["rows_read"] == files[parts].fillna(0).sum(axis=1)).all(), "every row has one fate"


def acdoca(*rows: str) -> str:
    return "\n".join([ACDOCA, *rows])


SALE = (
    "100,0L,1000,2024,0100000001,000001,2024,003,20240315,0000100000,EUR,119.00,EUR,119.00,0,,S,,",
    "100,0L,1000,2024,0100000001,000002,2024,003,20240315,0000400000,EUR,-119.00,EUR,-119.00,0,,H,,",
)


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


BKPF = "MANDT,BUKRS,BELNR,GJAHR,BLART,BLDAT,BUDAT,MONAT,WAERS,HWAER,BSTAT,LDGRP"
BSEG = "MANDT,BUKRS,BELNR,GJAHR,BUZEI,BSCHL,KOART,SHKZG,DMBTR,WRBTR,HKONT,KOSTL,XNEGP"


def header(number: str, status: str = "", group: str = "") -> str:
    return f"100,1000,{number},2024,SA,20240315,20240315,03,EUR,EUR,{status},{group}"


def document(number: str, amount: str = "297.00", negative: str = "") -> list[str]:
    return [
        f"100,1000,{number},2024,001,40,S,S,{amount},{amount},0000100000,,{negative}",
        f"100,1000,{number},2024,002,50,S,H,{amount},{amount},0000400000,,{negative}",
    ]


def test_amounts_without_a_sign_get_it_from_the_side(sap: SapNight) -> None:
    sap.table("bkpf", "\n".join([BKPF, header("0100000001")]))
    sap.table("bseg", "\n".join([BSEG, *document("0100000001"), *document("0100000002", negative="X")]))
    sap.run()
    assert sap.lines() == [
        ("2024-0100000001", 1, "2024-03", "0000100000", 29700),
        ("2024-0100000001", 2, "2024-03", "0000400000", -29700),
    ]
    assert [(row, rule) for _, row, rule in sap.quarantined()] == [(3, "REF-EXTRACT"), (4, "REF-EXTRACT")]
    sap.table("bkpf", "\n".join([BKPF, header("0100000002")]), "later.csv")
    sap.run()
    assert [amount for *_, amount in sap.lines()] == [29700, -29700, 29700, -29700]
    assert sap.quarantined() == []


@pytest.mark.parametrize("status", ["D", "M", "S", "V", "W", "Z"])
def test_a_document_that_is_no_posting_is_left_out_until_it_is_posted(sap: SapNight, status: str) -> None:
    sap.table("bseg", "\n".join([BSEG, *document("0100000001")]))
    sap.table("bkpf", "\n".join([BKPF, header("0100000001", status)]))
    sap.run()
    assert sap.lines() == []
    assert sap.reasons() == {"parked, sample, recurring or noted document": 2}
    sap.table("bkpf", "\n".join([BKPF, header("0100000001")]), "posted.csv")
    sap.run()
    assert len(sap.lines()) == 2
    assert sap.reasons() == {}
    sap.table("bkpf", "\n".join([BKPF, header("0100000001", "V" if status == "Z" else "Z")]), "deleted.csv")
    sap.run()
    assert sap.lines() == []


def test_an_unknown_document_status_and_side_are_not_guessed(sap: SapNight) -> None:
    sap.table("bkpf", "\n".join([BKPF, header("0100000001", "Q"), header("0100000002")]))
    sap.table(
        "bseg",
        "\n".join([BSEG, *document("0100000001"), *(r.replace(",S,S,", ",S,X,") for r in document("0100000002"))]),
    )
    sap.run()
    assert sap.lines() == []
    assert {rule for *_, rule in sap.quarantined()} == {"ROW-VOCABULARY", "JRN-BALANCE"}


def test_a_document_of_another_ledger_group_is_left_out(sap: SapNight) -> None:
    sap.table("bkpf", "\n".join([BKPF, header("0100000001", "L", "2L")]))
    sap.table("bseg", "\n".join([BSEG, *document("0100000001")]))
    sap.run()
    assert sap.reasons() == {"other ledger": 2}


def test_documents_stand_once_where_the_universal_journal_has_them_too(sap: SapNight) -> None:
    sap.table("bkpf", "\n".join([BKPF, header("0100000001")]))
    sap.table("bseg", "\n".join([BSEG, *document("0100000001", "119.00")]))
    sap.run()
    assert len(sap.lines()) == 2
    sap.table("acdoca", acdoca(*SALE))
    sap.run()
    assert [amount for *_, amount in sap.lines()] == [11900, -11900]
    assert sap.reasons() == {"document that the universal journal has": 2}


TOTALS = "RCLNT,RLDNR,RRCTY,RVERS,RYEAR,RBUKRS,RACCT,DRCRK,RTCUR,HSLVT," + ",".join(f"HSL{n:02d}" for n in range(1, 17))


def total(account: str, side: str, carried: str, *months: str, start: str = "100,0L,0,001,2024,1000") -> str:
    return ",".join([start, account, side, "EUR", carried, *months, *["0.00"] * (16 - len(months))])


def test_totals_become_balances_after_each_month_with_adjustments_in_the_last(sap: SapNight) -> None:
    year = ["1.00"] + ["0.00"] * 10 + ["2.00", "0.25", "0.00", "0.00", "0.50"]
    sap.table(
        "faglflext",
        "\n".join([TOTALS, total("0000100000", "S", "10.00", *year), total("0000100000", "H", "0.00", "-0.40")]),
    )
    sap.run()
    figures = sap.rows("control_balances").groupby("period")[["net_activity", "closing"]].sum()
    assert figures.loc["2024-01"].tolist() == [60, 1060]
    assert figures.loc["2024-11"].tolist() == [0, 1060]
    assert figures.loc["2024-12"].tolist() == [275, 1335]


def test_totals_of_plans_versions_and_other_ledgers_are_no_control_figures(sap: SapNight) -> None:
    starts = ("100,2L,0,001,2024,1000", "100,0L,1,001,2024,1000", "100,0L,0,002,2024,1000")
    sap.table("faglflext", "\n".join([TOTALS, *(total("0000100000", "S", "1.00", start=s) for s in starts)]))
    sap.run()
    assert sap.reasons() == {"other ledger": 1, "plan": 1, "other version": 1}
    assert sap.rows("control_balances").empty


def test_totals_delivered_again_replace_those_before(sap: SapNight) -> None:
    for day, amount in (("monday", "1.00"), ("tuesday", "2.00")):
        sap.table("faglflext", "\n".join([TOTALS, total("0000100000", "S", "0.00", amount)]), f"{day}.csv")
        sap.run()
    assert sap.rows("control_balances")["closing"].unique().tolist() == [200]


ACDOCP = "RCLNT,RLDNR,RBUKRS,RYEAR,POPER,CATEGORY,RACCT,RCNTR,RHCUR,HSL"


def budget(night: SapNight) -> list[tuple[str, str, str, int]]:
    rows = night.rows("budget_lines")
    return sorted(zip(rows["version"], rows["period"], rows["account_id"], rows["amount"], strict=True))


def test_a_plan_is_in_natural_sign_and_rows_of_one_line_add_up(sap: SapNight) -> None:
    rows = [
        "100,0L,1000,2024,001,PLN,0000400000,,EUR,-100.00",
        "100,0L,1000,2024,001,PLN,0000400000,,EUR,-20.00",
        "100,0L,1000,2024,001,PLN,0000600000,,EUR,30.00",
        "100,0L,1000,2024,013,PLN,0000600000,,EUR,1.00",
        "100,0L,1000,2024,000,PLN,0000100000,,EUR,999.00",
        "100,2L,1000,2024,001,PLN,0000600000,,EUR,30.00",
        "100,0L,1000,2024,002,PLN,0000600000,,EUR,x",
    ]
    sap.table("acdocp", "\n".join([ACDOCP, *rows]), "plan.csv")
    sap.run()
    assert budget(sap) == [
        ("PLN", "2024-01", "0000400000", 12000),
        ("PLN", "2024-01", "0000600000", 3000),
        ("PLN", "2024-12", "0000600000", 100),
    ]
    assert sap.reasons() == {
        "part of a budget line with several rows": 1, "balance carried forward": 1, "other ledger": 1,
    }  # fmt: skip
    assert [(row, rule) for _, row, rule in sap.quarantined()] == [(7, "ROW-MONEY")]


def test_a_plan_whose_account_is_not_known_waits_for_its_sign(tmp_path: Path) -> None:
    night = SapNight(tmp_path, sap={"account_ranges": RANGES})
    night.table("t001", T001)
    night.table("acdocp", f"{ACDOCP}\n100,0L,1000,2024,001,PLN,0000400000,,EUR,-100.00")
    night.run()
    assert {rule for *_, rule in night.quarantined()} == {"REF-ACCOUNT-ID"}
    night.table("ska1", SKA1)
    night.run()
    assert budget(night) == [("PLN", "2024-01", "0000400000", 10000)]


def test_plan_totals_of_controlling_are_read_and_actual_ones_left_to_the_ledger(sap: SapNight) -> None:
    names = "MANDT,OBJNR,GJAHR,WRTTP,VERSN,KSTAR," + ",".join(f"WOG{n:03d}" for n in range(1, 17))
    months = ",".join(["10.00"] * 2 + ["0.00"] * 10 + ["5.00"] + ["0.00"] * 3)
    rows = [f"100,{place},2024,{kind},000,0000600000,{months}" for place, kind in (
        ("KS10000000004100", "01"), ("KS10000000004100", "04"), ("OR000001000000", "01"),
    )]  # fmt: skip
    sap.table("csks", "KOKRS,KOSTL,DATBI,BUKRS\n1000,0000004100,99991231,1000")
    sap.table("cosp", "\n".join([names, *rows]))
    sap.run()
    assert budget(sap) == [
        ("CO-000", "2024-01", "0000600000", 1000),
        ("CO-000", "2024-02", "0000600000", 1000),
        ("CO-000", "2024-12", "0000600000", 500),
    ]
    assert sap.reasons() == {"actual values, which the ledger has": 1, "plan of no cost center": 1}
