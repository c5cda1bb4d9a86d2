"""The journal of contract costs, and the proofs of their roll-forward.

    capitalization  contract_cost               to  contract_cost_incurred   what was booked as an expense becomes an asset
    amortization    contract_cost_amortization  to  contract_cost            its part of the month
    impairment      contract_cost_impairment    to  contract_cost            what is lost

Costs that are expensed at once stay where the ledger has them. Here: entries and proofs. Not here: the amounts
(`cost_assets`), nor the accounts that a chart gives to the roles.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from finops_pipeline.finance import frames, periods
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import months

_ENTRIES = {
    "capitalization": ("contract_cost", "contract_cost_incurred", "capitalized", 1),
    "amortization": ("contract_cost_amortization", "contract_cost", "amortized", -1),
    "impairment": ("contract_cost_impairment", "contract_cost", "impaired", -1),
}
_MOVES = ["capitalized", "amortized", "impaired"]
_PLACE = ["contract_id", "entity_id", "period", "currency"]
_COLUMNS = [
    "journal_id", "line_no", "entity_id", "period", "account_role", "contract_id", "currency", "debit", "credit", "entry",
]  # fmt: skip


def contract_cost_journal(rollforward: pd.DataFrame) -> pd.DataFrame:
    """The entries that move the cost assets of each contract from opening to closing, one journal a contract and month.

    Shape: one row per journal line; the journal is `CC-<contract>-<month>`. Unit: minor units.
    """
    sums = rollforward.groupby(_PLACE)[_MOVES].sum().reset_index()
    parts = []
    for number, (entry, (debit, credit, move, sign)) in enumerate(_ENTRIES.items()):
        amount = sums[move] * sign
        for side, role in enumerate((debit, credit)):
            lines = sums[_PLACE].assign(entry=entry, account_role=role, order=2 * number + side)
            lines["debit"], lines["credit"] = (amount, 0) if side == 0 else (0, amount)
            parts.append(lines[amount != 0])
    rows = pd.concat(parts)
    rows["journal_id"] = "CC-" + rows["contract_id"] + "-" + rows["period"]
    rows = rows.sort_values(["journal_id", "order"], ignore_index=True)
    rows["line_no"] = rows.groupby("journal_id").cumcount() + 1
    return rows[_COLUMNS].astype({name: "str" for name in _COLUMNS if name not in ("line_no", "debit", "credit")})


def cost_findings(rollforward: pd.DataFrame, costs: pd.DataFrame, wanted: Sequence[str]) -> list[Finding]:
    """Everything that is wrong with the roll-forward of these consecutive periods; `costs` are those that it shows.

    REV-172: opening and movements make closing, and closing the next opening. REV-173: what is capitalized or expensed at
    once is the costs. REV-174: no asset is negative, nor left when its benefit has ended.
    """
    key = ["cost_id", "period"]
    shown = rollforward.set_index(key)
    last = max(wanted)
    carried = rollforward[rollforward["period"] < last].assign(
        period=lambda r: r["period"].map(lambda p: periods.add(p, 1))
    )
    opened = rollforward[rollforward["period"] > min(wanted)].set_index(key)["opening"]
    dated = costs.assign(period=months.labels(costs["incurred"].to_numpy(np.int64)).array)
    incurred = dated[dated["period"].isin(list(wanted))].set_index(key)["amount"]
    end = costs.set_index("cost_id")["end"].reindex(rollforward["cost_id"]).fillna(0).to_numpy(np.int64)
    over = rollforward[(rollforward["closing"] != 0) & (end <= months.numbers(rollforward["period"]))]
    wrong = pd.concat([over, rollforward[rollforward["closing"] < 0]]).drop_duplicates(key)
    left = pd.Series(wrong["closing"].to_numpy(np.int64), pd.MultiIndex.from_frame(wrong[key]))
    made = shown["opening"] + shown[_MOVES].sum(axis=1)
    return [
        *_differences("REV-172", made, shown["closing"], ("opening and movements", "closing")),
        *_differences("REV-172", carried.set_index(key)["closing"], opened, ("closing of the month before", "opening")),
        *_differences("REV-173", shown["capitalized"] + shown["expensed"], incurred, ("what is booked", "the cost")),
        *_differences("REV-174", left, left * 0, ("the asset", "what it can be")),
    ]


def cost_journal_findings(journal: pd.DataFrame, rollforward: pd.DataFrame) -> list[Finding]:
    """REV-175: journals balance. REV-176: their lines are the movements of the roll-forward, role by role."""
    key = ["contract_id", "period"]
    net = journal.assign(net=journal["debit"] - journal["credit"])
    found = list(
        _differences(
            "REV-175",
            net.groupby(key)["net"].sum(),
            net[:0].groupby(key)["net"].sum(),
            ("debits less credits", "what they must be"),
        )
    )
    moved = rollforward.groupby(key)[_MOVES].sum()
    due = {
        "contract_cost": moved.sum(axis=1), "contract_cost_incurred": -moved["capitalized"],
        "contract_cost_amortization": -moved["amortized"], "contract_cost_impairment": -moved["impaired"],
    }  # fmt: skip
    for role, amounts in due.items():
        booked = net[net["account_role"] == role].groupby(key)["net"].sum()
        found += _differences("REV-176", booked, amounts, (f"{role} of the journal", "the roll-forward"))
    return found


def _differences(rule_id: str, left: pd.Series, right: pd.Series, names: tuple[str, str]) -> Iterator[Finding]:
    both = frames.side_by_side({"left": left, "right": right})
    for (subject, period), one, other in both[both["left"] != both["right"]].itertuples(name=None):
        message = f"{names[0]} is {one}, {names[1]} is {other} (minor units): recompute contract_cost_rollforward"
        yield Finding(rule_id, f"{subject} {period}", message, period=period)
