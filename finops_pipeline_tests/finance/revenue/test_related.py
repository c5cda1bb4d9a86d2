"""Credit notes and refunds in foreign currency that name their invoice: hand calculations, and what cannot be named."""

from dataclasses import replace

import pandas as pd
import pytest

from finops_pipeline_tests.finance.revenue.deals import Deals
from finops_pipeline_tests.finance.revenue.test_functional import HALF_YEAR, books, foreign, moved, problems, rates_of

# Three invoices at 1.10, 1.30 and 1.60, and 50 of them taken back at 1.40; what is left is earned in May.
CREDITED = """
    contract_id  event_id  event_date  event_type  amount  related_event_id
    C1           I1        2026-01-10  invoice     10000   -
    C1           I2        2026-02-10  invoice     20000   -
    C1           I3        2026-03-10  invoice     5000    -
    C1           N1        2026-04-10  {kind}     {amount}   {named}
    C1           D1        2026-05-10  delivery    -       -
"""
CREDITED_RATES = """
    from_currency  to_currency  rate_type  rate  period   rate_date
    USD            EUR          spot       1.10  -        2026-01-10
    USD            EUR          spot       1.30  -        2026-02-10
    USD            EUR          spot       1.60  -        2026-03-10
    USD            EUR          spot       1.40  -        2026-04-10
    USD            EUR          closing    1.20  2026-01  -
    USD            EUR          closing    1.20  2026-02  -
    USD            EUR          closing    1.20  2026-03  -
    USD            EUR          closing    1.20  2026-04  -
    USD            EUR          closing    1.20  2026-05  -
"""


def credited(named: str, amount: int, kind: str = "invoice", more: str = "") -> Deals:
    price = 35000 - abs(amount)
    return foreign(f"contract_id obligation_id stated_price \n C1 A {price}",
                   CREDITED.format(named=named, amount=amount, kind=kind) + more)  # fmt: skip


