"""SAP documents, totals and plans as they lie in landing: what enters, what is left out and why."""

from pathlib import Path

import pytest

from finops_pipeline_tests.intake.sap import RANGES, SALE, SKA1, T001, SapNight, acdoca

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
        ("KS10000000004100", "01"), ("KS10000000004100", "04"), ("KS10000000004100", "11"), ("OR000001000000", "01"),
    )]  # fmt: skip
    sap.table(
        "csks",
        "KOKRS,KOSTL,DATAB,DATBI,BUKRS,KHINR\n1000,0000004100,20200101,20240131,1000,OLD\n1000,0000004100,20240201,99991231,1000,NEW",
    )
    sap.table("cosp", "\n".join([names, *rows]))
    sap.run()
    assert budget(sap) == [
        ("CO-000", "2024-01", "0000600000", 1000),
        ("CO-000", "2024-02", "0000600000", 1000),
        ("CO-000", "2024-12", "0000600000", 500),
    ]
    assert sap.reasons() == {
        "actual values, which the ledger has": 1,
        "statistical values": 1,
        "plan of no cost center": 1,
    }
