"""Terms of payment: what paying late costs, and discounts that were not taken, where the terms of a vendor are known.

Here: invoices matched with their payments, and the opportunities in them. Not here: documents themselves (`duplicates`).

An invoice is matched with the payment of the same vendor, currency and amount that has the same reference, or, where that
does not decide it, with the only payment of that amount after the only invoice of it. What is not matched (part payments,
several invoices paid at once, a payment with the discount taken off) is not judged. Days count from the posting of the
invoice.

| kind            | cost of a matched invoice                                              | low                     | high        |
|-----------------|------------------------------------------------------------------------|-------------------------|-------------|
| late_payment    | amount x late interest of a year x days beyond the net days / 365      | nothing: it may not be charged | all of it |
| missed_discount | amount x discount, of an invoice that was paid in full                 | less what money costs for the days it would be paid earlier | all of it |

Worked example: 1,000.00 at 2 % in 10 days, net 30, 9 % a year when late, paid after 50 days: late by 20 days, 1,000 x 0.09 x
20 / 365 = 4.93; the discount is 20.00, and 40 days of money at 8 % a year cost 8.77: 11.23 to 20.00.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

import narwhals as nw
import pandas as pd

from finops_pipeline.finance import money
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.opportunities.register import Kind, Opportunity, SavingAssumptions

Lazy = nw.LazyFrame[Any]

_AMOUNT = ["entity_id", "vendor_id", "currency", "amount"]
_DOCUMENT = ["journal_id", "posted_on", "description", "cost_center_id", "file_id", "row_number"]
_DAYS_A_YEAR = 365
_SHOWN = 5


def payable(documents: Lazy, vendors: Sequence[str]) -> Lazy:
    """Invoices and payments of vendors whose terms are known. Shape: rows of `duplicates.documents`."""
    return documents.filter(nw.col("kind") != "credit", nw.col("vendor_id").is_in(list(vendors)))


def settled(documents: pd.DataFrame) -> pd.DataFrame:
    """Each invoice beside the payment that settled it. `documents`: `payable`.

    Shape: one row per matched invoice; the columns of the payment end in `_paid`. Unit: minor units of `currency`.
    """
    dated = documents.assign(posted_on=pd.to_datetime(documents["posted_on"]))
    dated = dated.sort_values(["posted_on", "journal_id"], kind="stable", ignore_index=True)
    invoices, payments = (dated[dated["kind"] == kind].assign(at=dated.index[dated["kind"] == kind])
                          for kind in ("invoice", "payment"))  # fmt: skip
    by_reference = [*_AMOUNT, "reference", "nth"]
    named = [t[t["reference"] != ""] for t in (invoices, payments)]
    named = [t.assign(nth=t.groupby(by_reference[:-1]).cumcount()) for t in named]
    first = _after(named[0].merge(named[1], on=by_reference, suffixes=("", "_paid")))
    rest = [t[~t["at"].isin(first[name])] for t, name in ((invoices, "at"), (payments, "at_paid"))]
    alone = [t[~t.duplicated(_AMOUNT, keep=False)] for t in rest]
    second = _after(alone[0].merge(alone[1], on=_AMOUNT, suffixes=("", "_paid")))
    names = [*_AMOUNT, *_DOCUMENT, *(f"{name}_paid" for name in _DOCUMENT)]
    found = pd.concat([first[names], second[names]])
    return found.sort_values([*_AMOUNT, "posted_on", "journal_id"], ignore_index=True)


def _after(pairs: pd.DataFrame) -> pd.DataFrame:
    return pairs[pairs["posted_on_paid"] >= pairs["posted_on"]]


class _Cost(NamedTuple):
    """What one matched invoice cost beyond need: low and high, with what shows it."""

    low: int
    high: int
    shown: dict[str, object]
    cost_center_id: str | None


def terms_opportunities(
    pairs: pd.DataFrame,
    terms: pd.DataFrame,
    periods: Sequence[str],
    files: Mapping[str, str],
    centers: Mapping[str, tuple[str, str | None]],
    assumed: SavingAssumptions,
) -> list[Opportunity]:
    """What vendors were paid late, and discounts that were missed, by payments in a year. `pairs`: `settled`."""
    known = {str(row["vendor_id"]): row for row in terms.to_dict("records")}
    costs: dict[tuple[Kind, str, str, str], list[_Cost]] = {}
    for pair in pairs.to_dict("records"):
        if pair["posted_on_paid"].strftime("%Y-%m") not in periods:
            continue
        place = (pair["entity_id"], pair["vendor_id"], pair["currency"])
        for kind, cost in _costs(pair, known[pair["vendor_id"]], files, assumed):
            costs.setdefault((kind, *place), []).append(cost)
    return [_opportunity(*place, costs[place], centers) for place in sorted(costs)]


def _costs(
    pair: Mapping[Any, Any], terms: Mapping[Any, Any], files: Mapping[str, str], assumed: SavingAssumptions
) -> list[tuple[Kind, _Cost]]:
    days, amount, currency = (pair["posted_on_paid"] - pair["posted_on"]).days, pair["amount"], pair["currency"]
    center = pair["cost_center_id"] if isinstance(pair["cost_center_id"], str) else None
    shown = {
        "invoice": pair["journal_id"], "paid_by": pair["journal_id_paid"], "amount": str(money.to_decimal(amount, currency)),
        "posted_on": pair["posted_on"].date().isoformat(), "paid_on": pair["posted_on_paid"].date().isoformat(),
        "file": files.get(pair["file_id"]), "row": None if pd.isna(pair["row_number"]) else int(pair["row_number"]),
    }  # fmt: skip
    found: list[tuple[Kind, _Cost]] = []
    late, interest = days - int(terms["net_days"]), terms["late_interest_pct"]
    if late > 0 and isinstance(interest, Decimal):
        cost = _for_days(amount, interest, late)
        found.append(("late_payment", _Cost(0, cost, shown | {"days_late": late}, center)))
    discount = terms["discount_pct"]
    if isinstance(discount, Decimal):
        cost = money.round_half_even(money.WIDE.multiply(Decimal(amount), discount))
        earlier = max(days - int(terms["discount_days"]), 0)
        held = _for_days(amount, Decimal(assumed.money_cost) / 100, earlier)
        found.append(("missed_discount", _Cost(max(cost - held, 0), cost, shown | {"days_paid": days}, center)))
    return [(kind, cost) for kind, cost in found if cost.high > 0]


def _for_days(amount: int, yearly: Decimal, days: int) -> int:
    return money.round_half_even(money.WIDE.divide(money.WIDE.multiply(amount * days, yearly), Decimal(_DAYS_A_YEAR)))


def _opportunity(
    kind: Kind,
    entity: str,
    vendor: str,
    currency: str,
    costs: list[_Cost],
    centers: Mapping[str, tuple[str, str | None]],
) -> Opportunity:
    largest = sorted(costs, key=lambda c: (-c.high, str(c.shown["invoice"])))
    low, high = sum(c.low for c in costs), sum(c.high for c in costs)
    department, owner = centers.get(largest[0].cost_center_id or "", (None, None))
    what = "were paid late" if kind == "late_payment" else "were paid without their discount"
    return Opportunity(
        kind, entity, (vendor, currency),
        f"{len(costs)} invoices of vendor {vendor} {what}: {money.to_decimal(high, currency):,} {currency} in twelve months",
        [{"invoices": len(costs)}, *(c.shown | {"cost": str(money.to_decimal(c.high, currency))} for c in largest[:_SHOWN])],
        currency, low, high, 0.5, department, owner,
    )  # fmt: skip


def terms_findings(terms: pd.DataFrame) -> list[Finding]:
    """OPP-003: terms with a discount say in how many days, which are no more than the net days."""
    columns = (terms[c] for c in ("vendor_id", "net_days", "discount_pct", "discount_days"))
    return [
        Finding(
            "OPP-003",
            str(vendor),
            "there is a discount without days to take it in, or more of them than the invoice may take: no discount is "
            "looked for; correct vendor_terms",
            "warning",
        )
        for vendor, net, discount, days in zip(*columns, strict=True)
        if isinstance(discount, Decimal) and (pd.isna(days) or days > net)
    ]


def usable(terms: pd.DataFrame) -> pd.DataFrame:
    """The terms, without discounts that nobody knows when to take."""
    doubtful = terms["vendor_id"].isin([f.subject for f in terms_findings(terms)])
    return terms.assign(discount_pct=terms["discount_pct"].astype(object).where(~doubtful, None))
