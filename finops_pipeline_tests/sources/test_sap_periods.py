"""Fiscal year variants of SAP: shifted years, weeks, thirteen periods, and what makes a year the calendar's."""

from datetime import date, timedelta

import pytest

from finops_pipeline.sources.sap import controls, files, journal, masters
from finops_pipeline.sources.sap.options import SapOptions
from finops_pipeline_tests.sources.derived import derive
from finops_pipeline_tests.sources.test_sap import LINE

Rows = list[dict[str, str]]
V3 = [{"periv": "V3", "bdatj": "0000", "bumon": f"{m:02d}", "butag": "31", "poper": f"{(m - 4) % 12 + 1:03d}",
       "reljr": "-1" if m < 4 else "0"} for m in range(1, 13)]  # fmt: skip


def weeks(first: date, pattern: list[int], year: int, variant: str = "W4") -> Rows:
    """T009B of one fiscal year of weeks: the last day of each period, and of the calendar year within one."""
    rows, last = [], first - timedelta(days=1)
    for number, length in enumerate(pattern, start=1):
        start, last = last + timedelta(days=1), last + timedelta(weeks=length)
        ends = [date(start.year, 12, 31), last] if start.year < last.year else [last]
        rows += [{"periv": variant, "bdatj": str(end.year), "bumon": f"{end.month:02d}", "butag": f"{end.day:02d}",
                  "poper": f"{number:03d}", "reljr": f"{year - end.year:+d}"} for end in ends]  # fmt: skip
    return rows


RETAIL = [*weeks(date(2022, 1, 30), [4, 5, 4] * 4, 2022), *weeks(date(2023, 1, 29), [4, 5, 4] * 3 + [4, 5, 5], 2023)]
"""The 4-5-4 calendar of retail: fiscal 2023 has 53 weeks, from 29 January 2023 to 3 February 2024."""


def months(variant: str, given: Rows, periods: list[tuple[str, str]], t009: Rows | None = None) -> list[tuple]:
    """(month, period number, verdict) of lines in fiscal years and periods."""
    company = [{"bukrs": "1", "butxt": "A", "waers": "EUR", "periv": variant}]
    rows = [LINE | {"gjahr": year, "ryear": year, "poper": period} for year, period in periods]
    others = {"t001": company, "t009b": given, "t009": t009 or []}
    made = derive(journal.universal_journal(SapOptions()), rows, others)
    return [(m["period"], m["period_no"], m["verdict"]) for m in made]


