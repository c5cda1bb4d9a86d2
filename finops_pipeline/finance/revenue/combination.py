"""Step 1, combination: contracts that are one contract (ASC 606-10-25-9; IFRS 15.17).

Contracts signed at or near the same time with one customer, as a package, at prices that depend on each other or for one
promise, are one contract: their obligations share one price. That they are is a judgement, said by `combination_id`.

All is then booked under the first of them (the one signed first): its obligations keep their names, those of the others are
named `contract:obligation`. It begins when the first is signed. What happened to a contract with one obligation is of that;
a modification or an estimate that names no obligation is of all of them.

Worked example: a licence is sold for 100 and, the week after, its set-up for 20 that is worth 50 alone. Together they cost 120
and are worth 150, so the licence gets 80 and the set-up 40.

Here: the tables with one contract in place of each combination. Not here: how the price is shared (`allocation`, `sharing`),
which takes them for the one contract they are.
"""

from fractions import Fraction
from typing import NamedTuple

import numpy as np
import pandas as pd

from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months
from finops_pipeline.finance.revenue.inputs import GATE, KEY, named

_NEAR = 31
"""Days between the first and the last signing within which contracts are signed near the same time."""
_SAME = ["customer_id", "entity_id", "currency", "financing_rate", *GATE]
_OF_ONE = ("delivery", "progress", "usage", "return", "returns_estimate", "cancellation")
"""Events that are of an obligation: in a combination they have to name it."""


class Combined(NamedTuple):
    """The tables with one contract in place of each combination, and the combinations that are none, left out."""

    contracts: pd.DataFrame
    obligations: pd.DataFrame
    events: pd.DataFrame
    leads: pd.Series
    """By contract of a combination: the one that all is booked under."""
    findings: list[Finding]

    def led(self, rows: pd.DataFrame) -> pd.DataFrame:
        """The rows of another table about contracts, under the contracts they are booked under."""
        return _under_the_lead(rows, self.leads)


def combined(contracts: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame) -> Combined:
    """Every combination as one contract; contracts without a combination are as they were.

    A combination that cannot be one contract is left out whole, with a finding for each of its contracts (REV-040).
    """
    members = contracts[contracts["combination_id"].notna()]
    if members.empty:
        return Combined(contracts, obligations, events, pd.Series([], pd.Index([], dtype="str"), "str"), [])
    members = members.sort_values(["combination_id", "signed_on", "contract_id"], ignore_index=True)
    involved = months.is_among(events["contract_id"], members["contract_id"])
    theirs = _said(events[involved], obligations[months.is_among(obligations["contract_id"], members["contract_id"])])
    events = pd.concat([events[~involved], theirs], ignore_index=True)
    lead = members.groupby("combination_id")["contract_id"].transform("first")
    leads = pd.Series(lead.array, pd.Index(members["contract_id"], dtype="str"), dtype="str")
    twice = _named_twice(obligations, leads)
    reasons = {name: why for name, rows in members.groupby("combination_id") if (why := _reason(rows, theirs, twice))}
    wrong = members[members["combination_id"].isin(list(reasons))]
    gone = [*wrong["contract_id"], *members.loc[members["contract_id"] != lead, "contract_id"]]
    promised, happened = (t[~months.is_among(t["contract_id"], wrong["contract_id"])] for t in (obligations, events))
    return Combined(
        contracts[~months.is_among(contracts["contract_id"], gone)].reset_index(drop=True),
        _under_the_lead(promised, leads),
        _under_the_lead(happened, leads),
        leads,
        [_finding(contract, name, reasons[name]) for contract, name in _pairs(wrong)],
    )


def together(contract_id: str, contracts: pd.DataFrame) -> list[str]:
    """The contracts that are one with this one, itself among them."""
    own = contracts.loc[contracts["contract_id"] == contract_id, "combination_id"].dropna()
    same = contracts["combination_id"].isin(own) | (contracts["contract_id"] == contract_id)
    return contracts.loc[same, "contract_id"].tolist()


def _said(events: pd.DataFrame, obligations: pd.DataFrame) -> pd.DataFrame:
    """The events with the obligation they are of, where their own contract leaves no doubt of it."""
    events = named(events.astype(dict.fromkeys(KEY, "str")), obligations.astype(dict.fromkeys(KEY, "str")))
    single = obligations.drop_duplicates("contract_id", keep=False).set_index("contract_id")["obligation_id"]
    fills = events["obligation_id"].isna() & events["event_type"].isin(_OF_ONE)
    return events.assign(
        obligation_id=events["obligation_id"].where(~fills, events["contract_id"].map(single).astype("str"))
    )


def _under_the_lead(rows: pd.DataFrame, leads: pd.Series) -> pd.DataFrame:
    if leads.empty:
        return rows
    texts = rows.astype({name: "str" for name in KEY if name in rows}).reset_index(drop=True)
    place = months.positions(texts["contract_id"], pd.Series(leads.index, dtype="str"))
    lead = pd.Series(leads.array[place], dtype="str").where(pd.Series(place >= 0), texts["contract_id"])
    if "obligation_id" not in rows:
        return texts.assign(contract_id=lead)
    is_renamed = (lead != texts["contract_id"]) & texts["obligation_id"].notna()
    renamed = texts["contract_id"] + ":" + texts["obligation_id"]
    return texts.assign(contract_id=lead, obligation_id=texts["obligation_id"].where(~is_renamed, renamed))


