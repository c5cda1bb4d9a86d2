"""Costs: the breakdown of what was spent, direct, allocated and cloud; the trace of allocation; the monthly cloud bill."""

from dataclasses import replace

from finops_pipeline.contracts.columns import (
    ACCOUNT_ID,
    ACCOUNT_NAME,
    COST_CENTER_ID,
    CURRENCY,
    DEPARTMENT,
    ENTITY_ID,
    PERIOD,
    PRODUCT_ID,
    amount,
    nullable,
    plain,
    ratio,
)
from finops_pipeline.contracts.model import Column, Table

COST_BREAKDOWN = Table(
    "cost_breakdown", "cost", "Costs by department, category, behavior and origin",
    "entity x period x department x category x behavior x origin x currency",
    (
        nullable(plain(ENTITY_ID)), PERIOD, DEPARTMENT,
        Column("category", "text", "Cost category", nullable=True),
        Column("cost_behavior", "code", "How the cost moves with volume", nullable=True,
               allowed=("fixed", "variable", "mixed")),
        Column("origin", "code", "Where the cost comes from", allowed=("direct", "allocated", "cloud")),
        CURRENCY,
        amount("amount", "Cost of the month"),
        ratio("share_pct", "Share of the entity's cost of this origin in the month"),
        ratio("mom_pct", "Change on the month before"),
        ratio("yoy_pct", "Change on the same month a year earlier"),
        Column("trend", "code", "Direction of the last twelve months, where it is significant", nullable=True,
               allowed=("rising", "falling", "flat")),
        amount("expected_amount", "What the cost's own history lets expect of the month, from two years on", is_nullable=True),
        ratio("anomaly_score", "How far the month is off, in spreads of its history"),
        Column("anomaly", "code", "Whether the month is off its history: alone, or like the month before it", nullable=True,
               allowed=("spike", "level_shift")),
    ),
    ("entity_id", "period", "department", "category", "cost_behavior", "origin", "currency"), partitioned=True,
)  # fmt: skip

COST_BY_PRODUCT = Table(
    "cost_by_product", "cost", "Direct costs by product, category and behavior, tied to the ledger; what no posting gives to a "
    "product has none",
    "entity x period x product x category x behavior",
    (
        plain(ENTITY_ID), PERIOD, plain(PRODUCT_ID),
        Column("category", "text", "Cost category", nullable=True),
        Column("cost_behavior", "code", "How the cost moves with volume", nullable=True,
               allowed=("fixed", "variable", "mixed")),
        CURRENCY,
        amount("amount", "Cost of the month"),
        ratio("share_pct", "Share of the entity's cost in the month"),
        ratio("mom_pct", "Change on the month before"),
        ratio("yoy_pct", "Change on the same month a year earlier"),
        Column("trend", "code", "Direction of the last twelve months, where it is significant", nullable=True,
               allowed=("rising", "falling", "flat")),
    ),
    ("entity_id", "period", "product_id", "category", "cost_behavior"), partitioned=True,
)  # fmt: skip

COST_ALLOCATION = Table(
    "cost_allocation", "cost", "Where allocated costs came from and went to, pool by pool; what goes into a pool and its "
    "own cost are together what goes out of it",
    "entity x period x pool x receiver",
    (
        plain(ENTITY_ID), PERIOD,
        Column("method", "code", "How the pools of the cycle serve each other",
               allowed=("direct", "step_down", "reciprocal")),
        Column("from_cost_center_id", "code", "Cost center whose cost is allocated: the pool"),
        Column("to_cost_center_id", "code", "Cost center that bears it; empty for what stays unallocated", nullable=True),
        Column("driver", "code", "Driver the cost is shared by, or fixed_shares", nullable=True),
        Column("driver_quantity", "decimal", "The receiver's quantity of the driver", nullable=True),
        ratio("share_pct", "The receiver's share of what the pool gives"),
        CURRENCY,
        amount("amount", "What the pool gives to the receiver"),
        Column("cycle", "text", "Cycle of the allocation rules"),
        Column("reason", "text", "Why an amount stays unallocated", nullable=True),
    ),
    ("entity_id", "period", "from_cost_center_id", "to_cost_center_id"), partitioned=True,
)  # fmt: skip

