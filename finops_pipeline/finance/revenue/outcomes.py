"""Step 3, variable consideration from its outcomes: what an estimate comes to that is given as amounts and probabilities.

An event `variable_estimate` without an amount takes it from the outcomes that name it, by the method that the event names,
and not more than will be reached with the confidence that it asks for, if it asks for one (606-10-32-11). From there on it is an
estimate like any other: the latest of its obligation and component stands, and its change is caught up at once.

Here: which outcomes belong to which estimate, and what cannot be used. Not here: the methods (`consideration`), nor what the
estimate does to revenue (`changes`). An estimate that cannot be made keeps no amount, so its contract is left out.

Source: ASC 606-10-32-5 to 32-14; IFRS 15.50-59.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.consideration import Outcome, constrained, expected_value, most_likely
from finops_pipeline.finance.revenue.screening import left_out

METHODS = {"expected_value": expected_value, "most_likely": most_likely}


class Estimate(NamedTuple):
    """One estimate: its outcomes, how it is made, and what it comes to before and after the constraint. Unit: minor units."""

    outcomes: tuple[Outcome, ...]
    method: str
    confidence: Decimal | None
    unconstrained: int
    amount: int


def with_outcomes(events: pd.DataFrame, outcomes: pd.DataFrame) -> tuple[pd.DataFrame, list[Finding]]:
    """The events with the amounts of the estimates that are given by outcomes, and what is wrong with the outcomes.

    REV-034 (error): an estimate cannot be made of its outcomes. REV-035 (warning): outcomes that nothing asks for.
    """
    made, findings = estimates(events, outcomes)
    if not made:
        return events, findings
    amount = events["amount"].astype("Int64").array.copy()
    amount[months.positions(pd.Series(list(made)), events["event_id"])] = [one.amount for one in made.values()]
    return events.assign(amount=amount), findings


def estimates(events: pd.DataFrame, outcomes: pd.DataFrame) -> tuple[dict[str, Estimate], list[Finding]]:
    """The estimates that outcomes are given for, by event, and what is wrong with the others."""
    named = events[months.is_among(events["event_id"], outcomes["event_id"])]
    rows_of: Any = named.astype(object).itertuples()
    by_event = {str(event.event_id): event for event in rows_of}
    made: dict[str, Estimate] = {}
    findings: list[Finding] = []
    for event_id, rows in outcomes.groupby("event_id", sort=True):
        event = by_event.get(str(event_id))
        if event is None or event.event_type != "variable_estimate" or not pd.isna(event.amount):
            findings.append(_not_asked_for(str(rows["contract_id"].iloc[0]), str(event_id)))
            continue
        trouble = list(_troubles(event, rows))
        if trouble:
            what = f"variable_estimate {event_id} cannot be made of its outcomes: {'; '.join(trouble)}"
            findings.append(left_out("REV-034", event.contract_id, None, what))
            continue
        made[str(event_id)] = _made(event, rows)
    return made, findings


def _not_asked_for(contract_id: str, event_id: str) -> Finding:
    return Finding(
        "REV-035", f"{contract_id} / {event_id}",
        "its outcomes are not used: they need a variable_estimate without an amount; empty the amount or take them away",
        severity="warning",
    )  # fmt: skip


def _troubles(event: Any, rows: pd.DataFrame) -> Iterator[str]:
    if not (rows["contract_id"].astype("str") == event.contract_id).all():
        yield "they name another contract: correct contract_id"
    if pd.isna(event.estimate_method):
        yield "fill in estimate_method"
    total = sum(rows["probability"].astype(object), Decimal(0))
    if total != 1 or (rows["probability"].astype(object) < 0).any():
        yield f"their probabilities sum to {total.normalize():f}, not to 1 of positive ones: correct them"
    if not pd.isna(event.constraint_confidence) and not 0 < event.constraint_confidence <= 1:
        yield f"a confidence of {event.constraint_confidence} is not a fraction above 0: ask for 0.9, for example"


def _made(event: Any, rows: pd.DataFrame) -> Estimate:
    pairs = rows.sort_values("outcome_no")[["amount", "probability"]].astype(object).itertuples(index=False)
    all_outcomes = tuple(Outcome(int(amount), probability) for amount, probability in pairs)
    unconstrained = METHODS[event.estimate_method](all_outcomes)
    confidence = None if pd.isna(event.constraint_confidence) else event.constraint_confidence
    amount = unconstrained if confidence is None else constrained(unconstrained, all_outcomes, confidence)
    return Estimate(all_outcomes, event.estimate_method, confidence, unconstrained, amount)
