"""Screening: which contracts this engine can account for, and what to do about the others.

Here: one small rule per kind of trouble, each with its identifier. A contract with an error is left out whole, because
the price of each obligation depends on all of them. Not here: row rules (vocabulary, references), which the ingest has
applied; the proofs of results (REV-1xx), which stand beside what they prove.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd

from finops_pipeline.finance.findings import Finding, Severity
from finops_pipeline.finance.revenue.inputs import KEY, Inputs
from finops_pipeline.finance.revenue.satisfaction import deliveries

_CASH_AND_BILLS = ("invoice", "payment", "refund")
_SUPPORTED_EVENTS = ("delivery", *_CASH_AND_BILLS)

Trouble = pd.DataFrame
"""Rows with contract_id, obligation_id (null: the whole contract) and message."""


_NONE: Trouble = pd.DataFrame({name: pd.Series([], dtype="str") for name in [*KEY, "message"]})


def screen(inputs: Inputs) -> tuple[Inputs, list[Finding]]:
    """The contracts that can be accounted for, and every finding about all of them."""
    findings: list[Finding] = []
    out: list[pd.Series] = []
    for rule_id, (severity, rule) in RULES.items():
        trouble = rule(inputs)
        if trouble.empty:
            continue
        trouble = trouble.drop_duplicates().sort_values([*KEY, "message"])
        findings += [_finding(rule_id, severity, *row) for row in trouble[[*KEY, "message"]].itertuples(index=False)]
        if severity == "error":
            out.append(trouble["contract_id"])
    return inputs.without(pd.concat(out).unique().tolist()) if out else inputs, findings


def _finding(rule_id: str, severity: Severity, contract_id: str, obligation_id: str | float, message: str) -> Finding:
    subject = f"{contract_id} / {obligation_id}" if isinstance(obligation_id, str) else contract_id
    consequence = "; the contract is left out" if severity == "error" else ""
    return Finding(rule_id, subject, message + consequence, severity)


def _trouble(rows: pd.DataFrame, template: str) -> Trouble:
    """The rows as trouble; the template may name their columns."""
    if rows.empty:
        return _NONE
    result = rows.reindex(columns=KEY).astype("str")
    return result.assign(
        message=pd.Series([template.format_map(r) for r in rows.to_dict("records")], rows.index, "str")
    )


def _unsupported_recognition(inputs: Inputs) -> Trouble:
    rows = inputs.obligations
    supported = rows["recognition"].isin(["point_in_time", "straight_line"])
    return _trouble(
        rows[~supported], "recognition by {recognition} is not supported: use point_in_time or straight_line"
    )


def _unsupported_event(inputs: Inputs) -> Trouble:
    rows = inputs.events[~inputs.events["event_type"].isin(_SUPPORTED_EVENTS)]
    return _trouble(rows, "{event_type} {event_id} of {event_date:%Y-%m-%d} is not supported: account for it by hand")


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
    counts = inputs.obligations.groupby("contract_id")["ssp"].agg(["count", "size"]).reset_index()
    rows = counts[(counts["count"] > 0) & (counts["count"] < counts["size"])]
    return _trouble(
        rows,
        "{count} of {size} obligations have a standalone selling price, so stated prices are used: fill in the others",
    )


def _unusable_ssp(inputs: Inputs) -> Trouble:
    rows = inputs.obligations.assign(ssp=inputs.obligations["ssp"].astype("Int64"))
    totals = rows.groupby("contract_id")[["ssp", "stated_price"]].transform("sum")
    complete = rows["ssp"].notna().groupby(rows["contract_id"]).transform("all")
    negative = (rows["ssp"] < 0).fillna(value=False).astype(bool)
    nothing = complete & (totals["ssp"] == 0).astype(bool) & (totals["stated_price"] != 0)
    return _trouble(
        rows[negative | nothing], "standalone selling price {ssp} cannot share out a price: correct the ssp"
    )


def _delivery_of_unknown_obligation(inputs: Inputs) -> Trouble:
    rows = inputs.events[(inputs.events["event_type"] == "delivery") & inputs.events["obligation_id"].notna()]
    return _trouble(
        rows[~_names_obligation(rows, inputs)],
        "delivery {event_id} names an obligation the contract does not have: correct it",
    )


def _names_obligation(rows: pd.DataFrame, inputs: Inputs) -> npt.NDArray[np.bool_]:
    return (rows[KEY].merge(inputs.obligations[KEY], on=KEY, how="left", indicator=True)["_merge"] == "both").to_numpy(
        bool
    )


def _excess_delivery(inputs: Inputs) -> Trouble:
    applied = deliveries(inputs.obligations, inputs.events)
    return _trouble(
        applied[applied["excess"]],
        "delivery {event_id} of {event_date:%Y-%m-%d} goes beyond the promised quantity: correct the quantity or add a "
        "modification",
    )


def _quantity_not_positive(inputs: Inputs) -> Trouble:
    found = []
    is_delivery = inputs.events["event_type"] == "delivery"
    for what, rows in (("promised", inputs.obligations), ("delivery {event_id}", inputs.events[is_delivery])):
        wrong = rows[(rows["quantity"] <= 0).fillna(value=False).astype(bool)]
        found.append(_trouble(wrong, f"quantity {{quantity}} ({what}) is not positive: correct it"))
    return pd.concat(found)


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
    rows = inputs.events[inputs.events["event_type"].isin(_CASH_AND_BILLS) & inputs.events["amount"].isna()]
    return _trouble(rows, "{event_type} {event_id} has no amount: fill it in")


def _unknown_contract(inputs: Inputs) -> Trouble:
    orphans = pd.concat([f.loc[f["signed_on"].isna(), ["contract_id"]] for f in (inputs.obligations, inputs.events)])
    return _trouble(
        orphans.drop_duplicates(), "obligations or events name a contract that is not there: send the contract"
    )


def _unknown_entity(inputs: Inputs) -> Trouble:
    rows = inputs.contracts[~inputs.contracts["entity_id"].isin(inputs.entities["entity_id"])]
    return _trouble(rows, "entity {entity_id} is not there: send the entity")


def _without_obligations(inputs: Inputs) -> Trouble:
    rows = inputs.contracts[~inputs.contracts["contract_id"].isin(inputs.obligations["contract_id"].unique())]
    return _trouble(rows, "the contract has no obligations, so nothing of it can become revenue: send its obligations")


def _nothing_to_deliver(inputs: Inputs) -> Trouble:
    given = inputs.events[inputs.events["event_type"] == "delivery"]
    used = given["event_id"].isin(deliveries(inputs.obligations, inputs.events)["event_id"])
    has_obligations = given["contract_id"].isin(inputs.obligations["contract_id"].unique())
    known = _names_obligation(given, inputs) | (given["obligation_id"].isna() & has_obligations)
    return _trouble(
        given[~used & known],
        "delivery {event_id} concerns no point_in_time obligation and is ignored: check its recognition",
    )


def _added_by_modification(inputs: Inputs) -> Trouble:
    rows = inputs.obligations[inputs.obligations["added_by_event_id"].notna()]
    return _trouble(rows, "it was added by modification {added_by_event_id}, which is not supported")


def _discount_group(inputs: Inputs) -> Trouble:
    has_ssp = inputs.obligations["ssp"].notna()
    rows = inputs.obligations[inputs.obligations["discount_group"].notna() & has_ssp]
    return _trouble(rows, "a discount of group {discount_group} alone is not supported: account for it by hand")


RULES: dict[str, tuple[Severity, Callable[[Inputs], Trouble]]] = {
    "REV-001": ("error", _unsupported_recognition),
    "REV-002": ("error", _unsupported_event),
    "REV-003": ("error", _service_without_dates),
    "REV-004": ("error", _end_before_start),
    "REV-005": ("error", _event_before_signing),
    "REV-006": ("error", _other_currency),
    "REV-007": ("warning", _some_without_ssp),
    "REV-008": ("error", _unusable_ssp),
    "REV-009": ("error", _delivery_of_unknown_obligation),
    "REV-010": ("error", _excess_delivery),
    "REV-011": ("error", _quantity_not_positive),
    "REV-012": ("error", _ambiguous_delivery),
    "REV-013": ("error", _missing_amount),
    "REV-014": ("error", _unknown_contract),
    "REV-015": ("error", _unknown_entity),
    "REV-016": ("warning", _without_obligations),
    "REV-017": ("warning", _nothing_to_deliver),
    "REV-018": ("error", _added_by_modification),
    "REV-019": ("error", _discount_group),
}
"""Every rule of the screening by identifier: its severity and the function that finds the trouble."""
