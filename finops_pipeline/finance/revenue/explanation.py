"""One contract explained: the five steps, each number with its origin, and the journal that follows.

Here: the words and numbers, computed by the plain engine (`replay`) on what the books knew on a day. Not here: reading
the tables, printing.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from finops_pipeline.errors import ContractError
from finops_pipeline.finance import money, periods
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.bookings import obligation_months
from finops_pipeline.finance.revenue.changes import change_of_price
from finops_pipeline.finance.revenue.combination import combined, together
from finops_pipeline.finance.revenue.functional import functional_books
from finops_pipeline.finance.revenue.gates import in_words as gate_in_words
from finops_pipeline.finance.revenue.gates import unmet
from finops_pipeline.finance.revenue.inputs import Proration, gather
from finops_pipeline.finance.revenue.journal import revenue_journal
from finops_pipeline.finance.revenue.maturity import contract_balance_maturity
from finops_pipeline.finance.revenue.obligation import Obligation
from finops_pipeline.finance.revenue.outcomes import Estimate, estimates, with_outcomes
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import Beside, Prepared, agreed, prepared
from finops_pipeline.finance.revenue.refunds import beside, refund_states, return_asset_rollforward
from finops_pipeline.finance.revenue.replay import Replay
from finops_pipeline.finance.revenue.rollforward import revenue_rollforward
from finops_pipeline.finance.revenue.schedule import Schedule, Then, revenue_schedule
from finops_pipeline.finance.revenue.terms import Deal, Event, deals


def explain(
    contract_id: str,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    events: pd.DataFrame,
    entities: pd.DataFrame,
    as_of: date,
    *,
    proration: Proration = "daily",
    more: Beside | None = None,
    rates: Rates | None = None,
) -> list[str]:
    """The lines of the explanation, with what was known at the end of `as_of`; months are shown to their ends.

    `more`: outcomes of estimates and payment plans, as `prepared` takes them. With `rates` a contract in foreign currency
    is also told in functional currency.

    Raises: ContractError for a contract that is not there, or not signed by then.
    """
    known = _known(contract_id, Tables(contracts, obligations, events, entities), as_of)
    period = periods.of(as_of)
    ready, told, made = _ready(known, more, period, proration)
    if wrong := combined(*known[:3]).findings:
        return [f"Contract {contract_id}", *_left_out(wrong)]
    for deal in deals(gather(*told, period)):
        if deal.signed_on <= as_of:
            schedule = revenue_schedule(*ready.tables, period, proration=proration)
            steps = _Steps(deal, as_of, proration, made)
            of_one = [*_one_contract(known.contracts), *gate_in_words(told.contracts, period)]
            lines = [*steps.head(), *of_one, *steps.obligations(), *steps.price(ready.financing)]
            if schedule.lines.empty:
                return [*lines, *_left_out([*ready.findings, *schedule.findings])]
            steps.deal = next(deals(schedule.inputs))
            wanted = periods.span(periods.of(deal.signed_on), period)
            journal = _journal_of(schedule, ready, wanted, proration)
            lines += [] if unmet(told.contracts, period) else steps.satisfaction()
            own = _functional(schedule, ready, wanted, rates or Rates({}))
            return [*lines, *_schedule(schedule.lines, deal), *_journal(journal, deal), *own]
    raise ContractError(f"contract {contract_id!r} is not there on {as_of}: look for it with `finops show contracts`")


def _known(contract_id: str, given: Tables, as_of: date) -> Tables:
    """The rows of a contract, and of those that are one with it, that were known at the end of a day."""
    heads, promised, happened = given.only(together(contract_id, given.contracts))[:3]
    learned = happened[["event_date", "recorded_on"]].max(axis=1)
    later = happened.loc[learned > pd.Timestamp(as_of), "event_id"]
    happened = happened[learned <= pd.Timestamp(as_of)]
    return Tables(heads, promised[~promised["added_by_event_id"].isin(later)], happened, given.entities)


def _ready(
    given: Tables, more: Beside | None, period: str, proration: Proration
) -> tuple[Prepared, Tables, dict[str, Estimate]]:
    """The tables for the engine, those to tell of (at stated prices), and the estimates that were made of outcomes."""
    one = agreed(*given[:3])
    told = Tables(one.contracts, one.obligations, one.events, given.entities)
    if more is None:
        return Prepared(told, pd.DataFrame({"contract_id": [], "period": [], "interest": []}), one.findings), told, {}
    outcomes = more.outcomes[months.is_among(more.outcomes["event_id"], given.events["event_id"])]
    payments = more.payments[months.is_among(more.payments["contract_id"], given.contracts["contract_id"])]
    made, _ = estimates(given.events, outcomes)
    ready = prepared(one, given.entities, Beside(outcomes, payments, expedient=more.expedient), period, proration)
    return ready, told._replace(events=with_outcomes(told.events, outcomes)[0]), made


def _left_out(findings: Sequence[Finding]) -> list[str]:
    return ["", "Not accounted for", *(f"  {f.rule_id} {f.subject}: {f.message}" for f in findings)]


def _one_contract(heads: pd.DataFrame) -> Iterator[str]:
    """Which contracts are one."""
    if len(heads) > 1:
        names = ", ".join(sorted(heads["contract_id"]))
        name = heads["combination_id"].iloc[0]
        yield f"   combination {name}: {names} are one contract, all is booked under the first signed (606-10-25-9)"


def _journal_of(schedule: Schedule, ready: Prepared, wanted: list[str], proration: Proration) -> pd.DataFrame:
    """The journal of these months, with interest, the goods that come back, and what is non-current."""
    states = refund_states(schedule.inputs, schedule.lines, proration)
    tables, financing = ready.tables, ready.financing if len(ready.financing) else None
    books = revenue_rollforward(schedule.lines, tables.contracts, tables.events, wanted, financing)
    then = Then(tables, proration)
    parts = contract_balance_maturity(books, schedule.lines, obligation_months(*tables[:3]), tables.events, then)
    return revenue_journal(beside(books, return_asset_rollforward(states, wanted)), parts)


class _Steps:
    """The five steps of one contract."""

    def __init__(self, deal: Deal, as_of: date, proration: Proration, made: Mapping[str, Estimate]) -> None:
        self.deal, self.as_of, self.proration, self.made = deal, as_of, proration, made

    def head(self) -> list[str]:
        """Step 1."""
        deal = self.deal
        return [
            f"Contract {deal.contract_id} as the books know it on {self.as_of}, amounts in {deal.currency}",
            "",
            "1  Contract (ASC 606-10-25-1, IFRS 15.9)",
            f"   signed on {deal.signed_on}; {len(deal.events)} events so far",
        ]

    def obligations(self) -> Iterator[str]:
        """Step 2."""
        yield from ("", "2  Performance obligations (606-10-25-14, IFRS 15.22)")
        for promise in self.deal.promises:
            origin = f"added by {promise.added_by_event_id}" if promise.added_by_event_id else "promised on signing"
            amount = f", {promise.quantity} units" if promise.quantity is not None else ""
            dates = f", {promise.start_date or ''} to {promise.end_date or ''}" if promise.end_date else ""
            yield f"   {promise.obligation_id}: {promise.product_id} by {promise.recognition}{amount}{dates}; {origin}"

    def price(self, financing: pd.DataFrame) -> Iterator[str]:
        """Step 3."""
        yield from ("", "3  Transaction price (606-10-32-2, IFRS 15.47)")
        for promise in self.deal.promises:
            if promise.recognition != "usage":
                yield self._line(promise.stated_price, f"stated price of {promise.obligation_id}")
        if len(financing):
            interest = int(financing["interest"].sum())
            words = "expense, paid long before the transfer" if interest > 0 else "income, paid long after the transfer"
            yield self._line(interest, f"interest of the financing component, {words} (606-10-32-15)")
        latest = {(e.obligation_id, e.component): e for e in self.deal.events if e.event_type == "variable_estimate"}
        for event in self.deal.events:
            if event.event_type == "modification":
                added = [p.stated_price for p in self.deal.promises if p.added_by_event_id == event.event_id]
                yield self._line(change_of_price(event, added), f"change by {_named(event)}, {event.method}")
            is_latest = event is latest.get((event.obligation_id, event.component))
            if is_latest or event.event_type in {"usage", "return", "returns_estimate"}:
                of = f" of {event.obligation_id}" if event.obligation_id else ""
                of += f", {event.component}" if event.component else ""
                units = f" ({event.quantity} units)" if event.quantity is not None else ""
                yield self._line(event.amount, f"{_named(event)}{of}{units}")
                if event.event_id in self.made:
                    yield from self._outcomes(self.made[event.event_id])
            if event.event_type == "cancellation":
                yield self._line(None if event.amount is None else -event.amount, f"given up by {_named(event)}")

    def _outcomes(self, estimate: Estimate) -> Iterator[str]:
        """How an estimate was made."""
        for outcome in estimate.outcomes:
            yield f"{'':23}{self._text(outcome.amount)} with probability {outcome.probability.normalize():f}"
        yield f"{'':23}{estimate.method.replace('_', ' ')} {self._text(estimate.unconstrained)} (606-10-32-8)"
        if estimate.confidence is not None:
            reached = f"reached with confidence {estimate.confidence.normalize():f}: {self._text(estimate.amount)}"
            yield f"{'':23}not more than is {reached} (606-10-32-11)"

    def satisfaction(self) -> Iterator[str]:
        """Steps 4 and 5, as they stand on the day."""
        replay = Replay(self.deal, self.proration)
        signed = {name: o.price for name, o in replay.here.items()}
        for event in self.deal.events:
            replay.see(event.event_date)
            replay.apply(event)
        replay.see(self.as_of)
        yield from ("", "4  Allocation (606-10-32-28, IFRS 15.73)")
        for name, obligation in replay.here.items():
            yield self._line(obligation.standing().allocated, f"{name}: {self._origin(obligation, signed.get(name))}")
        yield from ("", "5  Satisfaction (606-10-25-23, IFRS 15.31)")
        for name, obligation in replay.here.items():
            yield self._line(obligation.standing().recognized, f"{name}: {self._earned(obligation)}")
            yield from self._back(obligation)

    def _origin(self, obligation: Obligation, signed: int | None) -> str:
        promise = obligation.promise
        if obligation.is_usage:
            return "usage, as invoiced (606-10-55-18)"
        found = "the stated price stands"
        if obligation.worth is not None:
            found = f"standalone selling price {self._text(round(obligation.worth))} ({promise.ssp_method or 'given'})"
        origin = "its part of the modification" if signed is None else f"{self._text(signed)} on signing"
        moved = (
            f"; of it {self._text(obligation.settled)} settled before its present terms" if obligation.settled else ""
        )
        return f"{found}, {origin}{moved}"

    def _earned(self, obligation: Obligation) -> str:
        parts = [f"{self._text(obligation.settled)} settled"] if obligation.settled else []
        if obligation.materials:
            parts.append(f"{self._text(obligation.materials)} materials at cost")
        if obligation.is_usage:
            parts.append("usage so far")
        elif not obligation.is_closed:
            open_price = self._text(obligation.price - obligation.materials)
            parts.append(f"{open_price} x {_number(obligation.done)} / {_number(obligation.whole)}")
        if obligation.given_back:
            parts.append(f"less {self._text(obligation.given_back)} returns")
        return ", ".join([*parts, *(["cancelled"] if obligation.is_closed else [])])

    def _back(self, obligation: Obligation) -> Iterator[str]:
        """What is expected to go back to the customer, and the goods that come back."""
        now = obligation.standing()
        parts = {
            "returns": now.returned, "lower prices": now.conceded,
            "the cancellation": now.refundable - now.returned - now.conceded,
        }  # fmt: skip
        if now.refundable:
            words = ", ".join(f"{self._text(part)} for {what}" for what, part in parts.items() if part)
            yield self._line(now.refundable, f"{obligation.name}: expected to go back in all, {words} (606-10-32-10)")
        if now.goods_due or now.goods_back:
            words = f"goods that come back at {self._text(round(obligation.goods_worth))} each"
            yield self._line(now.goods_due, f"{obligation.name}: asset for {words} (606-10-55-23)")

    def _line(self, amount: int | None, words: str) -> str:
        return f"   {'' if amount is None else self._text(amount):>18}  {words}"

    def _text(self, amount: int) -> str:
        return f"{money.to_decimal(amount, self.deal.currency):,}"


def _named(event: Event) -> str:
    return f"{event.event_type} {event.event_id} of {event.event_date}"


def _number(value: Fraction) -> str:
    return (
        str(value.numerator) if value.denominator == 1 else str(round(Decimal(value.numerator) / value.denominator, 4))
    )


def _schedule(lines: pd.DataFrame, deal: Deal) -> Iterator[str]:
    yield from ("", "Schedule")
    columns = [
        "obligation_id",
        "period",
        "recognized",
        "cumulative_recognized",
        "remaining",
        "status",
        "prior_period_adjustment",
    ]
    for name, period, *amounts, status, prior in lines[columns].itertuples(index=False, name=None):
        shown = "".join(f"{money.to_decimal(a, deal.currency):>18,}" for a in amounts)
        late = f", of it {money.to_decimal(prior, deal.currency):,} of months before" if prior else ""
        yield f"   {name:<12} {period} {shown}  {status}{late}"


def _journal(journal: pd.DataFrame, deal: Deal) -> Iterator[str]:
    yield from ("", "Journal")
    columns = ["period", "entry", "account_role", "debit", "credit"]
    for period, entry, role, *sides in journal[columns].itertuples(index=False, name=None):
        shown = "".join(f"{money.to_decimal(a, deal.currency):>18,}" if a else " " * 18 for a in sides)
        yield f"   {period} {entry:<18} {role:<30}{shown}"


def _functional(schedule: Schedule, ready: Prepared, wanted: list[str], rates: Rates) -> Iterator[str]:
    """The journal in functional currency with exchange differences, if that is another one."""
    financing = ready.financing if len(ready.financing) else None
    made = functional_books(schedule.lines, *ready.tables, rates, wanted, financing)
    if made.findings or len(made.journal):
        yield from ("", "Functional journal (IFRIC 22.8, IAS 21.23)")
    yield from (f"   {f.rule_id} {f.subject}: {f.message}" for f in made.findings)
    columns = ["period", "entry", "account_role", "currency", "debit", "credit"]
    for period, entry, role, currency, *sides in made.journal[columns].itertuples(index=False, name=None):
        shown = "".join(f"{money.to_decimal(a, currency):>18,}" if a else " " * 18 for a in sides)
        yield f"   {period} {entry:<20} {role:<20} {currency}{shown}"
