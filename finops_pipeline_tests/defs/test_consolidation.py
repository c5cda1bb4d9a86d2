"""The recipes of the group and of the statements beside it: with a group, without one, and as far as there are rates."""

from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from finops_pipeline.contracts import currency, ledger, masters
from finops_pipeline.contracts.projections import conform
from finops_pipeline.contracts.statements import (
    CASH_FLOW,
    CONSOLIDATION,
    INTERCOMPANY_UNMATCHED,
    TRANSLATION_ROLLFORWARD,
)
from finops_pipeline.defs import consolidation, io_manager, statements
from finops_pipeline.defs.ledger import trial_balance
from finops_pipeline.defs.metadata import control_totals
from finops_pipeline.settings import load

MONTHS = ("2026-01", "2026-02", "2026-03")
GROUP_TABLES = (CONSOLIDATION, TRANSLATION_ROLLFORWARD, INTERCOMPANY_UNMATCHED)


def frame(table: Any, *rows: tuple, columns: str) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=columns.split())
    return conform(made.reindex(columns=list(table.names)), table)


ENTITIES = frame(
    masters.ENTITIES, ("A", "A", "EUR", None, None), ("X", "X", "USD", "A", Decimal("0.8")),
    columns="entity_id name functional_currency parent_entity_id ownership_pct",
)  # fmt: skip
ACCOUNTS = frame(
    masters.ACCOUNTS,
    ("1000", "Bank", "asset", True), ("1200", "Receivables", "asset", False), ("2000", "Payables", "liability", False),
    ("3000", "Capital", "equity", False), ("4000", "Sales", "revenue", False), ("6000", "Fees", "operating_expense", False),
    columns="account_id name account_type is_cash",
)  # fmt: skip
BALANCES = frame(
    ledger.GL_BALANCES,
    ("A", "2026-01", "1000", "EUR", 500, 0, 1), ("A", "2026-01", "3000", "EUR", 0, 500, 1),
    ("X", "2026-01", "1000", "USD", 100, 0, 1), ("X", "2026-01", "3000", "USD", 0, 100, 1),
    ("A", "2026-02", "1200", "EUR", 20, 0, 1), ("A", "2026-02", "4000", "EUR", 0, 20, 1),
    ("X", "2026-02", "6000", "USD", 30, 0, 1), ("X", "2026-02", "2000", "USD", 0, 30, 1),
    ("X", "2026-03", "1000", "USD", 7, 0, 1), ("X", "2026-03", "4000", "USD", 0, 7, 1),
    columns="entity_id period account_id currency debit credit lines",
)  # fmt: skip
WITHIN = frame(
    ledger.INTERCOMPANY_BALANCES,
    ("A", "2026-02", "1200", "X", "EUR", 20, 0, 1), ("A", "2026-02", "4000", "X", "EUR", 0, 20, 1),
    ("X", "2026-02", "6000", "A", "USD", 30, 0, 1), ("X", "2026-02", "2000", "A", "USD", 0, 30, 1),
    columns="entity_id period account_id counterparty_entity_id currency debit credit lines",
)  # fmt: skip
RATES = frame(
    currency.FX_RATES,
    *((p, "USD", "EUR", kind, Decimal(rate)) for p, *two in (("2026-01", "0.5", "0.6"), ("2026-02", "0.6", "0.7"), ("2026-03", "0.7", "0.8"))
      for kind, rate in zip(("average", "closing"), two, strict=True)),
    columns="period from_currency to_currency rate_type rate",
)  # fmt: skip


class Kept:
    """As much of a house as the recipes use."""

    def __init__(self, **chosen: Any) -> None:
        self.settings = load(**chosen)
        self.shared: dict[str, Any] = {}

    def once(self, name: str, compute: Any) -> Any:
        return self.shared.setdefault(name, compute()) if name not in self.shared else self.shared[name]


def close(home: Path, entities: pd.DataFrame = ENTITIES, rates: pd.DataFrame = RATES, **chosen: Any) -> dict[str, Any]:
    """Everything the recipes make of these months, and what their checks answer."""
    run = SimpleNamespace(house=Kept(home=home, **chosen), periods=MONTHS)
    own = BALANCES[BALANCES["entity_id"].isin(entities["entity_id"])]
    given = (run, own, WITHIN, ACCOUNTS, entities, rates)
    worksheet = consolidation.consolidation_worksheet.make(*given)
    rolled = consolidation.translation_rollforward.make(*given)
    unmatched = consolidation.intercompany_unmatched.make(*given)
    books = trial_balance.make(run, own, ACCOUNTS, entities).frame
    sheet = statements.balance_sheet.make(run, books, ACCOUNTS, entities, worksheet.frame)
    income = statements.income_statement.make(run, own, ACCOUNTS, entities, sheet.frame, worksheet.frame)
    flow = statements.cash_flow.make(run, books, ACCOUNTS, entities, sheet.frame, income.frame, worksheet.frame, rolled)
    tables = {"consolidation": worksheet.frame, "rollforward": rolled, "unmatched": unmatched, "sheet": sheet.frame,
              "income": income.frame, "flow": flow.frame, "notes": flow.notes}  # fmt: skip
    for table, made in zip(GROUP_TABLES, (worksheet.frame, rolled, unmatched), strict=True):
        conform(made, table)
    conform(flow.frame, CASH_FLOW)
    found = [f for made in (worksheet, sheet, income, flow) for each in made.findings.values() for f in each]
    assert [f for f in found if f.severity == "error"] == []
    return tables | {"warnings": [(f.rule_id, f.subject) for f in found]}


