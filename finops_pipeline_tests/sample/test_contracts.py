"""Without faults every row of every dataset keeps its contract: an independent reading of the contracts, cell by cell."""

import re
from datetime import date
from decimal import Decimal

import pytest

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.finance import money, periods

DATASETS = (
    "entities", "accounts", "cost_centers", "products", "fx_rates", "journal_lines", "budget_lines", "drivers", "contracts",
    "obligations", "contract_events", "initiatives", "touchpoints", "risks", "kpi_targets", "commentary",
    "vendor_terms", "saving_claims", "budget_versions", "efficiency_targets",
    "contract_costs", "estimate_outcomes", "payment_plan",
)  # fmt: skip
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def reads(kind, text):
    if kind == "date":
        return bool(date.fromisoformat(text))
    if kind == "period":
        return periods.is_label(text)
    if kind in ("money", "decimal"):
        return NUMBER.fullmatch(text) is not None
    if kind == "integer":
        return re.fullmatch(r"\d+", text) is not None
    if kind == "boolean":
        return text in ("true", "false")
    return text == text.strip()


@pytest.mark.parametrize("dataset", DATASETS)
def test_every_cell_keeps_the_contract(clean, rows, dataset):
    found = rows(clean.out, dataset)
    assert found
    assert set(found[0]) <= {c.name for c in TABLES[dataset].columns if c.in_file}
    for column in TABLES[dataset].columns:
        if column.in_file and column.name in found[0]:
            values = {row[column.name] for row in found}
            assert column.nullable or "" not in values, column.name
            known = values - {""}
            assert all(reads(column.kind, v) for v in known), column.name
            assert not column.allowed or known <= set(column.allowed), column.name
            assert column.low is None or all(Decimal(v) >= column.low for v in known), column.name
            assert column.high is None or all(Decimal(v) <= column.high for v in known), column.name
            if column.reference and column.reference.table in DATASETS:
                keys = {row[column.reference.column] for row in rows(clean.out, column.reference.table)}
                assert known <= keys, column.name
        else:
            assert not column.in_file or column.optional, column.name


@pytest.mark.parametrize("dataset", DATASETS)
def test_keys_are_unique(clean, rows, dataset):
    found = rows(clean.out, dataset)
    keys = {tuple(row.get(name, "") for name in TABLES[dataset].key) for row in found}
    assert len(keys) == len(found) == clean.rows[dataset]


def test_amounts_have_no_more_decimals_than_their_currency(clean, rows):
    own = {row["entity_id"]: row["functional_currency"] for row in rows(clean.out, "entities")}
    for row in rows(clean.out, "journal_lines"):
        for name in ("debit", "credit"):
            assert row[name] == "" or money.parse(row[name], row["currency"]) is not None
            assert (
                row[f"functional_{name}"] == ""
                or money.parse(row[f"functional_{name}"], own[row["entity_id"]]) is not None
            )
    for row in rows(clean.out, "budget_lines"):
        assert money.parse(row["amount"], row["currency"]) > 0


def test_size_of_the_company(clean, rows):
    assert len(rows(clean.out, "entities")) == 3
    assert 140 <= len(rows(clean.out, "accounts")) <= 180
    assert len(rows(clean.out, "cost_centers")) == 40
    assert len({row["department"] for row in rows(clean.out, "cost_centers")}) == 8
    assert len(rows(clean.out, "products")) == 14
    accounts = rows(clean.out, "accounts")
    assert {row["account_type"] for row in accounts} == set(TABLES["accounts"].column("account_type").allowed)
    parents = {row["parent_account_id"] for row in accounts}
    posted = {row["account_id"] for row in rows(clean.out, "journal_lines")}
    assert not posted & parents  # nothing is posted to a heading
    assert len(posted) > 60


def test_every_foreign_budget_line_has_its_rate(clean, rows):
    own = {row["entity_id"]: row["functional_currency"] for row in rows(clean.out, "entities")}
    known = {
        (r["from_currency"], r["to_currency"], r["period"])
        for r in rows(clean.out, "fx_rates")
        if r["rate_type"] == "budget"
    }
    foreign = [r for r in rows(clean.out, "budget_lines") if r["currency"] != own[r["entity_id"]]]
    assert foreign
    assert all((r["currency"], own[r["entity_id"]], r["period"]) in known for r in foreign)


def test_rates_exist_for_all_pairs_and_months(clean, rows):
    found = rows(clean.out, "fx_rates")
    for rate_type in ("average", "closing"):
        assert sum(r["rate_type"] == rate_type for r in found) == 14 * 12
    assert all(Decimal(r["rate"]) > 0 for r in found)


def test_budgets_cover_whole_fiscal_years_beyond_the_last_month(clean, rows):
    planned = {}
    for row in rows(clean.out, "budget_lines"):
        planned.setdefault((row["version"], row["entity_id"]), set()).add(row["period"])
    # January 2024 to February 2025: the current fiscal years end in December, June and March 2025
    assert planned["2025-original", "US01"] == set(periods.span("2025-01", "2025-12"))
    assert planned["2024-original", "DE01"] == set(periods.span("2024-07", "2025-06"))
    assert planned["2024-original", "JP01"] == set(periods.span("2024-04", "2025-03"))
    assert planned["2025-revised", "DE01"] == set(periods.span("2024-07", "2025-06"))


def test_some_accounts_are_unbudgeted_and_some_unspent(clean, rows):
    spent = {(r["entity_id"], r["account_id"]) for r in rows(clean.out, "journal_lines")}
    planned = {(r["entity_id"], r["account_id"]) for r in rows(clean.out, "budget_lines")}
    assert ("US01", "6890") in spent - planned
    assert ("US01", "6630") in planned - spent


def test_contracts_tell_a_plausible_story(clean, rows):
    stated, billed, paid = {}, {}, {}
    for row in rows(clean.out, "obligations"):
        stated[row["contract_id"]] = stated.get(row["contract_id"], 0) + Decimal(row["stated_price"])
        is_term = row["recognition"] == "straight_line"
        assert is_term == bool(row["end_date"])
        assert bool(row["start_date"]) == (is_term or row["contract_id"] in ("CX-09", "CX-14")), (
            "goods that are financed have a day"
        )
        assert not is_term or row["start_date"] < row["end_date"]
    for row in rows(clean.out, "contract_events"):
        assert row["event_date"] <= "2025-02-28"
        if row["event_type"] in ("invoice", "payment"):
            book = billed if row["event_type"] == "invoice" else paid
            book[row["contract_id"]] = book.get(row["contract_id"], 0) + Decimal(row["amount"])
    assert all(billed[c] <= stated[c] for c in billed)
    assert all(paid[c] <= billed[c] for c in paid)
    delivered = [
        (r["contract_id"], r["obligation_id"])
        for r in rows(clean.out, "contract_events")
        if r["event_type"] == "delivery" and r["contract_id"].startswith("CT-")
    ]
    assert len(delivered) == len(set(delivered)) > 20
    assert 150 <= len(stated) <= 400
