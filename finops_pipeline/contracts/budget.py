"""Budgets: the lines as planned, their monthly balances, and the variance of actuals against them."""

from dataclasses import replace

from finops_pipeline.contracts.columns import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    ACCOUNT_TYPE,
    COST_CENTER_ID,
    CURRENCY,
    DEPARTMENT,
    ENTITY_ID,
    PERIOD,
    PRODUCT_ID,
    VERSION,
    amount,
    plain,
    ratio,
)
from finops_pipeline.contracts.model import Column, Table

BUDGET_LINES = Table(
    "budget_lines", "budget", "Budget lines of every version, in natural sign",
    "version x entity x period x account x cost center x product",
    (
        VERSION, ENTITY_ID, PERIOD, ACCOUNT_ID, CURRENCY,
        Column("amount", "money", "Planned amount in natural sign", measure="amount"),
        COST_CENTER_ID, PRODUCT_ID,
        Column("quantity", "decimal", "Planned quantity", nullable=True, optional=True),
        Column("unit_price", "decimal", "Planned price of one unit", nullable=True, optional=True),
    ),
    ("version", "entity_id", "period", "account_id", "cost_center_id", "product_id"), "lake", partitioned=True,
)  # fmt: skip

BUDGET_VERSIONS = Table(
    "budget_versions", "budget", "Budget versions: what each is, since when it counts, who approved it, and when it was locked",
    "version",
    (
        VERSION,
        Column("kind", "code", "What it is", allowed=("original", "revised", "forecast")),
        Column("effective_period", "period", "First month in which it is the plan"),
        Column("approved_by", "text", "Who approved it", nullable=True, optional=True),
        Column("approved_on", "date", "Day of the approval", nullable=True, optional=True),
        Column("locked_on", "date", "Last day on which its lines may change; later files are refused", nullable=True,
               optional=True),
    ),
    ("version",), "lake",
)  # fmt: skip

BUDGET_BALANCES = Table(
    "budget_balances", "budget", "Budget by month in the entity's functional currency, in natural sign",
    "version x entity x period x account x cost center",
    (
        VERSION, plain(ENTITY_ID), PERIOD, plain(ACCOUNT_ID), plain(COST_CENTER_ID),
        replace(CURRENCY, description="ISO 4217 functional currency of the entity"),
        amount("amount", "Planned amount in natural sign"),
    ),
    ("version", "entity_id", "period", "account_id", "cost_center_id"), "lake", partitioned=True,
)  # fmt: skip

BUDGET_BY_PRODUCT = Table(
    "budget_by_product", "budget",
    "Budget by month with the product, the quantity and the currency of its lines: what the variance bridge is made from",
    "version x entity x period x account x product x line currency",
    (
        VERSION, plain(ENTITY_ID), PERIOD, plain(ACCOUNT_ID), plain(PRODUCT_ID),
        Column("line_currency", "code", "ISO 4217 currency the lines are planned in"),
        replace(CURRENCY, description="ISO 4217 functional currency of the entity"),
        amount("amount", "Planned amount in natural sign"),
        Column("quantity", "decimal", "Planned quantity; null where no line has a quantity or a price", nullable=True),
    ),
    ("version", "entity_id", "period", "account_id", "product_id", "line_currency"), "lake", partitioned=True,
)  # fmt: skip

BUDGET_VARIANCE = Table(
    "budget_variance", "budget", "Actual against budget, month to date, year to date and full year",
    "version x entity x period x account x cost center x basis",
    (
        VERSION, plain(ENTITY_ID), PERIOD,
        Column("basis", "code", "Month to date, fiscal year to date, or full fiscal year",
               allowed=("mtd", "ytd", "full_year")),
        plain(ACCOUNT_ID), ACCOUNT_NAME, ACCOUNT_TYPE, plain(COST_CENTER_ID), DEPARTMENT, CURRENCY,
        amount("actual", "Actual amount in natural sign"),
        amount("budget", "Planned amount in natural sign"),
        amount("variance", "Actual less budget"),
        ratio("variance_pct", "Variance as a fraction of the budget's size; null where the budget is zero"),
        Column("favorable", "boolean", "Whether the variance does not lower profit"),
        amount("profit_effect", "Effect of the variance on profit"),
        Column("material", "boolean", "Whether the variance passes the materiality threshold of its account type"),
        Column("status", "code", "How actual and budget meet",
               allowed=("on_budget", "favorable", "unfavorable", "unbudgeted", "unspent")),
        amount("theoretical", "What of the budget was due by the day of the report: days passed of its month, all before"),
        amount("outlook", "Actual to date and the rest of the basis as planned (actual + budget - theoretical) or forecast"),
        Column("commentary", "text", "What is said of the account and month", nullable=True),
        Column("commentary_author", "text", "Who says it", nullable=True),
        Column("outlook_source", "code", "What the months ahead in the outlook are taken from", allowed=("budget", "forecast")),
    ),
    ("version", "entity_id", "period", "basis", "account_id", "cost_center_id"), partitioned=True,
)  # fmt: skip

BUDGET_VERSION_VARIANCE = Table(
    "budget_version_variance", "budget", "Each budget version against every earlier one, in the fiscal years that both plan",
    "base version x version x entity x period x account x cost center",
    (
        Column("base_version", "code", "Version that is compared with: the one that is effective earlier"),
        VERSION, plain(ENTITY_ID), PERIOD, plain(ACCOUNT_ID), ACCOUNT_NAME, ACCOUNT_TYPE, plain(COST_CENTER_ID), DEPARTMENT,
        CURRENCY,
        amount("base_amount", "Planned in the base version, in natural sign"),
        amount("amount", "Planned in the version, in natural sign"),
        amount("change", "Amount less base amount"),
        ratio("change_pct", "Change as a fraction of the base amount's size; null where that is zero"),
        amount("profit_effect", "Effect of the change on planned profit"),
    ),
    ("base_version", "version", "entity_id", "period", "account_id", "cost_center_id"),
)  # fmt: skip

COMMENTARY = Table(
    "commentary", "budget", "What people say of a variance",
    "version x entity x period x account x cost center",
    (
        VERSION, ENTITY_ID, PERIOD, ACCOUNT_ID,
        Column("text", "text", "What is said"),
        COST_CENTER_ID,
        Column("author", "text", "Who says it", nullable=True, optional=True),
    ),
    ("version", "entity_id", "period", "account_id", "cost_center_id"), "lake", partitioned=True,
)  # fmt: skip

VARIANCE_BRIDGE = Table(
    "variance_bridge", "budget",
    "Why actuals of the month differ from the budget: effects that sum to the variance, by account and by product",
    "version x entity x period x product x account x effect",
    (
        VERSION, plain(ENTITY_ID), PERIOD, plain(PRODUCT_ID), plain(ACCOUNT_ID),
        Column("effect", "code", "What made the difference",
               allowed=("volume", "mix", "price", "spend", "efficiency", "fx", "new", "discontinued")),
        CURRENCY,
        amount("amount", "Part of actual less budget, in natural sign"),
    ),
    ("version", "entity_id", "period", "product_id", "account_id", "effect"), partitioned=True,
)  # fmt: skip

TABLES = (
    BUDGET_LINES, BUDGET_VERSIONS, BUDGET_BALANCES, BUDGET_BY_PRODUCT, BUDGET_VARIANCE, BUDGET_VERSION_VARIANCE, COMMENTARY,
    VARIANCE_BRIDGE,
)  # fmt: skip
