"""Step 3, a significant financing component: the cash price of what is paid long before or after it is transferred.

A contract with a `financing_rate` says in its payment plan when its stated prices are paid. What is promised is expected to be
transferred as its dates say. The price is then what makes both worth the same on one day (606-10-32-15, IFRS 15.61), and the
difference to what is paid is interest, month by month on what one side owes the other:

    closing = opening + interest + paid - transferred      interest = opening x ((1 + rate)^(1/12) - 1)

Above nothing the customer is ahead, and interest is an expense that makes revenue more than what is paid; below, the seller
finances the customer, and interest is income apart from revenue (32-20). Rate and interest are those of the beginning (32-19), or
of the modification that made the contract a new one (`refinanced`).

Worked example (Example 29): 4,000 are paid two years before delivery, at 6 %: 240 and 254.40 of interest, revenue 4,494.40.

The expedient (32-18): where no payment lies more than a year from the transfer that it pays for, first paid for first
transferred, nothing is financed. Here: the tables at cash prices, the schedule of the financing, and who cannot be accounted for.
Not here: what interest does to the books (`rollforward`), nor present values as such (`financing`).
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import gates
from finops_pipeline.finance.revenue.inputs import Proration, gather
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.refinanced import CHANGES, Agreed, CashPrices, cash_prices
from finops_pipeline.finance.revenue.replay import month_of
from finops_pipeline.finance.revenue.screening import left_out, screen
from finops_pipeline.finance.revenue.terms import CannotAccountError, Deal, deals

_NO_CONTRACT = (
    "it was no contract when it was signed (collectability), so nothing fixed its interest: take the financing_rate away and "
    "state the cash price"
)
_AMOUNTS = ["opening", "interest", "paid", "transferred", "closing"]
_COLUMNS = ["contract_id", "entity_id", "period", "currency", *_AMOUNTS, "status"]


class Financed(NamedTuple):
    """The tables at cash prices, without contracts that cannot be accounted for; the schedule; what is wrong."""

    tables: Tables
    schedule: pd.DataFrame
    findings: list[Finding]


def with_financing(
    tables: Tables, payments: pd.DataFrame, as_of_period: str, proration: Proration, *, expedient: bool
) -> Financed:
    """The tables with the cash prices of contracts that have a `financing_rate`, as far as known at the end of the period.

    REV-036 (error): the financing of a contract cannot be computed; it is left out.
    Shape of the schedule: one row per contract and month from its first payment or transfer to its last. Unit: minor units.
    """
    rated = tables.contracts[tables.contracts["financing_rate"].notna()]
    rates = dict(zip(rated["contract_id"].astype("str"), rated["financing_rate"].astype(object), strict=True))
    if not rates:
        return Financed(tables, _frame([], tables.contracts, as_of_period), [])
    inputs, _ = screen(gather(*tables.only(list(rates)), as_of_period))  # who is in trouble is named by the schedule
    known = _rates_of(tables.events)
    made: dict[str, CashPrices] = {}
    none = gates.gated(inputs.contracts)["contract_id"]
    findings = [left_out("REV-036", str(name), None, _NO_CONTRACT) for name in none]
    inputs = inputs.without(none.tolist())
    for deal in deals(inputs):
        mine = payments[payments["contract_id"] == deal.contract_id]
        try:
            found = _cash_prices(deal, rates[deal.contract_id], mine, known, proration, expedient=expedient)
        except CannotAccountError as trouble:
            findings.append(left_out(trouble.rule_id, deal.contract_id, trouble.obligation_id, trouble.message))
            continue
        made |= {deal.contract_id: found} if found else {}
    kept = _without(tables, [f.subject.rsplit(" / ", 1)[0] for f in findings])
    rows = [(contract, month, amounts) for contract, found in made.items() for month, amounts in found.rows]
    return Financed(_at_cash_prices(kept, made), _frame(rows, tables.contracts, as_of_period), findings)


def _rates_of(events: pd.DataFrame) -> dict[tuple[str, str], Decimal | None]:
    """The rate of each modification and cancellation of each contract, where it has one."""
    rows = events[events["event_type"].isin(CHANGES)]
    keys = zip(rows["contract_id"].astype("str"), rows["event_id"].astype("str"), strict=True)
    return {
        key: None if pd.isna(rate) else rate
        for key, rate in zip(keys, rows["financing_rate"].astype(object), strict=True)
    }


def _cash_prices(
    deal: Deal,
    rate: Decimal,
    payments: pd.DataFrame,
    changes: Mapping[tuple[str, str], Decimal | None],
    proration: Proration,
    *,
    expedient: bool,
) -> CashPrices | None:
    """The cash prices of a contract. Raises: CannotAccountError."""
    paid: dict[str | None, dict[int, int]] = {None: {}}
    for day, amount, by in payments[["due_on", "amount", "agreed_by_event_id"]].itertuples(index=False):
        plan = paid.setdefault(None if pd.isna(by) else str(by), {})
        plan[month_of(day.date())] = plan.get(month_of(day.date()), 0) + int(amount)
    agreed = {
        event.event_id: Agreed(paid.get(event.event_id, {}), changes[deal.contract_id, event.event_id])
        for event in deal.events
        if event.event_type in CHANGES
    }
    strange = sorted(str(by) for by in paid if by is not None and (deal.contract_id, by) not in changes)
    _refuse(deal, [rate, *(new.rate for new in agreed.values() if new.rate is not None)], paid[None], strange)
    _refuse_changes(deal, agreed)
    return cash_prices(deal, rate, paid[None], agreed, proration, expedient=expedient)


def _refuse(deal: Deal, rates: Iterable[Decimal], paid: Mapping[int, int], strange: list[str]) -> None:
    """Raises: CannotAccountError when rates or payments cannot be a financing."""
    promised = [p.stated_price for p in deal.promises if p.added_by_event_id is None and p.recognition != "usage"]
    stated, sums = sum(promised), sum(paid.values())
    wrong = [f"{rate.normalize():f}" for rate in rates if rate <= 0]
    _raise({
        f"a financing_rate of {' and '.join(wrong)} is not positive: correct it": bool(wrong),
        "it has a financing_rate and no payments: send its payment_plan": not paid,
        f"its payment_plan sums to {sums}, its stated prices to {stated} (minor units): correct one of them": (
            bool(paid) and sums != stated
        ),
        "a stated price or a payment is negative, or all are nothing: state them without financing": (
            stated <= 0 or min([*paid.values(), *promised], default=0) < 0
        ),
        f"its payment_plan names {' and '.join(strange)}, which is no modification or cancellation of it: correct that": bool(strange),
    })  # fmt: skip


def _refuse_changes(deal: Deal, agreed: Mapping[str, Agreed]) -> None:
    """Raises: CannotAccountError when a change does not say what the financing becomes."""
    kept = [e.event_id for e in deal.events if e.method == "cumulative" and agreed[e.event_id].rate is not None]
    _raise({
        f"modification {' and '.join(kept)} is cumulative and keeps the rate of the contract (606-10-32-19): take its "
        "financing_rate away": bool(kept),
    })  # fmt: skip


def _raise(troubles: Mapping[str, bool]) -> None:
    for message, is_so in troubles.items():
        if is_so:
            raise CannotAccountError("REV-036", None, message)


def _without(tables: Tables, contract_ids: list[str]) -> Tables:
    """The tables without these contracts."""
    gone = set(contract_ids)
    contracts, obligations, events = (t[~t["contract_id"].isin(gone)] if gone else t for t in tables[:3])
    return Tables(contracts, obligations, events, tables.entities)


def _at_cash_prices(tables: Tables, made: Mapping[str, CashPrices]) -> Tables:
    if not made:
        return tables
    prices = {(c, name): price for c, found in made.items() for name, price in found.prices.items()}
    amounts = {(c, name): amount for c, found in made.items() for name, amount in found.amounts.items()}
    return Tables(
        tables.contracts, _stated(tables.obligations, "obligation_id", "stated_price", prices),
        _stated(tables.events, "event_id", "amount", amounts) if amounts else tables.events, tables.entities,
    )  # fmt: skip


def _stated(rows: pd.DataFrame, name: str, column: str, values: Mapping[tuple[str, str], Any]) -> pd.DataFrame:
    """The rows with these values in place of what is stated."""
    keys = zip(rows["contract_id"].astype("str"), rows[name].astype("str"), strict=True)
    stated = [values.get(key, amount) for key, amount in zip(keys, rows[column].astype(object), strict=True)]
    return rows.assign(**{column: pd.Series(stated, rows.index, rows[column].dtype)})


def _frame(rows: list[tuple[str, int, list[int]]], contracts: pd.DataFrame, as_of_period: str) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(contract, periods.label(month), *amounts) for contract, month, amounts in rows],
        columns=["contract_id", "period", *_AMOUNTS],
    ).astype({"contract_id": "str", "period": "str", **dict.fromkeys(_AMOUNTS, "int64")})
    heads = contracts[["contract_id", "entity_id", "currency"]].astype("str")
    frame = frame.merge(heads, on="contract_id", how="inner", validate="many_to_one")
    is_planned = (frame["period"] > as_of_period).to_numpy(np.int64)
    frame["status"] = pd.Series(["actual", "planned"], dtype="str").take(is_planned).array
    return frame[_COLUMNS].sort_values(["contract_id", "period"], ignore_index=True)
