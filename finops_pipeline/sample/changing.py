"""Contracts that change, one for each way in which a contract can: told as text, dated from the last month back.

The last ones are paid two years later, in foreign currency, two that are one, no contract at first, and paid long ahead and modified.

Here: the stories. Not here: contracts that never change (`revenue`). A day is written as months before the last month and
the day in it (`-5/15`); what lies before the first month of the sample has simply happened earlier.
"""

from finops_pipeline.finance import periods
from finops_pipeline.sample import company
from finops_pipeline.sample.extract import Row

_PROMISES = """
    CX-01 OB1 P-200 point_in_time 12000 12000 120 -     -    -    -
    CX-01 OB2 P-200 point_in_time 2400  2850  30  -     -    -    E2
    CX-02 OB1 P-400 input         60000 -     -   -     -    1000 -
    CX-03 OB1 P-120 straight_line 24000 -     -   -9/1  2/28 -    -
    CX-04 OB1 P-300 point_in_time 10000 10000 100 -     -    -    -
    CX-05 OB1 P-200 point_in_time 9000  10000 -   -     -    -    -
    CX-05 OB2 P-400 output        3000  5000  -   -     -    50   -
    CX-06 OB1 P-510 usage         0     -     -   -     -    -    -
    CX-07 OB1 P-200 point_in_time 5000  -     -   -     -    -    -
    CX-08 OB1 P-300 point_in_time 20000 -     200 -     -    -    -
    CX-09 OB1 P-300 point_in_time 12100 -     -   -9/1  -    -    -
    CX-10 OB1 P-300 point_in_time 10000 -     100 -     -    -    -
    CX-11 OB1 P-300 point_in_time 10000 10000 100 -     -    -    -
    CX-12 OB1 P-200 point_in_time 2000  5000  -   -     -    -    -
    CX-13 OB1 P-300 point_in_time 9000  -     90  -     -    -    -
    CX-14 OB1 P-300 point_in_time 10000 -     -   15/10 -    -    -
    CX-14 OB2 P-200 point_in_time 3000  -     -   15/10 -    -    E3
"""
_EVENTS = """
    CX-01 E1 -4/10 delivery          OB1 -      60  -    -           -     half of the licenses
    CX-01 E2 -3/15 modification      -   -      -   -    prospective -     30 more for less than their price
    CX-01 E3 -2/10 delivery          OB1 -      60  -    -           -     the rest
    CX-01 E4 -1/10 delivery          OB2 -      30  -    -           -     the added ones
    CX-01 E5 -1/12 invoice           -   14400  -   -    -           -     all of it at the end
    CX-02 E1 -5/28 progress          OB1 -      250 -    -           -     hours of the first months
    CX-02 E2 -3/28 progress          OB1 -      150 1250 -           -     more hours than planned
    CX-02 E3 -2/15 modification      OB1 15000  -   1500 cumulative  -     scope extended
    CX-02 E4 -1/20 invoice           -   30000  -   -    -           -     first stage
    CX-03 E1 -9/5  invoice           -   24000  -   -    -           -     a year in advance
    CX-03 E2 -9/20 payment           -   24000  -   -    -           -     paid
    CX-03 E3 -3/31 cancellation      -   9000   -   -    -           -     cancelled, 9,000 are given up
    CX-03 E4 -2/20 refund            -   9000   -   -    -           -     and given back
    CX-04 E1 -4/12 delivery          OB1 -      100 -    -           -     delivered
    CX-04 E2 -4/12 returns_estimate  OB1 -      3   -    -           -     three in a hundred come back
    CX-04 E3 -4/13 invoice           -   10000  -   -    -           -     billed
    CX-04 E4 -3/10 payment           -   10000  -   -    -           -     paid
    CX-04 E5 -2/10 return            OB1 -      2   -    -           -     two came back
    CX-04 E6 -2/12 refund            -   200    -   -    -           -     and were refunded
    CX-05 E1 -5/3  variable_estimate -   1500   -   -    -           -     bonus expected
    CX-05 E2 -4/9  delivery          OB1 -      -   -    -           -     delivered
    CX-05 E3 -2/9  progress          OB2 -      20  -    -           -     20 of 50 trained
    CX-05 E4 -1/9  variable_estimate -   1000   -   -    -           -     less bonus than expected
    CX-06 E1 -4/28 usage             OB1 310.40 -   -    -           -     calls of the month
    CX-06 E2 -3/28 usage             OB1 287.10 -   -    -           -1/4  learned of too late
    CX-06 E3 -2/28 usage             OB1 352.75 -   -    -           -     calls of the month
    CX-07 E1 -5/4  payment           -   2000   -   -    -           -     paid ahead of the invoice
    CX-07 E2 -4/4  delivery          OB1 -      -   -    -           -     delivered
    CX-07 E3 -4/5  invoice           -   5000   -   -    -           -     billed
    CX-07 E4 -1/5  write_off         -   3000   -   -    -           -     the customer is insolvent
    CX-08 E1 -5/2  variable_estimate -   -      -   -    -           -     what the price will be lowered by
    CX-08 E2 -5/2  variable_estimate -   600    -   -    -           -     for delivery in time
    CX-08 E3 -4/20 delivery          OB1 -      120 -    -           -     the first part
    CX-08 E4 -4/21 invoice           -   12000  -   -    -           -     billed
    CX-08 E5 -2/3  variable_estimate -   -2000  -   -    -           -     agreed on
    CX-08 E6 -1/15 delivery          OB1 -      80  -    -           -     the rest
    CX-08 E7 -1/16 invoice           -   8000   -   -    -           -     billed
    CX-09 E1 -9/10 delivery          OB1 -      -   -    -           -     delivered and paid two years later
    CX-10 E1 -1/5  payment           -   4000   -   -    -           -     paid ahead in foreign currency
    CX-10 E2 -1/20 delivery          OB1 -      60  -    -           -     more than was paid for
    CX-10 E3 0/10  delivery          OB1 -      40  -    -           -     the rest
    CX-10 E4 0/12  invoice           -   10000  -   -    -           -     billed: 6000 are open
    CX-11 E1 -4/10 delivery          OB1 -      100 -    -           -     delivered before the set-up that belongs to it
    CX-11 E2 -4/12 invoice           -   10000  -   -    -           -     billed
    CX-11 E3 -3/12 payment           -   10000  -   -    -           -     paid
    CX-12 E1 -1/10 delivery          OB1 -      -   -    -           -     set up
    CX-12 E2 -1/12 invoice           -   2000   -   -    -           -     billed for less than it is worth
    CX-13 E1 -5/5  payment           -   1500   -   -    -           -     paid by a customer who may not pay the rest
    CX-13 E2 -4/10 delivery          OB1 -      90  -    -           -     delivered all the same
    CX-13 E3 -4/12 invoice           -   9000   -   -    -           -     billed
    CX-13 E4 -1/20 payment           -   5000   -   -    -           -     now the customer can pay
    CX-14 E1 -9/5  invoice           -   10000  -   -    -           -     two years in advance
    CX-14 E2 -9/5  payment           -   10000  -   -    -           -     paid
    CX-14 E3 -1/15 modification      -   -      -   -    prospective -     more for 3000 at a lower rate
"""
_ESTIMATES = {
    "CX-04-E2": ("", "", "", "24"),
    "CX-08-E1": ("concession", "expected_value", "0.9", ""),
    "CX-08-E2": ("bonus", "", "", ""),
    "CX-08-E5": ("concession", "", "", ""),
}
"""By event: what it is an estimate of, how it is made of its outcomes, with what confidence; what getting goods back costs."""
_RATES = {"CX-09": "0.1", "CX-14": "0.1"}
"""By contract, the rate of its financing."""
_NEW_RATES = {"CX-14-E3": "0.06"}
_PAYMENTS = (("CX-09", "15/10", "12100", ""), ("CX-14", "-9/5", "10000", ""), ("CX-14", "15/10", "3000", "CX-14-E3"))
"""Contract, day and amount of a payment that finances, and the modification that agrees on it."""
_TOGETHER = {"CX-12": "CX-11"}
"""By contract, the one that it is one with: both have its customer, and its name as their combination."""
_DOUBTED = {"CX-13": "-1/10"}
"""By contract that was none when it was signed, the day from which it is one."""
_FOREIGN = "CX-10"
_GOODS_COST = {"CX-04": "6200"}
_OUTCOMES = (("CX-08-E1", "1", "-1000", "0.3"), ("CX-08-E1", "2", "-2000", "0.3"), ("CX-08-E1", "3", "-3000", "0.4"))


