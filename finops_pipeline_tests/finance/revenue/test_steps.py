"""The order of a month in the functional books: small ledgers in which days decide the rate."""

import pytest

from finops_pipeline_tests.finance.revenue.test_functional import books, foreign, moved, rates_of

SERVICE = "contract_id obligation_id recognition stated_price start_date end_date \n C1 A straight_line 31000 2026-01-01 2026-01-31"
RATES = """
    from_currency  to_currency  rate_type  rate  period   rate_date
    USD            EUR          spot       1.10  -        2026-01-01
    USD            EUR          spot       1.50  -        2026-01-11
    USD            EUR          spot       1.60  -        2026-01-21
    USD            EUR          spot       1.70  -        2026-01-31
    USD            EUR          average    1.20  2026-01  -
    USD            EUR          closing    1.40  2026-01  -
"""


@pytest.mark.parametrize(
    ("invoices", "revenue", "unrealized"),
    [
        # Revenue is 1,000 a day. What is earned before an invoice is at the average of 1.20, and a contract asset that the invoice
        # takes at its own rate. Unrealized: of the receivable, at the closing rate of 1.40; of the asset.
        ({1: 31000}, 31000 * 1.10, [31000 * 0.30]),
        ({11: 31000}, 10000 * 1.20 + 21000 * 1.50, [31000 * -0.10, 10000 * 0.30]),
        ({31: 31000}, 31000 * 1.20, [31000 * -0.30, 31000 * 0.50]),
        # 5,000 of the first ten days are covered, and 21 days by the second invoice
        (
            {1: 5000, 11: 26000},
            5000 * 1.10 + 5000 * 1.20 + 21000 * 1.50,
            [5000 * 0.30 - 26000 * 0.10, 5000 * 0.30],
        ),
        # ten days without an advance; ten of which 4,000 are covered; eleven of which 6,000 are
        (
            {11: 14000, 21: 12000},
            10000 * 1.20 + 4000 * 1.50 + 6000 * 1.20 + 6000 * 1.60 + 5000 * 1.20,
            [14000 * -0.10 - 12000 * 0.20, 10000 * 0.30 + 6000 * 0.40 + 5000 * 0.20],
        ),
    ],
)
def test_revenue_earned_before_an_invoice_of_its_month_is_at_the_average(
    invoices: dict[int, int], revenue: float, unrealized: list[float]
) -> None:
    text = "contract_id event_date event_type amount" + "".join(
        f"\n C1 2026-01-{day:02} invoice {amount}" for day, amount in invoices.items()
    )
    made = books(foreign(SERVICE, text), rates_of(RATES), ["2026-01"])
    assert moved(made, "revenue") == [("2026-01", round(revenue))]
    assert moved(made, "unrealized_exchange") == [("2026-01", round(gain)) for gain in unrealized]


@pytest.mark.parametrize(
    ("delivered", "invoiced", "rate"),
    [("01", "11", 1.20), ("11", "11", 1.50), ("31", "31", 1.70), ("31", "11", 1.50), ("11", "31", 1.20)],
)
def test_goods_are_at_the_rate_of_an_invoice_of_the_same_day_or_before(
    delivered: str, invoiced: str, rate: float
) -> None:
    case = foreign(
        "contract_id obligation_id stated_price \n C1 A 10000",
        f"""
        contract_id  event_date             event_type  amount
        C1           2026-01-{delivered}    delivery    -
        C1           2026-01-{invoiced}     invoice     10000
        """,
    )
    made = books(case, rates_of(RATES), ["2026-01"])
    assert moved(made, "revenue") == [("2026-01", round(10000 * rate))]


def test_payment_of_which_the_books_learn_late_covers_what_is_earned_then_at_the_rate_of_its_own_day() -> None:
    case = foreign(
        SERVICE,
        """
        contract_id  event_date  event_type  amount  recorded_on
        C1           2026-01-01  payment     31000   2026-01-21
        """,
    )
    made = books(case, rates_of(RATES), ["2026-01"])
    assert moved(made, "revenue") == [("2026-01", 20000 * 12 // 10 + 11000 * 11 // 10)]


def test_credit_note_comes_before_a_later_invoice_of_its_month() -> None:
    # ten days are earned of the 20,000 invoiced at 1.10, and 12,000 are credited of which 10,000 are there: 2,000 are an asset at the
    # average, until the third invoice takes it at 1.60. Then ten days are 10,000 less, and so on.
    case = foreign(
        SERVICE,
        """
        contract_id  event_id  event_date  event_type  amount   related_event_id
        C1           I1        2026-01-01  invoice     20000    -
        C1           N1        2026-01-11  invoice     -12000   I1
        C1           I2        2026-01-21  invoice     23000    -
        """,
    )
    made = books(case, rates_of(RATES), ["2026-01"])
    # 1 to 10: 10,000 at 1.10; 11 to 20: 10,000 at 1.20; the invoice takes the asset of 12,000; 21 to 31: 11,000 at 1.60
    assert moved(made, "revenue") == [("2026-01", 11000 + 12000 + 17600)]
    assert made.layers[["amount", "value", "taken_back"]].to_numpy().tolist() == [
        [20000, 22000, 10000], [2000, 2400, 0], [10000, 12000, 0], [23000, 36800, 0],
    ]  # fmt: skip


def test_month_that_now_has_an_average_needs_it() -> None:
    case = foreign(SERVICE, "contract_id event_date event_type amount \n C1 2026-01-11 invoice 31000")
    without = rates_of(RATES.replace("average    1.20  2026-01", "average    1.20  2025-01"))
    (finding,) = books(case, without, ["2026-01"]).findings
    assert (finding.rule_id, "no average rate USD→EUR for 2026-01" in finding.message) == ("REV-200", True)