def _named_twice(obligations: pd.DataFrame, leads: pd.Series) -> dict[str, str]:
    """By lead, an obligation of which there would be two of one name."""
    named_anew = _under_the_lead(obligations[months.is_among(obligations["contract_id"], list(leads.index))], leads)
    again = named_anew[named_anew.duplicated(KEY)]
    return dict(zip(again["contract_id"], again["obligation_id"], strict=True))


def _reason(rows: pd.DataFrame, events: pd.DataFrame, twice: dict[str, str]) -> str | None:
    """Why these contracts cannot be one, if they cannot. `twice`: obligations of one name, by lead."""
    if len(rows) == 1:
        return "no other contract has it: send the other, or empty combination_id"
    for name in _SAME:
        if len(rows[name].drop_duplicates()) > 1:
            return f"its contracts differ in {name}: correct it, or empty combination_id"
    days = months.day_numbers(rows["signed_on"])
    apart = int(np.ptp(days))
    if apart > _NEAR:
        return f"its contracts were signed {apart} days apart, more than {_NEAR}: correct signed_on, or empty combination_id"
    if double := twice.get(rows["contract_id"].iloc[0]):
        return f"two of its obligations would be called {double}: give one of them another obligation_id"
    is_vague = events["event_type"].isin(_OF_ONE) & events["obligation_id"].isna()
    vague = events[is_vague & months.is_among(events["contract_id"], rows["contract_id"])]
    if len(vague):
        event = vague.sort_values("event_id").iloc[0]
        return f"{event['event_type']} {event['event_id']} does not say what it is of: name the obligation_id"
    return None


def _pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    return list(zip(rows["contract_id"], rows["combination_id"], strict=True))


def _finding(contract: str, combination: str, reason: str) -> Finding:
    return Finding("REV-040", contract, f"combination {combination}: {reason}; the contract is left out")


def combination_findings(
    contracts: pd.DataFrame, obligations: pd.DataFrame, events: pd.DataFrame, made: Combined
) -> list[Finding]:
    """Everything that was lost or added when contracts were made one.

    REV-043: of each combination that is not left out there is one contract, with all obligations, prices, quantities and
    events of its contracts; all other contracts have as many rows as before.
    """
    members = _members(contracts)
    gone = members[members.index.isin([f.subject for f in made.findings])]
    due = _contents(members[~members.isin(gone)], obligations, events, contracts=1)
    shown = _contents(_members(made.contracts), made.obligations, made.events)
    found = []
    for name in sorted({*due, *shown}):
        one, other = shown.get(name, {}), due.get(name, {})
        wrong = [what for what in sorted({*one, *other}) if one.get(what) != other.get(what)]
        if wrong:
            said = "; ".join(f"{what} {other.get(what, 0)} before and {one.get(what, 0)} after" for what in wrong)
            found.append(Finding("REV-043", str(name), f"{said}: recompute the combination, or empty combination_id"))
    for what, before, after in (("obligations", obligations, made.obligations), ("events", events, made.events)):
        alone = [int((~months.is_among(rows["contract_id"], members.index.tolist())).sum()) for rows in (before, after)]
        if alone[0] != alone[1]:
            said = f"{alone[0]} before and {alone[1]} after contracts were combined"
            found.append(
                Finding("REV-043", what, f"of contracts without a combination there are {said}: recompute them")
            )
    return found


def _members(contracts: pd.DataFrame) -> pd.Series:
    """By contract, its combination."""
    rows = contracts[contracts["combination_id"].notna()]
    return pd.Series(rows["combination_id"].array, pd.Index(rows["contract_id"], dtype="str"))


def _contents(
    members: pd.Series, obligations: pd.DataFrame, events: pd.DataFrame, contracts: int | None = None
) -> dict[str, dict[str, Fraction]]:
    """By combination, how many rows it has of each kind, and what their amounts and quantities sum to."""
    found: dict[str, dict[str, Fraction]] = {
        str(name): {"contracts": Fraction(contracts or number)} for name, number in members.value_counts().items()
    }
    for table, kind, amount in ((obligations, "recognition", "stated_price"), (events, "event_type", "amount")):
        rows = table[months.is_among(table["contract_id"], members.index.tolist())]
        names = members.loc[rows["contract_id"].astype("str")]
        values = rows[[kind, amount, "quantity"]].astype(object).itertuples(index=False)
        for name, (what, money, quantity) in zip(names, values, strict=True):
            sums = found[name]
            for measure, value in (("rows", 1), ("amount", money), ("quantity", quantity)):
                if not pd.isna(value):
                    sums[f"{what} {measure}"] = sums.get(f"{what} {measure}", Fraction(0)) + Fraction(value)
    return found