def months_of(table: pd.DataFrame, entity: str) -> set[str]:
    return set(table.loc[table["entity_id"] == entity, "period"])


def test_the_group_stands_beside_its_entities_and_ties(tmp_path: Path) -> None:
    made = close(tmp_path)
    for name in ("sheet", "income", "flow"):
        assert all(months_of(made[name], entity) == set(MONTHS) for entity in ("A", "X", "GROUP"))
    assert made["warnings"] == []
    sheet = made["sheet"][(made["sheet"]["entity_id"] == "GROUP") & (made["sheet"]["period"] == "2026-03")]
    amounts = sheet.set_index("line")["amount"]
    # cash 500 + 107 x 0.80; A claims 20 of X, which owes 30 x 0.80 = 24; others own a fifth of 107 - 30 = 77, x 0.80
    assert (amounts["Total assets"], amounts["Unmatched intercompany balances"]) == (586 - 4, -4)
    assert amounts["Non-controlling interests"] in (12, 13)
    assert set(made["unmatched"]["period"]) == {"2026-02", "2026-03"}


def test_each_statement_has_one_number_for_a_line(tmp_path: Path) -> None:
    made = close(tmp_path)
    for name in ("sheet", "income", "flow"):
        numbers = made[name].groupby(["line", "line_kind"])["line_no"].nunique()
        assert set(numbers) == {1}


def test_months_without_a_rate_have_no_group_and_the_entities_do_not_wait(tmp_path: Path) -> None:
    made = close(tmp_path, rates=RATES[RATES["period"] != "2026-03"])
    for name in ("sheet", "income", "flow"):
        assert months_of(made[name], "X") == set(MONTHS)
        assert months_of(made[name], "GROUP") == {"2026-01", "2026-02"}
    assert made["warnings"] == [("CON-005", "USD→EUR average 2026-03"), ("CON-005", "USD→EUR closing 2026-03")]


def test_no_rates_at_all(tmp_path: Path) -> None:
    made = close(tmp_path, rates=RATES.head(0))
    assert made["consolidation"].empty
    assert {frozenset(made[name]["entity_id"]) for name in ("sheet", "income", "flow")} == {frozenset("AX")}


@pytest.mark.parametrize(("entities", "chosen"), [(ENTITIES, {"group_entity": ""}), (ENTITIES.head(1), {})])
def test_without_a_group_the_entities_are_reported_alone(tmp_path: Path, entities: pd.DataFrame, chosen: dict) -> None:
    made = close(tmp_path, entities, **chosen)
    assert [len(made[name]) for name in ("consolidation", "rollforward", "unmatched")] == [0, 0, 0]
    for name in ("sheet", "income", "flow"):
        assert set(made[name]["entity_id"]) == set(entities["entity_id"])
    assert made["warnings"] == []


def test_the_group_has_the_name_and_currency_that_are_chosen(tmp_path: Path) -> None:
    both = pd.concat([RATES, RATES.assign(from_currency="EUR", to_currency="USD")], ignore_index=True)
    made = close(tmp_path, rates=both, group_entity="Konzern", group_currency="USD")
    flow = made["flow"][made["flow"]["entity_id"] == "Konzern"]
    assert set(flow["currency"]) == {"USD"}


def test_the_cash_bridge_goes_from_beginning_to_end(tmp_path: Path) -> None:
    pictures = close(tmp_path)["notes"]["chart"].split("\n\n")
    assert [picture[2:].split(":")[0] for picture in pictures] == ["A", "GROUP", "X"]


def test_control_totals_leave_the_group_out(tmp_path: Path) -> None:
    flow = close(tmp_path)["flow"]
    manager = io_manager.ContractIO(Kept(home=tmp_path), {})
    without = flow[flow["entity_id"] != "GROUP"]
    assert control_totals(CASH_FLOW, manager._once(flow)) == control_totals(CASH_FLOW, without)
    assert control_totals(CASH_FLOW, flow) != control_totals(CASH_FLOW, without)
