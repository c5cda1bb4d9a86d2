"""Revenue: the schedule of every obligation, and the books that follow from it."""

from dataclasses import replace
from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.projections import conform
from finops_pipeline.contracts.revenue import (
    CONTRACT_BALANCE_MATURITY,
    CONTRACT_COST_JOURNAL,
    CONTRACT_COST_ROLLFORWARD,
    RECOGNIZED_REVENUE,
    REMAINING_OBLIGATIONS,
    REVENUE_DISAGGREGATION,
    REVENUE_JOURNAL,
    REVENUE_JOURNAL_FUNCTIONAL,
    REVENUE_ROLLFORWARD,
    REVENUE_ROLLFORWARD_FUNCTIONAL,
    REVENUE_SCHEDULE,
    REVENUE_TIE_OUT,
    REVENUE_WATERFALL,
)
from finops_pipeline.defs import metadata
from finops_pipeline.defs.consideration import Given, as_one, known
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import money, revenue
from finops_pipeline.finance.currency import Rates
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue import (
    cost_assets,
    cost_books,
    disaggregation,
    functional,
    functional_proofs,
    gates,
    ledger_tie,
    maturity,
    refunds,
)
from finops_pipeline.finance.revenue.combination import combination_findings
from finops_pipeline.finance.revenue.parts import Tables
from finops_pipeline.finance.revenue.prepared import Prepared
from finops_pipeline.storage.keeping import computed_by

_CHARTED = 18
_AT_ONCE = 10_000
"""Contracts that go through the engine at once: what is computed on the way stays small."""


@recipe(REVENUE_SCHEDULE, checks=["schedule_adds_up"])
def revenue_schedule(
    run: Run,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
    estimate_outcomes: pd.DataFrame,
    payment_plan: pd.DataFrame,
) -> Made:
    """Allocate each contract's price and spread it over the months that satisfy it."""
    given = known(run, Given(contracts, obligations, contract_events, entities, estimate_outcomes, payment_plan))
    made, proofs = schedule_of(run, given)
    one = as_one(run, contracts, obligations, contract_events)
    proofs += combination_findings(contracts, obligations, gates.booked(contracts, contract_events), one)
    # a contract that cannot be accounted for is left out and named; it does not hold back the others
    left_out = [replace(finding, severity="warning") for finding in [*given.findings, *made.findings]]
    return Made(made.rows, {"schedule_adds_up": [*left_out, *proofs]}, {"picture": by_month(made.rows)})


def schedule_of(run: Run, given: Prepared) -> tuple[revenue.Result, list[Finding]]:
    """The schedule, of which only contracts are made that are not as they were, and what is wrong with what was made.

    What is kept has been proven when it was made. What disproves itself is not kept.
    """
    proration, proofs = run.house.settings.straight_line_proration, []

    def make(part: Tables) -> tuple[pd.DataFrame, list[Finding]]:
        made = revenue.revenue_schedule(*part, run.current, proration=proration)
        proofs.extend(revenue.schedule_findings(made))
        return conform(made.lines, REVENUE_SCHEDULE), made.findings

    prints = revenue.fingerprints(given.tables, f"{computed_by()} {run.current} {proration}")
    before = run.house.keeping.load(REVENUE_SCHEDULE)
    made = revenue.up_to_date(given.tables, prints, make, before, _AT_ONCE)
    if made is not before and not proofs:
        run.house.keeping.save(REVENUE_SCHEDULE, made)
    return made, proofs


@recipe(RECOGNIZED_REVENUE, monthly=True)
def recognized_revenue(run: Run, revenue_schedule: pd.DataFrame, entities: pd.DataFrame) -> pd.DataFrame:
    """Sum actual revenue by entity and product."""
    return revenue.recognized_revenue(revenue_schedule, entities, run.periods)


@recipe(REVENUE_ROLLFORWARD, monthly=True, checks=["rollforward_ties"])
def revenue_rollforward(
    run: Run,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    financing_schedule: pd.DataFrame,
) -> Made:
    """Roll each contract's liabilities, asset and receivable forward."""
    one = as_one(run, contracts, obligations, contract_events)
    result = revenue.revenue_rollforward(revenue_schedule, one.contracts, one.events, run.periods, financing_schedule)
    findings = revenue.rollforward_findings(result, revenue_schedule, one.events, run.periods, financing_schedule)
    early = gates.gate_findings(result, revenue_schedule, one.contracts, one.events, run.periods)
    return Made(result, {"rollforward_ties": [*findings, *early]})


@recipe(REVENUE_JOURNAL, monthly=True, checks=["journal_balances_and_ties", "journal_parts_by_maturity"])
def revenue_journal(
    run: Run,
    revenue_rollforward: pd.DataFrame,
    return_asset_rollforward: pd.DataFrame,
    contract_balance_maturity: pd.DataFrame,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
) -> Made:
    """Write the entries that move each contract's books."""
    books = refunds.beside(revenue_rollforward, return_asset_rollforward)
    result = revenue.revenue_journal(books, contract_balance_maturity)
    happened = as_one(run, contracts, obligations, contract_events).events
    findings = revenue.journal_findings(result, books, revenue_schedule, happened, run.periods)
    parted = maturity.reclassification_findings(result, contract_balance_maturity)
    return Made(result, {"journal_balances_and_ties": findings, "journal_parts_by_maturity": parted})


