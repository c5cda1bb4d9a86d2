"""Examples 2 and 3 of IFRIC 22 as small ledgers (Example 4 stands with the books it is the pattern of, in `test_functional`)."""

from finops_pipeline.finance import periods
from finops_pipeline_tests.finance.revenue.test_functional import books, foreign, moved, rates_of


def test_example_2_of_ifric_22() -> None:
    # IE5-9: 40 received on 1 August at x, all delivered on 1 September, 60 due later: 40 x + 60 y. The rates are ours.
    case = foreign(
        "contract_id obligation_id stated_price \n C1 A 10000",
        """
        contract_id  event_date  event_type  amount
        C1           2026-02-01  payment     4000
        C1           2026-03-01  delivery    -
        """,
    )
    rates = rates_of("""
        from_currency  to_currency  rate_type  rate  period   rate_date
        USD            EUR          spot       0.80  -        2026-02-01
        EUR            USD          average    2     2026-03  -
        USD            EUR          closing    0.60  2026-03  -
    """)
    made = books(case, rates, ["2026-02", "2026-03"])
    assert moved(made, "revenue") == [("2026-03", 3200 + 3000)]
    assert moved(made, "unrealized_exchange") == [
        ("2026-03", 600)
    ]  # the contract asset is monetary: 60 x (0.60 - 0.50)
    asset = made.rollforward.set_index(["period", "balance"]).loc[("2026-03", "contract_asset")]
    assert (asset["closing"], asset["transaction_closing"]) == (3600, 6000)


# IFRIC 22 Example 3 (IE10-15): services evenly from 1 July to 31 December; FC 200 paid on 15 June are for July and August,
# FC 400 paid on 31 December for the rest. Inputs seen: IE10-15 as reprinted on annualreporting.info. The text has Entity C buy
# the services, and names no rates: here the other side sells them, and the rates are ours. That what is paid later is at the rates
# of its own days, or their average, is from memory. In hundreds of FC and LC.
EXAMPLE_3 = foreign(
    "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 60000 2026-07-01 2026-12-31",
    """
    contract_id  event_date  event_type  amount
    C1           2026-06-15  payment     20000
    C1           2026-12-31  invoice     60000
    C1           2026-12-31  payment     40000
    """,
)
EXAMPLE_3_RATES = """
    from_currency  to_currency  rate_type  rate  period   rate_date
    USD            EUR          spot       1.50  -        2026-06-15
    USD            EUR          average    9.00  2026-07  -
    USD            EUR          average    9.00  2026-08  -
    USD            EUR          average    1.60  2026-09  -
    USD            EUR          average    1.70  2026-10  -
    USD            EUR          average    1.80  2026-11  -
    USD            EUR          average    1.90  2026-12  -
    USD            EUR          closing    1.65  2026-09  -
    USD            EUR          closing    1.75  2026-10  -
    USD            EUR          closing    1.85  2026-11  -
    USD            EUR          closing    1.95  2026-12  -
    USD            EUR          spot       1.95  -        2026-12-31
"""


def test_example_3_of_ifric_22() -> None:
    # July and August at the 1.50 of 15 June, whatever rates have become (the 9.00 are never taken); from September on each
    # month at its own average, December too: what is invoiced on 31 December comes when the month is performed.
    half_year = periods.span("2026-06", "2026-12")
    made = books(EXAMPLE_3, rates_of(EXAMPLE_3_RATES), half_year, proration="monthly")
    assert moved(made, "revenue") == [
        ("2026-07", 15000), ("2026-08", 15000), ("2026-09", 16000), ("2026-10", 17000), ("2026-11", 18000), ("2026-12", 19000),
    ]  # fmt: skip
    assert moved(made, "cash") == [("2026-06", 30000), ("2026-12", 78000)]
    # what is earned and not due is monetary: 100 x (1.65 - 1.60) = 5, 100 x 0.10 + 5, 200 x 0.10 + 5, and in December
    # 300 x 0.10 + 100 x (1.95 - 1.90)
    assert moved(made, "unrealized_exchange") == [
        ("2026-09", 500),
        ("2026-10", 1500),
        ("2026-11", 2500),
        ("2026-12", 3500),
    ]
    last = made.rollforward.query("period == '2026-12'")
    assert (last["closing"] == 0).all()
