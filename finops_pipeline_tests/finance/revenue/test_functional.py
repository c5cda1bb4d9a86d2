"""Contracts in foreign currency: the standard's example, hand calculations, a plain one-contract twin, and the proofs."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance import periods
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.revenue import explain, revenue_journal, revenue_rollforward
from finops_pipeline.finance.revenue.functional import Functional, functional_books, of_same_contracts
from finops_pipeline.finance.revenue.functional_proofs import functional_findings, functional_journal_findings
from finops_pipeline_tests.finance.revenue.chance import by_chance
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, read
from finops_pipeline_tests.finance.revenue.plain_books import naming, plain_books

HALF_YEAR = periods.span("2026-01", "2026-06")
YEARS = periods.span("2026-01", "2028-06")


def books(
    case: Deals, rates: Rates, wanted: list[str], financing: pd.DataFrame | None = None, proration: str = "daily"
) -> Functional:
    """The functional books; their proofs find nothing."""
    lines = case.schedule(wanted[-1], proration).lines
    made = functional_books(
        lines, case.contracts, case.obligations, case.events, case.entities, rates, wanted, financing
    )
    assert_keeps("revenue_rollforward_functional", made.rollforward)
    assert_keeps("revenue_journal_functional", made.journal)
    assert problems(case, made, rates, wanted, financing, proration) == []
    return made


def problems(
    case: Deals,
    made: Functional,
    rates: Rates,
    wanted: list[str],
    financing: pd.DataFrame | None = None,
    proration: str = "daily",
) -> list[str]:
    lines = case.schedule(wanted[-1], proration).lines
    transacted = revenue_rollforward(lines, case.contracts, case.events, wanted, financing)
    same = of_same_contracts(transacted, case.contracts, case.entities, made)
    found = functional_findings(made.rollforward, made.layers, same, rates, wanted, made.gaps)
    return [f.rule_id for f in [*found, *functional_journal_findings(made.journal, made.rollforward, same)]]


def foreign(obligations: str, events: str) -> Deals:
    """One contract in dollars of an entity that keeps its books in euros."""
    case = deals("contract_id signed_on currency \n C1 2026-01-01 USD", obligations, events)
    usd = {"contract_currency": pd.array(["USD"], dtype="str")[0]}
    return Deals(case.contracts, case.obligations.assign(**usd), case.events.assign(**usd), case.entities)


# IFRIC 22 Example 4 (IE16-18), compared with the text, in hundreds of FC and LC: 200 received on 31 January; products for
# 450 and 550 transferred on 1 March and 1 June; 250 due on the first transfer, 800 received on 1 June. The text
# stops at journal entries; closing rates of the months between are ours, so that the receivable moves.
EXAMPLE_4 = foreign(
    "contract_id obligation_id stated_price \n C1 A 45000 \n C1 B 55000",
    """
    contract_id  event_date  event_type  obligation_id  amount
    C1           2026-01-31  invoice     -              20000
    C1           2026-01-31  payment     -              20000
    C1           2026-03-01  delivery    A              -
    C1           2026-03-01  invoice     -              25000
    C1           2026-06-01  delivery    B              -
    C1           2026-06-01  invoice     -              55000
    C1           2026-06-01  payment     -              80000
    """,
)
EXAMPLE_4_RATES = """
    from_currency  to_currency  rate_type  rate  period   rate_date
    USD            EUR          spot       1.50  -        2026-01-31
    USD            EUR          spot       1.70  -        2026-03-01
    USD            EUR          spot       1.90  -        2026-06-01
    USD            EUR          closing    1.75  2026-03  -
    USD            EUR          closing    1.80  2026-04  -
    USD            EUR          closing    1.85  2026-05  -