@recipe(REVENUE_ROLLFORWARD_FUNCTIONAL, monthly=True, checks=["functional_books_tie"])
def revenue_rollforward_functional(
    run: Run,
    revenue_rollforward: pd.DataFrame,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    financing_schedule: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> Made:
    """Carry the books of contracts in foreign currency in functional currency."""
    one, rates = as_one(run, contracts, obligations, contract_events), Rates.of(fx_rates)
    tables = (revenue_schedule, one.contracts, one.obligations, one.events, entities)
    made = functional_books(run, tables, rates, financing_schedule)
    same = functional.of_same_contracts(revenue_rollforward, one.contracts, entities, made)
    proofs = functional_proofs.functional_findings(made.rollforward, made.layers, same, rates, run.periods, made.gaps)
    return Made(made.rollforward, {"functional_books_tie": [*made.findings, *proofs]})


@recipe(REVENUE_JOURNAL_FUNCTIONAL, monthly=True, checks=["functional_journal_balances_and_ties"])
def revenue_journal_functional(
    run: Run,
    revenue_rollforward_functional: pd.DataFrame,
    revenue_rollforward: pd.DataFrame,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    financing_schedule: pd.DataFrame,
    entities: pd.DataFrame,
    fx_rates: pd.DataFrame,
) -> Made:
    """Write their entries in both currencies, with exchange differences."""
    one = as_one(run, contracts, obligations, contract_events)
    tables = (revenue_schedule, one.contracts, one.obligations, one.events, entities)
    made = functional_books(run, tables, Rates.of(fx_rates), financing_schedule)
    same = functional.of_same_contracts(revenue_rollforward, one.contracts, entities, made)
    proofs = functional_proofs.functional_journal_findings(made.journal, revenue_rollforward_functional, same)
    return Made(made.journal, {"functional_journal_balances_and_ties": proofs})


@recipe(REVENUE_WATERFALL, checks=["waterfall_sums_to_the_schedule"])
def revenue_waterfall(
    run: Run,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
) -> Made:
    """Set revenue out by the month of its booking."""
    one = as_one(run, contracts, obligations, contract_events)
    result = revenue.revenue_waterfall(revenue_schedule, one.contracts, one.obligations, one.events)
    findings = revenue.waterfall_findings(result, revenue_schedule)
    return Made(result, {"waterfall_sums_to_the_schedule": findings}, {"picture": by_booking(result)})


@recipe(REMAINING_OBLIGATIONS, monthly=True, checks=["bands_sum_to_what_remains"])
def remaining_obligations(
    run: Run,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
    estimate_outcomes: pd.DataFrame,
    payment_plan: pd.DataFrame,
) -> Made:
    """Band what is not yet revenue by when it will be."""
    given = known(run, Given(contracts, obligations, contract_events, entities, estimate_outcomes, payment_plan))
    booked, then = plans(run, given.tables)
    result = revenue.remaining_obligations(revenue_schedule, booked, run.periods, then)
    findings = revenue.remaining_findings(result, revenue_schedule, booked, run.periods)
    return Made(result, {"bands_sum_to_what_remains": findings})


@recipe(REVENUE_DISAGGREGATION, monthly=True, checks=["parts_sum_to_recognized_revenue"])
def revenue_disaggregation(
    run: Run,
    revenue_schedule: pd.DataFrame,
    recognized_revenue: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
) -> Made:
    """Set revenue out by product, entity, country and timing."""
    one = as_one(run, contracts, obligations, contract_events)
    heads = one.led(contracts)
    result = disaggregation.revenue_disaggregation(revenue_schedule, heads, one.obligations, entities, run.periods)
    doubts = [*disaggregation.country_findings(heads), *disaggregation.code_findings(contracts, entities)]
    findings = [*doubts, *disaggregation.disaggregation_findings(result, recognized_revenue)]
    return Made(result, {"parts_sum_to_recognized_revenue": findings})


@recipe(CONTRACT_BALANCE_MATURITY, monthly=True, checks=["parts_make_the_balance"])
def contract_balance_maturity(
    run: Run,
    revenue_rollforward: pd.DataFrame,
    revenue_schedule: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    entities: pd.DataFrame,
    estimate_outcomes: pd.DataFrame,
    payment_plan: pd.DataFrame,
) -> Made:
    """Split contract liabilities and assets at twelve months."""
    given = known(run, Given(contracts, obligations, contract_events, entities, estimate_outcomes, payment_plan))
    booked, then = plans(run, given.tables)
    result = maturity.contract_balance_maturity(
        revenue_rollforward, revenue_schedule, booked, given.tables.events, then
    )
    return Made(result, {"parts_make_the_balance": maturity.maturity_findings(result, revenue_rollforward)})


@recipe(CONTRACT_COST_ROLLFORWARD, monthly=True, checks=["cost_assets_tie"])
def contract_cost_rollforward(
    run: Run,
    contract_costs: pd.DataFrame,
    contracts: pd.DataFrame,
    obligations: pd.DataFrame,
    contract_events: pd.DataFrame,
    revenue_schedule: pd.DataFrame,
) -> Made:
    """Roll the asset of each contract cost forward."""
    one = as_one(run, contracts, obligations, contract_events)
    booked = revenue.obligation_months(one.contracts, one.obligations, one.events)
    made = cost_assets.contract_cost_rollforward(
        one.led(contract_costs), one.contracts, one.obligations, one.events, revenue_schedule, booked, run.periods,
        run.house.settings.straight_line_proration, expedient=run.house.settings.expense_short_contract_costs,
    )  # fmt: skip
    findings = [*made.findings, *cost_books.cost_findings(made.rows, made.costs, run.periods)]
    return Made(made.rows, {"cost_assets_tie": findings})


@recipe(CONTRACT_COST_JOURNAL, monthly=True, checks=["cost_journal_balances_and_ties"])
def contract_cost_journal(contract_cost_rollforward: pd.DataFrame) -> Made:
    """Write the entries that move the cost assets."""
    result = cost_books.contract_cost_journal(contract_cost_rollforward)
    findings = cost_books.cost_journal_findings(result, contract_cost_rollforward)
    return Made(result, {"cost_journal_balances_and_ties": findings})


@recipe(REVENUE_TIE_OUT, monthly=True, checks=["revenue_is_in_the_ledger", "all_revenue_is_compared"])
def revenue_tie_out(
    run: Run,
    recognized_revenue: pd.DataFrame,
    journal_lines: nw.LazyFrame[Any],
    accounts: pd.DataFrame,
    entities: pd.DataFrame,
    products: pd.DataFrame,
) -> Made:
    """Compare recognized revenue with what was posted on the accounts that receive it."""
    rules = run.house.settings.revenue_ledger
    ledger_tie.check_rules(rules, accounts, entities, products)
    posted = run.house.rows(ledger_tie.postings(journal_lines, accounts, rules))
    result = ledger_tie.revenue_tie_out(recognized_revenue, posted, rules)
    differences = ledger_tie.tie_findings(result, is_blocking=run.house.settings.revenue_tie_blocks)
    missing = ledger_tie.completeness_findings(result, recognized_revenue, posted, rules)
    return Made(result, {"revenue_is_in_the_ledger": differences, "all_revenue_is_compared": missing})


def plans(run: Run, tables: Tables) -> tuple[pd.DataFrame, revenue.Then]:
    """When each obligation was booked, and what was planned at the end of any month: two reports stand on it."""

    def compute() -> tuple[pd.DataFrame, revenue.Then]:
        proration = run.house.settings.straight_line_proration
        booked = revenue.obligation_months(*tables[:3])
        return booked, revenue.Then(tables, proration)

    found: tuple[pd.DataFrame, revenue.Then] = run.house.once("plans of obligations", compute)
    return found


def functional_books(
    run: Run, tables: tuple[pd.DataFrame, ...], rates: Rates, financing: pd.DataFrame
) -> functional.Functional:
    """The functional books of the run's months: two tables are made of them."""

    def compute() -> functional.Functional:
        lines, contracts, obligations, events, entities = tables
        return functional.functional_books(
            lines, contracts, obligations, events, entities, rates, run.periods, financing
        )

    found: functional.Functional = run.house.once("functional books", compute)
    return found


def by_month(lines: pd.DataFrame) -> str:
    """Revenue by month, past and planned, as one picture for each currency."""
    return "\n\n".join(
        metadata.lines(f"Revenue by month, {currency}", sums.index.tolist(), {"revenue": _major(sums, str(currency))})
        for currency, rows in lines.groupby("currency")
        for sums in [rows.groupby("period")["recognized"].sum()]
    )


def by_booking(waterfall: pd.DataFrame) -> str:
    """What the latest months of booking brought and will bring, as one picture for each currency."""
    return "\n\n".join(
        metadata.bars(f"Revenue by month of booking, {currency}", sums.index.tolist(), _major(sums, str(currency)))
        for currency, rows in waterfall.groupby("currency")
        for sums in [rows.groupby("booked_period")["amount"].sum().tail(_CHARTED)]
    )


def _major(amounts: pd.Series, currency: str) -> list[float]:
    return [float(money.to_decimal(int(amount), currency)) for amount in amounts]


RECIPES = (
    revenue_schedule,
    recognized_revenue,
    revenue_rollforward,
    revenue_journal,
    revenue_waterfall,
    remaining_obligations,
    revenue_disaggregation,
    contract_balance_maturity,
    contract_cost_rollforward,
    contract_cost_journal,
    revenue_tie_out,
    revenue_rollforward_functional,
    revenue_journal_functional,
)