def stories(months: list[str]) -> tuple[list[Row], list[Row], list[Row], list[Row], list[Row]]:
    """The rows of contracts, obligations, events, outcomes of estimates and payment plans of the first entity."""
    last, entity = months[-1], company.ENTITIES[0]
    promises = [line.split() for line in _PROMISES.strip().splitlines()]
    happened = [line.split(maxsplit=10) for line in _EVENTS.strip().splitlines()]
    names = sorted({promise[0] for promise in promises})
    signed = _day(last, "-9/1")
    contracts: list[Row] = [
        (
            name, entity.entity_id, f"C{names.index(_TOGETHER.get(name, name)) + 1:05d}", signed,
            entity.foreign if name == _FOREIGN else entity.currency, "A contract that changes", _RATES.get(name, ""),
            _TOGETHER.get(name, name) if name in {*_TOGETHER, *_TOGETHER.values()} else "",
            "not_probable" if name in _DOUBTED else "", _day(last, _DOUBTED.get(name, "-")),
            "US" if name == _FOREIGN else "",
        )
        for name in names
    ]  # fmt: skip
    obligations: list[Row] = [
        (
            contract, obligation, product, recognition, price, _cell(ssp), "" if ssp == "-" else "observable",
            _cell(quantity), _day(last, start), _day(last, end), _cell(total), "" if added == "-" else f"{contract}-{added}",
            _GOODS_COST.get(contract, ""),
        )
        for contract, obligation, product, recognition, price, ssp, quantity, start, end, total, added in promises
    ]  # fmt: skip
    events: list[Row] = [
        (
            f"{contract}-{event}", contract, _day(last, day), kind, _cell(obligation), _cell(amount), _cell(quantity),
            note, _cell(total), _cell(method), _day(last, recorded), *_ESTIMATES.get(f"{contract}-{event}", ("",) * 4), _NEW_RATES.get(f"{contract}-{event}", ""),
        )
        for contract, event, day, kind, obligation, amount, quantity, total, method, recorded, note in happened
    ]  # fmt: skip
    outcomes: list[Row] = [(event, number, event[:5], amount, part) for event, number, amount, part in _OUTCOMES]
    payments: list[Row] = [(contract, _day(last, day), amount, by) for contract, day, amount, by in _PAYMENTS]
    return contracts, obligations, events, outcomes, payments


def _cell(text: str) -> str:
    return "" if text == "-" else text


def _day(last: str, text: str) -> str:
    """The day so many months from the last one; a day the month does not have is its last one."""
    if text == "-":
        return ""
    ago, day = text.split("/")
    period = periods.add(last, int(ago))
    return periods.first_day(period).replace(day=min(int(day), periods.last_day(period).day)).isoformat()