def test_a_shifted_year_has_its_periods_and_adjustments_in_other_months() -> None:
    wanted = [("2024", "001"), ("2024", "010"), ("2024", "012"), ("2024", "016")]
    assert months("V3", V3, wanted) == [
        ("2024-04", "1", None), ("2025-01", "10", None), ("2025-03", "12", None), ("2025-03", "16", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("column", "value"), [("bdatj", "9999999"), ("reljr", "99999999"), ("bumon", "99"), ("butag", "x")]
)
def test_a_row_of_the_calendar_that_is_garbled_stops_nothing(column: str, value: str) -> None:
    given = [V3[3] | {"butag": "30", column: value, "poper": "002"}, *V3]
    assert months("V3", given, [("2024", "003")]) == [("2024-06", "3", None)]


def test_a_period_that_is_no_number_stops_nothing() -> None:
    refused = ["2147483647", "40000", "17", "x"]
    assert {verdict for *_, verdict in months("V3", V3, [("2024", n) for n in refused])} == {"ROW-NUMBER|poper"}


def test_a_year_of_weeks_has_its_periods_in_the_months_they_are_mostly_in() -> None:
    wanted = [("2022", "001"), ("2022", "011"), ("2022", "012"), ("2023", "001"), ("2023", "012"), ("2023", "013")]
    assert months("W4", RETAIL, wanted) == [
        ("2022-02", "1", None), ("2022-12", "11", None), ("2023-01", "12", None), ("2023-02", "1", None),
        ("2024-01", "12", None), ("2024-01", "13", None),
    ]  # fmt: skip
    all_of_them = [(year, f"{n:03d}") for year in ("2022", "2023") for n in range(1, 13)]
    found = [month for month, *_ in months("W4", RETAIL, all_of_them)]
    assert found == sorted(set(found)), "every month has one period"


def test_days_of_two_years_are_two_rows_of_the_table() -> None:
    assert files.T009B.key == ("periv", "bdatj", "bumon", "butag")


def test_a_row_that_is_no_day_breaks_nothing() -> None:
    odd = [
        V3[0] | {"bumon": "13"},
        V3[0] | {"butag": "xx"},
        V3[0] | {"bdatj": "MMXX"},
        V3[0] | {"periv": "V9", "poper": "013"},
    ]
    said = [{"periv": "V3", "anzbp": "013"}]
    assert months("V3", [*V3, *odd], [("2024", "001")], said) == [("2024-04", "1", None)]
    assert [verdict for *_, verdict in months("V8", odd, [("2024", "013")], [{"periv": "V8", "anzbp": "013"}])] == [
        "REF-EXTRACT|t009b"
    ]


def test_a_year_that_the_variant_does_not_have_waits() -> None:
    assert [verdict for *_, verdict in months("W4", RETAIL, [("2024", "001")])] == ["REF-EXTRACT|t009b"]


def test_a_year_of_thirteen_periods_has_its_adjustments_after_them() -> None:
    given = weeks(date(2024, 1, 1), [4] * 13, 2024)
    said = [{"periv": "W4", "anzbp": "013", "anzsp": "03"}]
    wanted = [("2024", "001"), ("2024", "012"), ("2024", "013"), ("2024", "014"), ("2024", "016")]
    assert months("W4", given, wanted, said) == [
        ("2024-01", "1", None), ("2024-11", "12", None), ("2024-12", None, None), ("2024-12", "13", None),
        ("2024-12", "15", None),
    ]  # fmt: skip


@pytest.mark.parametrize(("xkale", "verdict"), [("X", None), ("", "REF-EXTRACT|t009b")])
def test_a_variant_whose_year_is_the_calendars_says_so(xkale: str, verdict: str | None) -> None:
    said = [{"periv": "Z1", "xkale": xkale}]
    assert months("Z1", [], [("2024", "003")], said) == [("2024-03", "3", verdict)]


def test_a_company_starts_its_year_where_the_weeks_do() -> None:
    rows = [
        {"bukrs": str(n), "butxt": "A", "waers": "EUR", "periv": periv} for n, periv in enumerate(("W4", "V3", "Z1"))
    ]
    others = {"t009b": [*RETAIL, *V3], "t009": [{"periv": "Z1", "xkale": "X"}]}
    made = derive(masters.company_codes(SapOptions()), rows, others)
    assert [(m["fiscal_year_start_month"], m["verdict"]) for m in made] == [("2", None), ("4", None), ("1", None)]


@pytest.mark.parametrize(("variant", "first", "last"), [("V3", "2023-04", "2024-03"), ("W4", "2023-02", "2024-01")])
def test_totals_of_a_shifted_year_are_balances_of_its_months(variant: str, first: str, last: str) -> None:
    row = {
        "rldnr": "0L",
        "ryear": "2023",
        "rbukrs": "1",
        "racct": "10",
        "hslvt": "7.00",
        "hsl01": "1.00",
        "hsl16": "2.00",
    }
    zeros = {f"hsl{n:02d}": "0.00" for n in range(2, 16)}
    others = {"t001": [{"bukrs": "1", "butxt": "A", "waers": "EUR", "periv": variant}], "t009b": [*RETAIL, *V3]}
    made = derive(controls.ledger_totals(SapOptions()), [row | zeros], others)
    closing = {m["period"]: float(m["closing"] or 0) for m in made}
    assert (len(closing), min(closing), max(closing)) == (12, first, last)
    assert (closing[first], closing[last]) == (8.0, 10.0)


def test_totals_are_read_of_twelve_periods() -> None:
    row = {"rldnr": "0L", "ryear": "2024", "rbukrs": "1", "racct": "10", "hslvt": "7.00"}
    zeros = {f"hsl{n:02d}": "0.00" for n in range(1, 17)}
    others = {"t001": [{"bukrs": "1", "butxt": "A", "waers": "EUR", "periv": "W4"}],
              "t009b": weeks(date(2024, 1, 1), [4] * 13, 2024), "t009": [{"periv": "W4", "anzbp": "013"}]}  # fmt: skip
    made = derive(controls.ledger_totals(SapOptions()), [row | zeros], others)
    assert {m["verdict"] for m in made} == {
        "ROW-VOCABULARY|ryear|totals are read of variants with 12 posting periods, and W4 has 13"
    }
