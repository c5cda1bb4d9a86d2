"""Opportunities: what could be saved, found in ledger, bills and reports, and what has become of it."""

from typing import Any

import narwhals as nw
import pandas as pd

from finops_pipeline.contracts.cost import COST_OPPORTUNITIES
from finops_pipeline.defs.house import House
from finops_pipeline.defs.recipes import Made, Run, recipe
from finops_pipeline.finance import ledger, periods
from finops_pipeline.finance.opportunities import cloud, duplicates, register, spending, terms, vendors
from finops_pipeline.finance.savings import table

_MONTHS = 15
"""Months of prices: the last three, and the year before them."""


@recipe(COST_OPPORTUNITIES, write="merge", checks=["opportunities_have_evidence", "terms_are_complete"])
def cost_opportunities(
    run: Run,
    journal_lines: nw.LazyFrame[Any],
    cloud_costs: nw.LazyFrame[Any],
    accounts: pd.DataFrame,
    cost_centers: pd.DataFrame,
    budget_variance: pd.DataFrame,
    cost_efficiency: pd.DataFrame,
    ingested_files: pd.DataFrame,
    cloud_cost_monthly: pd.DataFrame,
    vendor_terms: pd.DataFrame,
    realized_savings: pd.DataFrame,
) -> Made:
    """Look for savings, and keep what is known of those found before."""
    files = dict(zip(ingested_files["file_id"], ingested_files["file_name"], strict=True))
    people = (
        cost_centers[["department", "owner"]].astype(object).where(cost_centers[["department", "owner"]].notna(), None)
    )
    centers = dict(zip(cost_centers["cost_center_id"], people.itertuples(index=False, name=None), strict=True))
    found = [
        *booked_twice(run.house, journal_lines, accounts, files, centers),
        *by_terms(run, journal_lines, accounts, vendor_terms, files, centers),
        *with_vendors(run, journal_lines, accounts),
        *subscribed(run, journal_lines, accounts, centers),
        *in_the_cloud(run, cloud_costs, files),
        *cloud.unusual_services(cloud_cost_monthly, run.current, run.house.settings.cloud_entities),
        *spending.unbudgeted(budget_variance, run.current, centers),
        *spending.inefficient(cost_efficiency, run.current, centers),
    ]
    known = run.house.read(COST_OPPORTUNITIES)
    result = register.with_realized(register.merged(known, found, run.current), table.by_opportunity(realized_savings))
    findings = register.opportunity_findings(result, known)
    doubtful = terms.terms_findings(vendor_terms)
    return Made(result, {"opportunities_have_evidence": findings, "terms_are_complete": doubtful})


def by_terms(
    run: Run,
    lines: nw.LazyFrame[Any],
    accounts: pd.DataFrame,
    known: pd.DataFrame,
    files: dict[str, str],
    centers: spending.Centers,
) -> list[register.Opportunity]:
    """Invoices that were paid late or without their discount, of vendors whose terms are known."""
    if known.empty:
        return []
    payables = accounts.loc[accounts["account_type"] == "liability", "account_id"].tolist()
    documents = duplicates.documents(lines, payables, cost_accounts(accounts))
    pairs = terms.settled(run.house.rows(terms.payable(documents, known["vendor_id"].tolist())))
    months = periods.span(periods.add(run.current, -11), run.current)
    assumed = run.house.settings.opportunities
    return terms.terms_opportunities(pairs, terms.usable(known), months, files, centers, assumed)


def booked_twice(
    house: House, lines: nw.LazyFrame[Any], accounts: pd.DataFrame, files: dict[str, str], centers: spending.Centers
) -> list[register.Opportunity]:
    """Documents of vendors that are likely to be in the ledger twice."""
    payables = accounts.loc[accounts["account_type"] == "liability", "account_id"].tolist()
    documents = duplicates.documents(lines, payables, cost_accounts(accounts))
    pairs = duplicates.pairs(house.rows(duplicates.suspects(documents)))
    return duplicates.opportunities(pairs, files, centers)


def with_vendors(run: Run, lines: nw.LazyFrame[Any], accounts: pd.DataFrame) -> list[register.Opportunity]:
    """Small vendors, rising prices, and prices above those of others."""
    assumed, rows = run.house.settings.opportunities, run.house.rows
    months = periods.span(periods.add(run.current, 1 - _MONTHS), run.current)
    spent = spending.vendor_spending(lines, cost_accounts(accounts), months)
    totals = rows(spending.vendor_totals(spent, months[-12:]))
    prices = rows(spending.vendor_prices(spent, spending.recent_months(run.current)[0]))
    beside = rows(vendors.recent_prices(spent, spending.recent_months(run.current)))
    return [
        *spending.fragmentation(totals, accounts, assumed),
        *spending.price_drift(prices, run.current, assumed),
        *vendors.peer_prices(beside, assumed),
    ]


def subscribed(
    run: Run, lines: nw.LazyFrame[Any], accounts: pd.DataFrame, centers: spending.Centers
) -> list[register.Opportunity]:
    """Subscriptions that cost centers have each for itself."""
    assumed = run.house.settings.opportunities
    is_subscribed = accounts["category"].isin(assumed.subscription_categories)
    months = periods.span(periods.add(run.current, 1 - vendors.REGULAR), run.current)
    charged = run.house.rows(vendors.subscriptions(lines, cost_accounts(accounts[is_subscribed]), months))
    return vendors.subscription_overlap(charged, len(months), centers, assumed)


def in_the_cloud(run: Run, charges: nw.LazyFrame[Any], files: dict[str, str]) -> list[register.Opportunity]:
    """Commitments that nobody used, usage that none covers, and what is paid for and idle."""
    settings, rows = run.house.settings, run.house.rows
    months = periods.span(periods.add(run.current, -11), run.current)
    unused = rows(spending.unused_commitments(charges, months))
    recent, assumed, owners = cloud.months_until(run.current), settings.opportunities, settings.cloud_entities
    usage = rows(cloud.committable_usage(charges, recent, assumed.commitment_categories))
    return [
        *spending.commitments(unused, owners, files, assumed),
        *cloud.commitment_gap(usage, owners, assumed),
        *cloud.idle_resources(rows(cloud.idle(charges, recent)), owners, files),
    ]


def cost_accounts(accounts: pd.DataFrame) -> list[str]:
    """The accounts that costs are booked on."""
    chosen: list[str] = accounts.loc[accounts["account_type"].isin(ledger.COST_TYPES), "account_id"].tolist()
    return chosen


RECIPES = (cost_opportunities,)