"""


def rates_of(text: str) -> Rates:
    return Rates.of(read("fx_rates", text))


def moved(made: Functional, entry: str) -> list[tuple[str, int]]:
    """Month and amount of an entry, by the side of its first line."""
    lines = made.journal[(made.journal["entry"] == entry) & (made.journal["line_no"] % 2 == 1)]
    return list(zip(lines["period"], (lines["debit"] - lines["credit"]).tolist(), strict=True))


def test_example_4_of_ifric_22() -> None:
    # 1 March: 200 x 1.50 + 250 x 1.70 = 725; 1 June: 550 x 1.90 = 1,045; 250 x (1.90 - 1.70) = 50 gained on payment
    made = books(EXAMPLE_4, rates_of(EXAMPLE_4_RATES), HALF_YEAR)
    assert moved(made, "revenue") == [("2026-03", 72500), ("2026-06", 104500)]
    assert moved(made, "cash") == [("2026-01", 30000), ("2026-06", 152000)]
    assert moved(made, "realized_exchange") == [("2026-06", 5000)]
    unrealized = [("2026-03", 1250), ("2026-04", 1250), ("2026-05", 1250), ("2026-06", -3750)]
    assert moved(made, "unrealized_exchange") == unrealized


def test_what_comes_and_goes_within_a_month_leaves_its_exchange_difference() -> None:
    # 100 received at 1.10 and given back at 1.30 ten days later: a loss of 20, though nothing moved in dollars
    case = foreign(
        "contract_id obligation_id stated_price \n C1 A 40000",
        """
        contract_id  event_date  event_type  amount
        C1           2026-01-10  payment     10000
        C1           2026-01-20  refund      10000
        C1           2026-02-10  invoice     5000
        C1           2026-02-10  invoice     -5000
        """,
    )
    rates = rates_of("""
        from_currency  to_currency  rate_type  rate  period   rate_date
        USD            EUR          spot       1.10  -        2026-01-10
        USD            EUR          spot       1.30  -        2026-01-20
        USD            EUR          spot       1.40  -        2026-02-10
    """)
    made = books(case, rates, ["2026-01", "2026-02"])
    assert moved(made, "cash") == [("2026-01", -2000)]
    assert moved(made, "realized_exchange") == [("2026-01", -2000)]
    assert set(made.rollforward["period"]) == {"2026-01"}
    assert books(case, rates, ["2026-02"]).journal.empty


def test_missing_rate_leaves_the_contract_out_and_says_what_to_add() -> None:
    without = EXAMPLE_4_RATES.replace("closing    1.75  2026-03", "closing    1.75  2025-03")
    without = without.replace("spot       1.50  -        2026-01-31", "spot       1.50  -        2026-01-23")
    made = books(EXAMPLE_4, rates_of(without), HALF_YEAR)
    assert made.rollforward.empty
    assert made.journal.empty
    (finding,) = made.findings
    assert (finding.rule_id, finding.subject, finding.severity) == ("REV-200", "C1", "warning")
    assert "from 2026-01 on: no average rate USD→EUR for 2026-01: add it to fx_rates" in finding.message
    assert "and 1 more rates" in finding.message


def with_a_gap(month: str, wanted: list[str]) -> Functional:
    """The books of Example 4 without the closing rate of a month."""
    rates = Rates.of(read("fx_rates", EXAMPLE_4_RATES).query("not (period == @month)"))
    return books(EXAMPLE_4, rates, wanted)


@pytest.mark.parametrize("month", ["2026-03", "2026-04", "2026-05"])
def test_months_before_a_missing_rate_are_as_they_would_be_with_it(month: str) -> None:
    made, whole = with_a_gap(month, HALF_YEAR), books(EXAMPLE_4, rates_of(EXAMPLE_4_RATES), HALF_YEAR)
    for rows, due in ((made.rollforward, whole.rollforward), (made.journal, whole.journal)):
        assert len(rows)
        pd.testing.assert_frame_equal(rows, due[due["period"] < month].reset_index(drop=True))
    (finding,) = made.findings
    assert (finding.period, made.gaps) == (month, {"C1": month})
    assert finding.message.startswith(
        f"left out of the functional books from {month} on: no closing rate USD→EUR for {month}"
    )
    assert with_a_gap(month, HALF_YEAR[-1:]).rollforward.empty


def test_a_gap_of_one_contract_leaves_the_others_whole() -> None:
    heads, goods, happened = (
        pd.concat([f, f.assign(contract_id=pd.array(["C2"] * len(f), dtype="str"), event_id=f["event_id"] + "x")
                   if "event_type" in f else f.assign(contract_id=pd.array(["C2"] * len(f), dtype="str"))], ignore_index=True)
        for f in (EXAMPLE_4.contracts, EXAMPLE_4.obligations, EXAMPLE_4.events)
    )  # fmt: skip
    pounds = {"C2": "GBP", "C1": "USD"}
    heads["currency"] = heads["contract_id"].map(pounds).astype("str")
    goods["contract_currency"] = goods["contract_id"].map(pounds).astype("str")
    happened["contract_currency"] = happened["contract_id"].map(pounds).astype("str")
    case = Deals(heads, goods, happened, EXAMPLE_4.entities)
    known = EXAMPLE_4_RATES + EXAMPLE_4_RATES.replace("USD", "GBP").split("\n", 2)[2]
    rates = Rates.of(read("fx_rates", known).query("not (period == '2026-04' and from_currency == 'USD')"))
    made = books(case, rates, HALF_YEAR)
    assert made.gaps == {"C1": "2026-04"}
    assert made.rollforward.groupby("contract_id")["period"].max().to_dict() == {"C1": "2026-03", "C2": "2026-06"}


def test_books_that_break_before_a_gap_are_found_and_rows_after_it_too() -> None:
    made = with_a_gap("2026-03", HALF_YEAR)
    rates, last = rates_of(EXAMPLE_4_RATES), made.rollforward["period"] == "2026-02"

    def found(**broken: Any) -> set[str]:
        return set(problems(EXAMPLE_4, replace(made, **broken), rates, HALF_YEAR))

    assert last.any()
    assert found(rollforward=made.rollforward[~last]) == {"REV-202", "REV-205"}
    assert found(layers=made.layers[:0]) == {"REV-204"}
    assert found(gaps={}) >= {"REV-202", "REV-205"}
    whole = books(EXAMPLE_4, rates, HALF_YEAR)
    assert found(rollforward=whole.rollforward) >= {"REV-202", "REV-205"}


def test_contract_in_functional_currency_needs_no_rate() -> None:
    case = deals(
        "contract_id signed_on \n C1 2026-01-01",
        "contract_id obligation_id stated_price \n C1 A 1000",
        "contract_id event_date event_type amount \n C1 2026-02-01 invoice 1000",
    )
    made = books(case, Rates({}), HALF_YEAR)
    assert (len(made.rollforward), len(made.journal), made.findings) == (0, 0, [])


def test_interest_comes_in_at_the_average_of_its_month_and_goes_at_the_rates_of_the_oldest() -> None:
    case = foreign("contract_id obligation_id stated_price \n C1 A 10000",
                   "contract_id event_date event_type amount \n C1 2026-01-31 payment 8000")  # fmt: skip
    financing = pd.DataFrame({"contract_id": ["C1", "C1"], "period": ["2026-02", "2026-03"], "interest": [200, -100]})
    rates = rates_of("""
        from_currency  to_currency  rate_type  rate  period   rate_date
        USD            EUR          spot       1.50  -        2026-01-31
        USD            EUR          average    1.60  2026-02  -
    """)
    made = books(case, rates, ["2026-01", "2026-02", "2026-03"], financing.astype({"contract_id": "str"}))
    assert moved(made, "interest_expense") == [("2026-02", 320)]
    assert moved(made, "interest_income") == [("2026-03", 150)]


def _walk(rng: Random) -> Rates:
    known: dict[tuple[str, str, str, str], Decimal] = {}
    for kind in ("average", "closing"):
        for period in YEARS:
            known["USD", "EUR", kind, period] = Decimal(rng.randint(7000, 13000)) / 10_000
    spots = {("USD", "EUR", date(2026, m, d)): Decimal(rng.randint(7000, 13000)) / 10_000
             for m in range(1, 13) for d in range(1, 29)}  # fmt: skip
    return Rates(known, spots)


def _in_dollars(case: Deals) -> Deals:
    heads = case.contracts.assign(currency=pd.array(["USD"] * len(case.contracts), dtype="str"))
    goods, events = (f.assign(contract_currency=pd.array(["USD"] * len(f), dtype="str"))
                     for f in (case.obligations, case.events))  # fmt: skip
    return Deals(heads, goods, events, case.entities)


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**9))
def test_books_are_those_of_a_plain_queue_of_layers(seed: int) -> None:
    rng = Random(seed)
    case, rates = naming(rng, _in_dollars(by_chance(rng, 3, changes=True))), _walk(rng)
    made = books(case, rates, YEARS)
    assert made.findings == []
    liability = made.rollforward[made.rollforward["balance"] == "contract_liability"]
    for contract, rows in liability.groupby("contract_id"):
        shown: dict[tuple[str, str], Any] = {
            ("revenue", p): -v for p, v in zip(rows["period"], rows["recognized"], strict=True)
        }
        shown |= {("liability", p): v for p, v in zip(rows["period"], rows["closing"], strict=True)}
        assert shown == plain_books(case, str(contract), rates, YEARS)


@settings(max_examples=3, deadline=None)
@given(st.integers(0, 10**9))
def test_at_a_rate_of_one_the_books_are_those_in_contract_currency_and_nothing_is_exchanged(seed: int) -> None:
    case = _in_dollars(by_chance(Random(seed), 3, changes=True))
    one = dict.fromkeys([("USD", "EUR", kind, p) for kind in ("average", "closing") for p in YEARS], Decimal(1))
    made = books(case, Rates(one), YEARS)
    assert (made.rollforward["exchange"] == 0).all()
    assert (made.rollforward["closing"] == made.rollforward["transaction_closing"]).all()
    assert (made.journal["debit"] == made.journal["transaction_debit"]).all()
    transacted = revenue_rollforward(case.schedule(YEARS[-1]).lines, case.contracts, case.events, YEARS)
    keys = ["journal_id", "account_role"]
    theirs = revenue_journal(transacted).groupby(keys)[["debit", "credit"]].sum()
    net = theirs["debit"] - theirs["credit"]
    mine = made.journal.groupby(keys)[["transaction_debit", "transaction_credit"]].sum()
    assert net.equals((mine["transaction_debit"] - mine["transaction_credit"]).reindex(net.index))


def test_books_of_the_last_months_alone_are_the_end_of_all() -> None:
    everything = books(EXAMPLE_4, rates_of(EXAMPLE_4_RATES), HALF_YEAR)
    last = books(EXAMPLE_4, rates_of(EXAMPLE_4_RATES), HALF_YEAR[3:])
    due = everything.rollforward[everything.rollforward["period"] >= "2026-04"].reset_index(drop=True)
    pd.testing.assert_frame_equal(last.rollforward, due)


@pytest.mark.parametrize(
    ("table", "column", "balance", "rules"),
    [
        ("rollforward", "billed", "receivable", {"REV-202"}),
        ("rollforward", "opening", "contract_liability", {"REV-202"}),
        ("rollforward", "closing", "receivable", {"REV-202", "REV-203"}),
        ("rollforward", "closing", "contract_liability", {"REV-202", "REV-204"}),
        ("rollforward", "transaction_closing", "contract_liability", {"REV-204", "REV-205"}),
        ("journal", "debit", "receivable", {"REV-201", "REV-202"}),
        ("journal", "debit", "cash", {"REV-201"}),
        ("journal", "transaction_credit", "contract_liability", {"REV-201", "REV-205"}),
    ],
)
def test_wrong_amounts_are_found(table: str, column: str, balance: str, rules: set[str]) -> None:
    wanted, rates = HALF_YEAR[:3], rates_of(EXAMPLE_4_RATES)
    made = books(EXAMPLE_4, rates, wanted)
    frame = getattr(made, table)
    row = frame[frame["balance" if table == "rollforward" else "account_role"] == balance].index[-1]
    frame.loc[row, column] += 7
    assert set(problems(EXAMPLE_4, made, rates, wanted)) == rules


def test_missing_rows_and_layers_are_found() -> None:
    wanted, rates = HALF_YEAR[:2], rates_of(EXAMPLE_4_RATES)
    made = books(EXAMPLE_4, rates, wanted)
    none = replace(made, rollforward=made.rollforward[:0], journal=made.journal[:0])
    assert set(problems(EXAMPLE_4, none, rates, wanted)) == {"REV-205"}
    unlayered = replace(made, layers=made.layers[:0])
    assert problems(EXAMPLE_4, unlayered, rates, wanted) == ["REV-204"]


def test_explanation_of_a_foreign_contract_tells_its_functional_journal_or_the_rate_that_is_missing() -> None:
    tables = (EXAMPLE_4.contracts, EXAMPLE_4.obligations, EXAMPLE_4.events, EXAMPLE_4.entities)
    told = explain("C1", *tables, date(2026, 6, 30), rates=rates_of(EXAMPLE_4_RATES))
    assert told[-2:] == [
        "   2026-06 unrealized_exchange  receivable           EUR                               37.50",
        "   2026-06 unrealized_exchange  exchange_difference  EUR             37.50                  ",
    ]
    assert "no average rate USD→EUR for 2026-01" in explain("C1", *tables, date(2026, 6, 30))[-1]