COST_EFFICIENCY = Table(
    "cost_efficiency", "cost", "What a unit of a driver costs a cost center before allocation, how cost follows the driver, "
    "and how the cost center compares with its targets and with others of its department and currency",
    "entity x period x cost center x driver",
    (
        plain(ENTITY_ID), PERIOD,
        Column("cost_center_id", "code", "Cost center"),
        Column("driver", "code", "Driver"),
        Column("unit_cost", "decimal", "Cost by unit of the driver, in major units; empty without units", nullable=True),
        ratio("unit_cost_change_pct", "Change of the unit cost on the month before"),
        ratio("correlation", "Correlation of cost and driver over the last 24 months"),
        ratio("elasticity", "Percent that cost rises with one percent of the driver: slope of logarithms, last 24 months"),
        ratio("efficiency_score", "Share of its cost the best would need, at constant returns to scale"),
        Column("peer_best_unit_cost", "decimal", "Least unit cost among comparable cost centers", nullable=True),
        CURRENCY,
        amount("amount", "Cost of the cost center in the month"),
        Column("driver_quantity", "decimal", "Quantity of the driver"),
        ratio("elasticity_low", "Lower bound of the 95 % interval of the elasticity"),
        ratio("elasticity_high", "Upper bound of the 95 % interval of the elasticity"),
        Column("months", "integer", "Months that the elasticity looked at"),
        ratio("pure_efficiency_score", "Share of its cost the best of its size would need, at variable returns to scale"),
        Column("peers", "json", "Cost centers the score is measured by, with their weights", nullable=True),
        amount("improvement_potential", "Cost beyond what the best would need", is_nullable=True),
        Column("target_unit_cost", "decimal", "Target of the unit cost, in major units", nullable=True),
        Column("target_since", "period", "Month from which this target holds", nullable=True),
        ratio("target_attainment_pct", "Target by unit cost, as a fraction: 1 and more is attained"),
        Column("is_target_met", "boolean", "Whether the unit cost is no more than its target", nullable=True),
        amount("amount_above_target", "Cost less target times quantity; negative below the target", is_nullable=True),
    ),
    ("entity_id", "period", "cost_center_id", "driver"), partitioned=True,
)  # fmt: skip

EFFICIENCY_TARGETS = Table(
    "efficiency_targets", "cost", "Targets of unit costs; each holds until the next one of its cost center and driver",
    "entity x cost center x driver x period",
    (
        ENTITY_ID,
        replace(COST_CENTER_ID, nullable=False, optional=False),
        Column("driver", "code", "Driver that the unit is of"),
        replace(PERIOD, description="Month from which the target holds"),
        Column("target_unit_cost", "decimal", "What a unit is to cost, in major units of the entity's currency", low=0),
    ),
    ("entity_id", "cost_center_id", "driver", "period"), "lake",
)  # fmt: skip

COST_BEHAVIOR = Table(
    "cost_behavior", "cost", "How costs that nobody declares fixed or variable follow a driver of their entity, with the fit",
    "entity x account",
    (
        plain(ENTITY_ID), plain(ACCOUNT_ID), ACCOUNT_NAME,
        Column("declared_behavior", "code", "What the chart says of the account", nullable=True, allowed=("mixed",)),
        Column("driver", "code", "Driver that explains most of the cost"),
        Column("unit", "text", "Unit of its quantity"),
        CURRENCY,
        Column("months", "integer", "Months that the fit looks at"),
        amount("total_cost", "Cost in these months"),
        amount("fixed_cost", "Cost of a month without any quantity: the intercept"),
        Column("unit_cost", "decimal", "What a unit of the driver adds, in major units: the slope"),
        Column("unit_cost_low", "decimal", "Lower bound of its 95 % interval"),
        Column("unit_cost_high", "decimal", "Upper bound of its 95 % interval"),
        ratio("r_squared", "Part of the cost's variation that the driver explains"),
        ratio("p_value", "Chance of such a slope where there is none, of this driver alone"),
        ratio("variable_share", "Part of the mean cost that moves with the driver"),
        Column("is_used", "boolean", "Whether the variance bridge moves this part with the volume"),
        Column("as_of_period", "period", "Last month that the fit looks at"),
    ),
    ("entity_id", "account_id"),
)  # fmt: skip

COST_OPPORTUNITIES = Table(
    "cost_opportunities", "cost", "Where money can be saved, with the evidence, a range of saving, and what became of it",
    "opportunity",
    (
        Column("opportunity_id", "code", "Stable identifier: the same opportunity is one row"),
        Column("detected_period", "period", "Month in which it was first found"),
        Column("kind", "code", "What kind of saving it is",
               allowed=("duplicate_payment", "vendor_fragmentation", "price_drift", "unused_commitment",
                        "unbudgeted_spend", "inefficient_cost_center", "peer_price", "commitment_gap", "idle_resource",
                        "cloud_anomaly", "subscription_overlap", "late_payment", "missed_discount")),
        nullable(plain(ENTITY_ID)), DEPARTMENT,
        Column("subject", "text", "What it is about"),
        Column("evidence", "json", "What it was found by: journals, files, prices, months"),
        CURRENCY,
        amount("annual_saving_low", "Saving of a year, low estimate"),
        amount("annual_saving_high", "Saving of a year, high estimate"),
        Column("confidence", "ratio", "How likely it is one", low=0, high=1),
        Column("status", "code", "Where it stands: open and cleared by itself, the others by people; it is kept",
               allowed=("open", "accepted", "rejected", "done", "cleared")),
        amount("realized_saving", "What was really saved, once somebody has entered it", is_nullable=True),
        Column("owner", "text", "Who answers for the cost center", nullable=True),
        Column("last_seen_period", "period", "Month in which it was last found"),
    ),
    ("opportunity_id",),
)  # fmt: skip

