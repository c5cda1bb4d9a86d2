"""Step 1, the contract: which contracts can be accounted for, and what to do about the others.

Here: one small rule per kind of trouble that can be seen in the rows, each with its identifier. A contract with an error
is left out whole, because the price of each obligation depends on all of them. Not here: row rules (vocabulary,
references), which the ingest has applied; what is seen only when events follow each other (`replay`); the proofs of
results (REV-1xx), which stand beside what they prove.

Source: ASC 606-10-25-1 to 25-9; IFRS 15.9-16.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance import periods
from finops_pipeline.finance.findings import Finding, Severity
from finops_pipeline.finance.revenue import gates, months
from finops_pipeline.finance.revenue.inputs import KEY, Inputs
from finops_pipeline.finance.revenue.measures import measured
from finops_pipeline.finance.revenue.satisfaction import deliveries

_WITH_AMOUNT = ("invoice", "payment", "refund", "write_off", "variable_estimate")
_POSITIVE = ("delivery", "return", "cancellation")
_MEASURED = ("output", "input")

Trouble = pd.DataFrame
"""Rows with contract_id, obligation_id (null: the whole contract) and message."""


_NONE: Trouble = pd.DataFrame({name: pd.Series([], dtype="str") for name in [*KEY, "message"]})


def screen(inputs: Inputs) -> tuple[Inputs, list[Finding]]:
    """The contracts that can be accounted for, and every finding about all of them."""
    found = {rule_id: (severity, rule(inputs)) for rule_id, (severity, rule) in RULES.items()}
    found |= {rule_id: ("error", rule(inputs.unchanging)) for rule_id, rule in UNCHANGING_RULES.items()}
    findings: list[Finding] = []
    out: list[pd.Series] = []
    for rule_id, (severity, trouble) in sorted(found.items()):
        if trouble.empty:
            continue
        rows = trouble.drop_duplicates().sort_values([*KEY, "message"])[[*KEY, "message"]]
        findings += [_finding(rule_id, severity, *row) for row in rows.itertuples(index=False)]
        if severity == "error":
            out.append(trouble["contract_id"])
    return inputs.without(pd.concat(out).unique().tolist()) if out else inputs, findings


def left_out(rule_id: str, contract_id: str, obligation_id: str | None, message: str) -> Finding:
    """The finding that a contract cannot be accounted for."""
    return _finding(rule_id, "error", contract_id, obligation_id, message)


def _finding(
    rule_id: str, severity: Severity, contract_id: str, obligation_id: str | float | None, message: str
) -> Finding:
    subject = f"{contract_id} / {obligation_id}" if isinstance(obligation_id, str) else contract_id
    consequence = "; the contract is left out" if severity == "error" else ""
    return Finding(rule_id, subject, message + consequence, severity)


def _trouble(rows: pd.DataFrame, template: str) -> Trouble:
    """The rows as trouble; the template may name their columns."""
    if rows.empty:
        return _NONE
    result = rows.reindex(columns=KEY).astype("str")
    told = [template.format_map({str(name): _plain(v) for name, v in r.items()}) for r in rows.to_dict("records")]
    return result.assign(message=pd.Series(told, rows.index, "str"))


def _plain(value: Any) -> Any:
    """A decimal without the zeros that only its scale adds."""
    return f"{value.normalize():f}" if isinstance(value, Decimal) else value


def _service_without_dates(inputs: Inputs) -> Trouble:
    rows = inputs.obligations
    dateless = rows["start_date"].isna() | rows["end_date"].isna()
    return _trouble(
        rows[(rows["recognition"] == "straight_line") & dateless],
        "a straight_line obligation needs both dates: fill in start_date and end_date",
    )


def _end_before_start(inputs: Inputs) -> Trouble:
    rows = inputs.obligations[inputs.obligations["end_date"] < inputs.obligations["start_date"]]
    return _trouble(rows, "it ends {end_date:%Y-%m-%d}, before it starts {start_date:%Y-%m-%d}: correct the dates")


def _event_before_signing(inputs: Inputs) -> Trouble:
    rows = inputs.events[inputs.events["event_date"] < inputs.events["signed_on"]]
    return _trouble(
        rows,
        "{event_type} {event_id} of {event_date:%Y-%m-%d} is before the contract was signed on "
        "{signed_on:%Y-%m-%d}: correct one of the days",
    )


def _other_currency(inputs: Inputs) -> Trouble:
    template = "its {what} is in {contract_currency}, the contract in {currency}: state both in one currency"
    found = []
    for what, rows in (("obligation", inputs.obligations), ("event {event_id}", inputs.events)):
        wrong = rows[rows["signed_on"].notna() & ~(rows["contract_currency"] == rows["currency"])]
        found.append(_trouble(wrong, template.replace("{what}", what)))
    return pd.concat(found)


def _some_without_ssp(inputs: Inputs) -> Trouble:
    shares = inputs.obligations[inputs.obligations["recognition"] != "usage"]
    counts = shares.groupby("contract_id")["ssp"].agg(["count", "size"]).reset_index()
    rows = counts[(counts["count"] > 0) & (counts["count"] < counts["size"])]
    return _trouble(rows, "{count} of {size} obligations have a standalone selling price: fill in ssp of the others")


def _unusable_ssp(inputs: Inputs) -> Trouble:
    rows = inputs.obligations.assign(ssp=inputs.obligations["ssp"].astype("Int64"))
    rows = rows[rows["recognition"] != "usage"]
    totals = rows.groupby("contract_id")[["ssp", "stated_price"]].transform("sum")
    complete = rows["ssp"].notna().groupby(rows["contract_id"]).transform("all")
    negative = (rows["ssp"] < 0).fillna(value=False).astype(bool)
    nothing = complete & (totals["ssp"] == 0).astype(bool) & (totals["stated_price"] != 0)
    return _trouble(
        rows[negative | nothing], "standalone selling price {ssp} cannot share out a price: correct the ssp"
    )


def _ssp_outside_its_range(inputs: Inputs) -> Trouble:
    rows = inputs.obligations
    outside = (rows["ssp"] < rows["ssp_low"]) | (rows["ssp"] > rows["ssp_high"])
    return _trouble(
        rows[outside.fillna(value=False).astype(bool)], "its ssp {ssp} is outside of its range: correct one of them"
    )


def _unknown_obligation(inputs: Inputs) -> Trouble:
    rows = inputs.events[inputs.events["obligation_id"].notna()]
    return _trouble(
        rows[~_names_obligation(rows, inputs)],
        "{event_type} {event_id} names an obligation the contract does not have: correct it",
    )


def _names_obligation(rows: pd.DataFrame, inputs: Inputs) -> npt.NDArray[np.bool_]:
    return (rows[KEY].merge(inputs.obligations[KEY], on=KEY, how="left", indicator=True)["_merge"] == "both").to_numpy(
        bool
    )


def _excess(inputs: Inputs) -> Trouble:
    template = (
        "{what} {event_id} of {event_date:%Y-%m-%d} goes beyond what was promised: correct it or add a modification"
    )
    found = []
    for what, rows in (
        ("delivery", inputs.once(deliveries)),
        ("progress", inputs.once(measured)),
    ):
        found.append(_trouble(rows[rows["excess"]], template.replace("{what}", what)))
    return pd.concat(found)


def _not_positive(inputs: Inputs) -> Trouble:
    happened, kind = inputs.events, inputs.events["event_type"]
    least = pd.Series(kind.isin(_POSITIVE).astype(int), kind.index)
    can_be = ~kind.isin(["modification"])
    wrong = [
        ("promised quantity {quantity}", inputs.obligations, inputs.obligations["quantity"] <= 0),
        ("promised total_measure {total_measure}", inputs.obligations, inputs.obligations["total_measure"] <= 0),
        ("quantity {quantity} of {event_type} {event_id}", happened, (happened["quantity"] < 0) & can_be),
        ("quantity {quantity} of {event_type} {event_id}", happened, (happened["quantity"] == 0) & (least == 1)),
        ("total_measure {total_measure} of {event_type} {event_id}", happened, happened["total_measure"] <= 0),
        (
            "amount {amount} of {event_type} {event_id}", happened,
            (happened["amount"] < 0) & kind.isin(["return", "returns_estimate", "cancellation"]),
        ),
    ]  # fmt: skip
    return pd.concat(
        [
            _trouble(rows[is_wrong.fillna(value=False).astype(bool)], f"{what} is not positive: correct it")
            for what, rows, is_wrong in wrong
        ]
    )


def _without_total(inputs: Inputs) -> Trouble:
    rows = inputs.obligations
    without = rows["recognition"].isin(_MEASURED) & rows["total_measure"].isna() & rows["quantity"].isna()
    return _trouble(rows[without], "its progress by {recognition} has no total: fill in total_measure")


def _wrong_measure(inputs: Inputs) -> Trouble:
    """Progress of what is not measured, usage of what is not used: left aside they would be revenue that is missing."""
    rows = inputs.events[
        inputs.events["event_type"].isin(["progress", "usage"]) & inputs.events["obligation_id"].notna()
    ]
    rows = rows.merge(inputs.obligations[[*KEY, "recognition"]], on=KEY)
    is_usage = rows["event_type"] == "usage"
    fits = rows["recognition"].eq("usage").where(is_usage, rows["recognition"].isin(_MEASURED))
    return _trouble(
        rows[~fits], "{event_type} {event_id} does not fit recognition by {recognition}: correct one of them"
    )


def _ambiguous_event(inputs: Inputs) -> Trouble:
    kinds = ("progress", "usage", "return", "returns_estimate")
    rows = inputs.events[inputs.events["event_type"].isin(kinds) & inputs.events["obligation_id"].isna()]
    vague = _trouble(rows, "{event_type} {event_id} does not say what it is of: name the obligation_id")
    return pd.concat([vague, _ambiguous_delivery(inputs)])


def _unknown_addition(inputs: Inputs) -> Trouble:
    changes = inputs.events.loc[inputs.events["event_type"] == "modification", ["contract_id", "event_id"]]
    rows = inputs.obligations[inputs.obligations["added_by_event_id"].notna()]
    known = rows.merge(
        changes.rename(columns={"event_id": "added_by_event_id"}), how="left", on=["contract_id", "added_by_event_id"],
        indicator=True,
    )["_merge"].to_numpy()  # fmt: skip
    return _trouble(
        rows[known != "both"],
        "it was added by {added_by_event_id}, which is no modification of its contract: send that",
    )


def _repeated_price(inputs: Inputs) -> Trouble:
    added = inputs.obligations.groupby(["contract_id", "added_by_event_id"])["stated_price"].sum().astype("Int64")
    rows = inputs.events[inputs.events["event_type"] == "modification"]
    repeated = added.reindex(pd.MultiIndex.from_frame(rows[["contract_id", "event_id"]])).array
    repeats = rows["amount"].astype("Int64") == pd.Series(repeated, rows.index)
    return _trouble(
        rows[repeats.fillna(value=False).astype(bool)],
        "the amount of modification {event_id} repeats the prices of what it adds and counts once: leave it empty, or state "
        "what else changes in the price",
    )


def _excess_write_off(inputs: Inputs) -> Trouble:
    rows = inputs.events[inputs.events["event_type"].isin(["invoice", "payment", "write_off"])]
    written = rows.loc[rows["event_type"] == "write_off", "contract_id"]
    rows = rows[rows["amount"].notna() & months.is_among(rows["contract_id"], written)]
    contract, _ = pd.factorize(rows["contract_id"])
    last = rows["event_type"] == "write_off"  # in its day
    rows = rows.take(np.lexsort((last, months.day_numbers(rows["event_date"]), contract)))
    sign = np.where(rows["event_type"] == "invoice", 1, -1)
    owed = pd.Series(rows["amount"].to_numpy(np.int64) * sign, rows.index).groupby(rows["contract_id"]).cumsum()
    too_much = (rows["event_type"] == "write_off") & (owed < 0)
    return _trouble(
        rows[too_much],
        "write_off {event_id} of {event_date:%Y-%m-%d} is more than the customer owes: correct the amount",
    )


def _ambiguous_delivery(inputs: Inputs) -> Trouble:
    goods = inputs.obligations[inputs.obligations["recognition"] == "point_in_time"]
    count = goods.groupby("contract_id").size()
    rows = inputs.events[(inputs.events["event_type"] == "delivery") & inputs.events["obligation_id"].isna()]
    several = rows["contract_id"].map(count).fillna(0) > 1
    return _trouble(
        rows[several & rows["quantity"].notna()],
        "delivery {event_id} has a quantity but several obligations to deliver: name the obligation_id",
    )


def _missing_amount(inputs: Inputs) -> Trouble:
    rows, kind = inputs.events, inputs.events["event_type"]
    estimate = (kind == "returns_estimate") & rows["quantity"].isna()
    return _trouble(
        rows[(kind.isin(_WITH_AMOUNT) | estimate) & rows["amount"].isna()],
        "{event_type} {event_id} has no amount: fill it in",
    )


def _unknown_contract(inputs: Inputs) -> Trouble:
    orphans = pd.concat([f.loc[f["signed_on"].isna(), ["contract_id"]] for f in (inputs.obligations, inputs.events)])
    return _trouble(
        orphans.drop_duplicates(), "obligations or events name a contract that is not there: send the contract"
    )


def _unknown_entity(inputs: Inputs) -> Trouble:
    rows = inputs.contracts[~inputs.contracts["entity_id"].isin(inputs.entities["entity_id"])]
    return _trouble(rows, "entity {entity_id} is not there: send the entity")


def _without_obligations(inputs: Inputs) -> Trouble:
    rows = inputs.contracts[~months.is_among(inputs.contracts["contract_id"], inputs.obligations["contract_id"])]
    return _trouble(rows, "the contract has no obligations, so nothing of it can become revenue: send its obligations")


def _nothing_to_deliver(inputs: Inputs) -> Trouble:
    given = inputs.events[inputs.events["event_type"] == "delivery"]
    promised = inputs.obligations.loc[inputs.obligations["recognition"].isin(["point_in_time", *_MEASURED]), KEY]
    named = given["obligation_id"].notna()
    goods = inputs.obligations.loc[inputs.obligations["recognition"] == "point_in_time", "contract_id"]
    used = (given[KEY].merge(promised, on=KEY, how="left", indicator=True)["_merge"] == "both").to_numpy(bool)
    used = np.where(named, used, months.is_among(given["contract_id"], goods))
    has_obligations = months.is_among(given["contract_id"], inputs.obligations["contract_id"])
    known = _names_obligation(given, inputs) | (~named & has_obligations)
    return _trouble(
        given[~used & known],
        "delivery {event_id} concerns no obligation that is delivered and is ignored: check its recognition",
    )


def _contradictory_gate(inputs: Inputs) -> Trouble:
    rows = inputs.contracts
    given = rows[["criteria_met_on", "nonrefundable_on"]].notna()
    is_none = rows["collectability"] == "not_probable"
    early = rows[["criteria_met_on", "nonrefundable_on"]].lt(rows["signed_on"], axis=0).any(axis=1)
    wrong = (
        (given.any(axis=1) & ~is_none, "it is a contract from the start, so no day can make it one: empty criteria_met_on and nonrefundable_on"),
        (given.all(axis=1) & is_none, "it cannot become a contract and end without being one: empty criteria_met_on or nonrefundable_on"),
        (early & is_none, "criteria_met_on or nonrefundable_on is before it was signed on {signed_on:%Y-%m-%d}: correct the day"),
    )  # fmt: skip
    return pd.concat([_trouble(rows[is_wrong], words) for is_wrong, words in wrong])


def _no_contract_yet(inputs: Inputs) -> Trouble:
    names = gates.unmet(inputs.contracts, inputs.as_of_period)
    rows = inputs.contracts[inputs.contracts["contract_id"].isin(names)]
    is_kept = months.of_dates_or_never(rows["nonrefundable_on"]) <= periods.index(inputs.as_of_period)
    return _trouble(
        rows[~is_kept],
        "it is not probable that its consideration is collected, so it is no contract: what was received is a liability and "
        "nothing is revenue; fill in criteria_met_on when it is, nonrefundable_on when it is over",
    )


RULES: dict[str, tuple[Severity, Callable[[Inputs], Trouble]]] = {
    "REV-003": ("error", _service_without_dates),
    "REV-004": ("error", _end_before_start),
    "REV-005": ("error", _event_before_signing),
    "REV-006": ("error", _other_currency),
    "REV-009": ("error", _unknown_obligation),
    "REV-011": ("error", _not_positive),
    "REV-012": ("error", _ambiguous_event),
    "REV-013": ("error", _missing_amount),
    "REV-014": ("error", _unknown_contract),
    "REV-015": ("error", _unknown_entity),
    "REV-016": ("warning", _without_obligations),
    "REV-017": ("warning", _nothing_to_deliver),
    "REV-020": ("error", _without_total),
    "REV-023": ("error", _unknown_addition),
    "REV-028": ("error", _ssp_outside_its_range),
    "REV-029": ("error", _excess_write_off),
    "REV-030": ("warning", _repeated_price),
    "REV-031": ("error", _wrong_measure),
    "REV-041": ("warning", _no_contract_yet),
    "REV-042": ("error", _contradictory_gate),
}
"""Every rule of the screening by identifier: its severity and the function that finds the trouble."""

UNCHANGING_RULES: dict[str, Callable[[Inputs], Trouble]] = {
    "REV-007": _some_without_ssp,
    "REV-008": _unusable_ssp,
    "REV-010": _excess,
}
"""Rules for contracts that do not change; for the others the replay knows what holds on the day of each event."""