@pytest.mark.parametrize(
    ("named", "amount", "credit", "revenue"),
    [
        ("-", -4000, 4400, 6600 + 26000 + 8000),  # the oldest
        ("I2", -4000, 5200, 11000 + 20800 + 8000),  # 4,000 at 1.30
        ("I3", -4000, 6400, 11000 + 26000 + 1600),  # 4,000 at 1.60
        ("I3", -7000, 8000 + 2200, 8800 + 26000),  # all 5,000 at 1.60, and 2,000 of the oldest at 1.10
    ],
)
def test_credit_note_takes_the_layer_of_the_invoice_that_it_names(
    named: str, amount: int, credit: int, revenue: int
) -> None:
    made = books(credited(named, amount), rates_of(CREDITED_RATES), HALF_YEAR[:5])
    assert moved(made, "revenue") == [("2026-05", revenue)]
    # what was billed less the credit note, at its day's rate, and what sets that right against its layer
    assert dict(moved(made, "billing"))["2026-04"] == amount * 14 // 10
    assert moved(made, "advance") == [("2026-04", -credit - amount * 14 // 10)]
    # nothing is settled: the receivable loses what the liability loses, and waits at the closing rate of 1.20
    assert moved(made, "realized_exchange") == []
    left = made.rollforward.set_index(["period", "balance"])["closing"]
    assert left["2026-04", "contract_liability"] == revenue
    assert left["2026-04", "receivable"] == (35000 + amount) * 12 // 10
    assert left["2026-05", "contract_liability"] == 0


def test_what_was_booked_before_a_credit_note_stays_when_it_comes() -> None:
    # 3 of I2's 7 are earned before its end is taken back: thirds and sevenths of units round the same with and without it
    text = """
        contract_id  event_id  event_date  event_type  amount  quantity  related_event_id
        C1           I1        2026-01-10  invoice     3       -         -
        C1           I2        2026-02-10  invoice     7       -         -
        C1           D1        2026-02-12  delivery    -       4         -
        C1           D2        2026-03-10  delivery    -       1         -
    """
    note = "    C1           N1        2026-04-10  invoice     -3       -         I2\n"
    goods = "contract_id obligation_id stated_price quantity \n C1 A 10 10"
    with_it, without = (books(foreign(goods, t), rates_of(CREDITED_RATES), HALF_YEAR[:4]) for t in (text + note, text))
    for shown, due in ((with_it.rollforward, without.rollforward), (with_it.journal, without.journal)):
        pd.testing.assert_frame_equal(shown[shown["period"] < "2026-04"], due[due["period"] < "2026-04"])
    # 7 at 1.30 are 9; 2 of them were earned for round(9 x 2/7) = 3, and the last 3 go for 9 - round(9 x 4/7) = 4
    assert with_it.rollforward.query("balance == 'contract_liability'")["closing"].tolist()[-2:] == [6, 2]


def test_proof_counts_nothing_of_a_layer_of_which_nothing_is_left() -> None:
    # of 7 units at 1.30 (9) the last 5 are taken back; the first 2, worth 2.57, are earned for 3, and of 10 at 1.60 (16) one, worth
    # 1.6, for 2: the 14 that are left are 14.4; with the 3 - 2.57 of the first they would be more than rounding explains
    case = foreign(
        "contract_id obligation_id stated_price quantity \n C1 A 12 12",
        """
        contract_id  event_id  event_date  event_type  amount  quantity  related_event_id
        C1           I1        2026-02-10  invoice     7       -         -
        C1           N1        2026-02-11  invoice     -5      -         I1
        C1           I2        2026-03-10  invoice     10      -         -
        C1           D1        2026-03-12  delivery    -       3         -
        """,
    )
    made = books(case, rates_of(CREDITED_RATES), HALF_YEAR[:3])
    assert made.rollforward.query("balance == 'contract_liability'")["closing"].tolist() == [3, 14]
    wrong = replace(made, rollforward=made.rollforward.assign(closing=made.rollforward["closing"] + 1))
    assert "REV-204" in problems(case, wrong, rates_of(CREDITED_RATES), HALF_YEAR[:3])


def test_refund_takes_the_layer_of_the_payment_that_it_names() -> None:
    # 100 received at 1.10 and 50 at 1.30; 20 of the second go back at 1.60: 26 off the liability for 32, a loss of 6
    case = foreign(
        "contract_id obligation_id stated_price \n C1 A 13000",
        """
        contract_id  event_id  event_date  event_type  amount  related_event_id
        C1           P1        2026-01-10  payment     10000   -
        C1           P2        2026-02-10  payment     5000    -
        C1           R1        2026-03-10  refund      2000    P2
        """,
    )
    made = books(case, rates_of(CREDITED_RATES), HALF_YEAR[:3])
    assert moved(made, "cash")[-1] == ("2026-03", -3200)
    assert moved(made, "realized_exchange") == [("2026-03", -600)]
    assert made.rollforward.query("balance == 'contract_liability'")["closing"].tolist() == [11000, 17500, 14900]


def test_credit_note_takes_the_open_receivable_of_the_invoice_that_it_names() -> None:
    # I1 of 100 at 1.10 is paid at 1.60 after 40 of I2's 200 (1.30) were credited: 100 x (1.60 - 1.10) = 50 are realized, and what
    # is left of I2 is 160 at 1.30, to which nothing was done
    text = CREDITED.format(named="I2", amount=-4000, kind="invoice").replace(
        "I3        2026-03-10  invoice     5000 ", "P1        2026-04-20  payment     10000"
    )
    case = foreign("contract_id obligation_id stated_price \n C1 A 26000", text)
    rates = rates_of(CREDITED_RATES + "    USD            EUR          spot       1.60  -        2026-04-20\n")
    made = books(case, rates, HALF_YEAR[:4])
    assert moved(made, "realized_exchange") == [("2026-04", 5000)]
    unrealized = dict(moved(made, "unrealized_exchange"))
    assert sum(unrealized.values()) == 16000 * 12 // 10 - 16000 * 13 // 10


@pytest.mark.parametrize(
    ("kind", "amount", "named", "says"),
    [
        ("invoice", -4000, "X9", "credit note N1 of 2026-04-10 names X9, which is not there: send it"),
        ("invoice", -4000, "Y1", "names Y1, which is of contract C2: name an invoice or payment of its own contract"),
        (
            "refund ",
            4000,
            "D0",
            "refund N1 of 2026-04-10 names D0, which is a variable_estimate: name the invoice or payment",
        ),
        ("refund ", 4000, "N0", "names N0, which is a credit note: name the invoice or payment that it corrects"),
        ("invoice", -4000, "N1", "names N1, which is a credit note"),
        ("invoice", -4000, "I9", "names I9, which is of a later day, 2026-05-20: correct one of the days"),
    ],
)
def test_credit_note_that_names_what_it_cannot_correct_is_left_out_from_its_month_on(
    kind: str, amount: int, named: str, says: str
) -> None:
    more = """
    C1           D0        2026-02-12  variable_estimate 0 -
    C1           N0        2026-02-12  invoice     -10     -
    C1           I9        2026-05-20  invoice     10      -
    C2           Y1        2026-01-12  invoice     10      -
    """
    case = credited(named, amount, kind, more.lstrip("\n"))
    heads = pd.concat(
        [case.contracts, case.contracts.assign(contract_id=pd.array(["C2"], dtype="str"))], ignore_index=True
    )
    goods = pd.concat(
        [case.obligations, case.obligations.assign(contract_id=pd.array(["C2"], dtype="str"))], ignore_index=True
    )
    made = books(Deals(heads, goods, case.events, case.entities), rates_of(CREDITED_RATES), HALF_YEAR[:4])
    (finding,) = [f for f in made.findings if f.rule_id == "REV-206"]
    assert (finding.subject, finding.severity, finding.period) == ("C1", "warning", "2026-04")
    assert finding.message.startswith("left out of the functional books from 2026-04 on: ")
    assert says in finding.message
    assert made.gaps == {"C1": "2026-04"}
    assert made.rollforward.query("contract_id == 'C1'")["period"].max() == "2026-03"


def test_contract_is_left_out_from_the_first_month_that_anything_is_wrong_with() -> None:
    more = "    C1           N2        2026-03-15  invoice     -10     X9\n"
    case = credited("X8", -4000, more=more)
    made = books(case, rates_of(CREDITED_RATES), HALF_YEAR[:4])
    assert made.gaps == {"C1": "2026-03"}
    assert [("names X8" in f.message, "names X9" in f.message) for f in made.findings] == [(True, False), (False, True)]
    without = rates_of(CREDITED_RATES.replace("1.20  2026-02", "1.20  2025-02"))
    assert books(case, without, HALF_YEAR[:4]).gaps == {"C1": "2026-02"}
    assert books(case, rates_of(CREDITED_RATES), HALF_YEAR[:2]).findings == []  # what comes later is not known