SAVING_CLAIMS = Table(
    "saving_claims", "cost", "Savings that somebody claims to have made: tested against the ledger", "claim",
    (
        Column("claim_id", "code", "Claim"),
        ENTITY_ID,
        Column("action_period", "period", "First month in which the saving shows"),
        CURRENCY,
        Column("annual_saving", "money", "Claimed saving of a year, in the entity's functional currency"),
        replace(ACCOUNT_ID, nullable=True, optional=True),
        COST_CENTER_ID,
        Column("comparables", "text", "Cost centers to compare with, by comma; those of the department where empty",
               nullable=True, optional=True),
        Column("opportunity_id", "code", "Opportunity of `cost_opportunities` that it makes real", nullable=True, optional=True),
        Column("claimed_by", "text", "Who claims it", nullable=True, optional=True),
    ),
    ("claim_id",), "lake",
)  # fmt: skip

REALIZED_SAVINGS = Table(
    "realized_savings", "cost",
    "Claimed savings against the ledger: what the costs would have been without the action, and whether the saving is there",
    "claim",
    (
        Column("claim_id", "code", "Claim"),
        plain(ENTITY_ID), nullable(plain(ACCOUNT_ID)), plain(COST_CENTER_ID), DEPARTMENT,
        Column("action_period", "period", "First month in which the saving shows"),
        Column("as_of_period", "period", "Last month that is looked at"),
        CURRENCY,
        amount("annual_claim", "Claimed saving of a year"),
        amount("claimed", "Of it what is due in the months after the action"),
        amount("baseline_cost", "What the costs would have been in these months", is_nullable=True),
        amount("actual", "What they were"),
        amount("realized", "Baseline less actual", is_nullable=True),
        amount("realized_low", "Lower bound of its 95 % interval", is_nullable=True),
        amount("realized_high", "Upper bound of its 95 % interval", is_nullable=True),
        amount("annual_realized", "Twelve months of it at the same pace", is_nullable=True),
        Column("method", "code", "How the baseline is estimated",
               allowed=("difference_in_differences", "seasonal_baseline", "none")),
        Column("comparables", "text", "Cost centers it is compared with, by comma", nullable=True),
        Column("months_before", "integer", "Months before the action that the estimate looks at"),
        Column("months_after", "integer", "Months from the action on, twelve at most"),
        Column("status", "code", "Whether the ledger shows the saving",
               allowed=("realized", "partly_realized", "not_realized", "not_testable")),
        Column("reason", "text", "Why it cannot be tested", nullable=True),
        Column("opportunity_id", "code", "Opportunity that it makes real", nullable=True),
        Column("claimed_by", "text", "Who claims it", nullable=True),
    ),
    ("claim_id",),
)  # fmt: skip

VENDOR_TERMS = Table(
    "vendor_terms", "cost", "Terms of payment of vendors: what late payment and missed discounts are reckoned by", "vendor",
    (
        Column("vendor_id", "code", "Vendor, as journal lines name it"),
        Column("net_days", "integer", "Days from the posting of an invoice in which it is to be paid", low=0),
        Column("discount_pct", "decimal", "Discount for early payment, as a fraction", nullable=True, optional=True,
               low=0, high=1),
        Column("discount_days", "integer", "Days in which the discount may be taken", nullable=True, optional=True, low=0),
        Column("late_interest_pct", "decimal", "Interest of a year on what is paid late, as a fraction", nullable=True,
               optional=True, low=0, high=1),
    ),
    ("vendor_id",), "lake",
)  # fmt: skip

CLOUD_COST_MONTHLY = Table(
    "cloud_cost_monthly", "cost", "The cloud bill by month, to the last decimal; billed and effective are never added",
    "period x provider x billing account x sub account x service x charge category x allocation key x currency",
    (
        PERIOD,
        Column("provider", "text", "Provider of the service"),
        Column("billing_account_id", "code", "Account the provider invoices"),
        Column("sub_account_id", "code", "Account the charge belongs to", nullable=True),
        Column("service_category", "text", "FOCUS service category"),
        Column("service_name", "text", "Service"),
        Column("charge_category", "code", "FOCUS charge category"),
        Column("allocation_key", "text", "Key the cost is allocated by, taken from the tags", nullable=True),
        CURRENCY,
        Column("billed_cost", "fine_money", "Cost as invoiced"),
        Column("effective_cost", "fine_money", "Cost with commitments spread over the time they cover"),
        Column("contracted_cost", "fine_money", "Cost at negotiated prices", nullable=True),
        Column("list_cost", "fine_money", "Cost at list prices", nullable=True),
    ),
    ("period", "provider", "billing_account_id", "sub_account_id", "service_category", "service_name",
     "charge_category", "allocation_key", "currency"),
    partitioned=True,
)  # fmt: skip

TABLES = (
    COST_BREAKDOWN,
    COST_BY_PRODUCT,
    COST_ALLOCATION,
    COST_EFFICIENCY,
    EFFICIENCY_TARGETS,
    COST_BEHAVIOR,
    COST_OPPORTUNITIES,
    CLOUD_COST_MONTHLY,
    SAVING_CLAIMS,
    REALIZED_SAVINGS,
    VENDOR_TERMS,
)
