"""Every rule by its identifier: what it demands, and what happens where it is broken.

Here: the list, for readers of quarantine and findings. Not here: the rules themselves (`storage.parsing` and
`storage.matching` for rows, `intake` for files, the module of its noun for findings).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.finance.cloud import commitments, conformance

Outcome = Literal["rejects", "keeps out", "holds", "counts", "leaves out", "blocks", "warns"]

OUTCOMES: dict[Outcome, str] = {
    "rejects": "the whole file stays out: one row in `quarantine`, with row number 0",
    "keeps out": "the row stays out, in `quarantine`, until it is delivered again",
    "holds": "the row stays out, in `quarantine`, and enters by itself when what it lacks arrives",
    "counts": "nothing is wrong: the row is counted, and another one stands",
    "leaves out": "the contract is left out of all revenue tables, and named beside `revenue_schedule`; the others are published",
    "blocks": "the table is not published, and nothing that stands on it is made",
    "warns": "the table is published; the finding stands beside it",
}
"""What a broken rule does."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: the sentence is what must hold. `home`: the module that applies it."""

    rule_id: str
    demands: str
    outcome: Outcome
    home: str


def _rules(home: str, outcome: Outcome, **demands: str) -> tuple[Rule, ...]:
    return tuple(Rule(rule_id.replace("_", "-"), demand, outcome, home) for rule_id, demand in demands.items())


def _references() -> tuple[Rule, ...]:
    """One rule for each column of an extract that refers to another table."""
    parents: dict[str, set[str]] = {}
    for table in TABLES.values():
        for column in table.columns:
            if column.reference and column.in_file:
                parents.setdefault(column.name, set()).add(column.reference.table)
    return tuple(
        Rule(
            f"REF-{column.upper().replace('_', '-')}",
            f"`{column}` is there in {', '.join(f'`{p}`' for p in sorted(tables))}",
            "holds",
            "storage.matching",
        )
        for column, tables in sorted(parents.items())
    )


_FILES = (
    *_rules(
        "intake", "rejects",
        FILE_COLUMN="The file has a header, with every required column, each of them once",
        FILE_DATASET="The folder is a dataset that a source declares",
    ),
    *_rules(
        "storage.files", "rejects",
        FILE_CUT="The file can be read to its end, and does not end in the middle of a row",
        FILE_FORMAT="The file is .csv, .csv.gz, .parquet or .xlsx, and its text is UTF-8",
    ),
)  # fmt: skip

_ROWS = (
    *_rules(
        "storage.parsing", "keeps out",
        ROW_REQUIRED="A column that may not be missing has a value",
        ROW_DATE="A date is a day of the calendar, YYYY-MM-DD",
        ROW_PERIOD="A period is a month, YYYY-MM",
        ROW_INSTANT="A moment is an ISO 8601 time",
        ROW_MONEY="An amount is a plain number with a point, without separators or symbols",
        ROW_NUMBER="A number is a plain number, a count a whole one",
        ROW_DECIMALS="An amount has no more decimals than its currency, a rate or quantity no more than 15",
        ROW_RANGE="A number fits its bounds and its column",
        ROW_CURRENCY="A currency is an ISO 4217 code with minor units",
        ROW_VOCABULARY="A word is one of those that its column allows",
        ROW_JSON="JSON text is valid JSON",
        JRN_SIDES="Exactly one of debit and credit is not zero",
        JRN_FUNCTIONAL="A journal line in a foreign currency gives its functional amount",
        FX_DATE="A rate is either for a month or for a day",
    ),
    *_rules(
        "storage.accepting", "keeps out",
        ROW_SHAPE="A row has as many fields as the header, its quotes are whole and its text is UTF-8",
    ),
)  # fmt: skip

_MATCHES = (
    *_references(),
    *_rules("sources", "holds", REF_EXTRACT="What a row of a system refers to in other extracts of that system has come"),
    *_rules("sources", "keeps out", JRN_DOCUMENT="A document of a system can be turned into balanced entries"),
    *_rules("storage.matching", "holds", JRN_BALANCE="A journal balances in each of its months, in functional currency"),
    *_rules("intake", "holds", FX_RATE="A budget line in a foreign currency has a budget rate for its month"),
    *_rules("intake", "keeps out", KEY_LOCKED="A budget line of a version that is locked came before the lock"),
    *_rules(
        "storage.matching", "keeps out",
        KEY_CONFLICT="Rows of one file that have the same key are the same; the first one stands",
        KEY_REPLACED="A row that was held is not delivered again by a later file before it enters",
    ),
    *_rules(
        "storage.matching", "counts",
        KEY_DUPLICATE="A row occurs once in its file; an identical one is a duplicate",
        KEY_SUPERSEDED="Of the rows of several files with the same key, the latest file's stands",
    ),
)  # fmt: skip

_BOOKS = (
    *_rules(
        "defs.intake", "blocks",
        INT_001="Rows read are accepted, duplicate, quarantined or left out for a reason, file by file",
        INT_002="Control totals of a file are accepted, duplicate, quarantined or left out, to the last digit",
    ),
    *_rules(
        "defs.ledger", "blocks",
        LED_010="Balances have the debits, credits and lines of the journal lines",
        LED_011="Intercompany balances have the debits, credits and lines of the journal lines with a counterparty",
    ),
    *_rules(
        "finance.ledger", "blocks",
        LED_001="Debits equal credits, and opening and closing balances sum to zero, per entity and period",
        LED_002="Closing balance is opening balance plus debit less credit, row by row",
        LED_003="What an account closes with, it opens with a month later",
    ),
    *_rules(
        "finance.tie_out", "blocks",
        TIE_001="The closing balance of every account is the one that its system states, on either side",
        TIE_002="No system states activity in a month after the last one of the books",
    ),
    *_rules(
        "finance.statements", "blocks",
        STM_001="Assets equal liabilities and equity, by totals and by the lines under them",
        STM_002="Net income of the year is the same in the income statement and in the balance sheet",
    ),
    *_rules(
        "finance.cash_flow", "blocks",
        CFL_001="Operating, investing and financing cash flows, and the effect of exchange rates, sum to the change in cash",
        CFL_002="The cash flow statement starts from the net income of the income statement",
    ),
    *_rules(
        "finance.cash_flow", "warns",
        CFL_003="Every account that moved is recognized as cash, operating, investing or financing",
        CFL_004="Some account is cash, and the setting `cash_flow` names only what the chart has",
    ),
    *_rules(
        "finance.consolidation", "blocks",
        CON_001="Every step of an entity in the worksheet of the group balances",
        CON_002="The group's lines of unmatched intercompany amounts are the differences of the pairs",
        CON_003="Translation adjustments and the effect of exchange rates on cash are explained, up to rounding",
        CON_004="Non-controlling interests are the share of others in net assets, up to rounding",
    ),
    *_rules(
        "finance.consolidation", "warns",
        CON_005="Every month has the average and closing rates of every entity's currency into the group's",
        CON_010="A subsidiary's share is given, and is more than half",
        CON_011="The counterparty of a journal line is another entity",
    ),
    *_rules("finance.budget", "blocks", BUD_001="Budgets and actuals of the month tie to their sources"),
    *_rules("finance.phasing", "blocks", BUD_005="The months of an annual budget sum to its lines"),
    *_rules("finance.bridge.plan", "blocks", BUD_002="The budget by product is the budget by cost center, account by account"),
    *_rules("finance.bridge.proofs", "blocks", BUD_003="Effects sum to the variance of each account and of each product"),
    *_rules(
        "finance.outlook", "blocks", BUD_010="Outlooks are what was done, what is left of the month, and the plan or the forecast"
    ),
    *_rules("finance.versions", "blocks", BUD_007="Versions beside each other have the amounts of budget_balances"),
    *_rules(
        "finance.versions", "warns",
        BUD_008="Where versions are registered, every version with lines is",
        BUD_009="A locked version was approved, no later than it was locked",
    ),
    *_rules("finance.commentary", "warns", BUD_006="A commentary stands beside a variance"),
    *_rules(
        "finance.bridge", "warns",
        BUD_004="A month with actuals has the average rate of every foreign currency it is planned in",
    ),
    *_rules(
        "finance.cost", "blocks",
        CST_001="Direct costs are those of the ledger",
        CST_002="Cloud costs are the rounded bills",
        CST_003="Allocated costs sum to zero, so that direct and allocated costs are those of the ledger",
        CST_004="Allocated costs of each department are those of the trace",
    ),
    *_rules(
        "finance.allocation.proofs", "blocks",
        ALC_001="Every pool gives its own cost and what it takes from other pools, no more and no less",
        ALC_002="Receivers and what is unallocated bear what the pools cost in the ledger",
    ),
    *_rules("finance.product_cost", "blocks", CST_005="Costs by product are those of the ledger"),
    *_rules("finance.behavior", "blocks", BHV_001="The cost of a fit is the ledger's, in the months it looks at"),
    *_rules(
        "finance.efficiency.table", "blocks",
        EFF_001="Costs of cost centers are those of the ledger",
        EFF_002="Unit cost times quantity is the cost",
        EFF_003="Every driver of a cost center has its row",
    ),
    *_rules(
        "finance.opportunities.register", "blocks",
        OPP_001="Every opportunity has evidence and a range of saving that is not negative",
        OPP_002="No opportunity that was known is lost",
    ),
    *_rules(
        "finance.opportunities.terms", "warns",
        OPP_003="Terms of payment with a discount say in how many days, no more than the net days",
    ),
    *_rules(
        "finance.savings.table", "blocks",
        SAV_001="Every claimed saving has its row, and no other is there",
        SAV_002="Baseline less actual cost is the saving",
        SAV_003="The actual cost beside a claim is the ledger's",
    ),
    *_rules("finance.savings.table", "warns", SAV_010="A claimed saving is in the ledger"),
    *_rules(
        "finance.allocation.proofs", "warns",
        ALC_010="Every pool has a driver with quantities, so that nothing stays unallocated",
        ALC_011="No pool has a negative cost",
    ),
    *_rules("finance.audit", "blocks", AUD_001="The audit log has no gap, and each row carries the hash before it"),
)  # fmt: skip

_KPIS = _rules(
    "finance.kpis.proofs", "blocks",
    KPI_001="Every KPI has one row in every month",
    KPI_002="A KPI without value says why",
    KPI_003="Improvement and verdict are there where value, baseline and target are, and the improvement follows from them",
    KPI_004="An annual value and its currency are there together or not at all",
)  # fmt: skip

_FORECASTS = _rules(
    "finance.forecasting.assembly", "warns",
    FCT_001="The history is long enough to test a model",
    FCT_002="Every model that was tried came to a forecast",
    FCT_003="The departments' forecasts together are no worse in backtest than seasonal naive on the total",
)  # fmt: skip

_CLOUD = (
    *_rules("finance.cloud.conformance", "blocks", CLD_001="Every charge of a cloud bill is judged by the rules below"),
    *(Rule(r.rule_id, r.demands, "warns", "finance.cloud.conformance") for r in conformance.RULES),
    Rule(commitments.RULE_ID, commitments.DEMANDS, "warns", "finance.cloud.commitments"),
    *_rules(
        "finance.cloud.savings",
        "blocks",
        CLD_002="The costs beside the savings are those of the monthly bill",
        CLD_003="Savings by negotiation and by commitment sum to the total",
    ),
    *_rules("finance.cloud.tie", "warns", CLD_010="What was billed is posted on the accounts that receive it"),
    *_rules("finance.cloud.tie", "blocks", CLD_011="Every bill and every posting is compared once"),
    *_rules(
        "finance.cloud.units",
        "blocks",
        CLD_020="A unit cost stands on the effective cost and the driver of its entity and month",
    ),
)

_REVENUE = (
    *_rules(
        "finance.revenue.screening", "leaves out",
        REV_003="A straight_line obligation has both of its dates",
        REV_004="An obligation does not end before it starts",
        REV_005="No event is before the contract was signed",
        REV_006="Obligations and events are in the currency of their contract",
        REV_007="All obligations that share a price have a standalone selling price, or none has",
        REV_008="Weights can share out the price: none is negative, not all are zero",
        REV_009="An event names an obligation that its contract has on that day",
        REV_010="Deliveries and progress do not go beyond what was promised",
        REV_011="Quantities and measures are positive; returns and cancellations give back no less than nothing",
        REV_012="It is clear which obligation an event is of",
        REV_013="Money, estimates, materials and services taken back have an amount",
        REV_014="Obligations and events have their contract",
        REV_015="A contract's entity is there",
        REV_020="The progress of an output or input obligation has a total",
        REV_023="An obligation was added by a modification of its contract",
        REV_028="A standalone selling price lies within its range",
        REV_029="A write-off is not more than the customer owes",
        REV_031="Progress is of output or input obligations, usage of usage",
    ),
    *_rules(
        "finance.revenue.screening", "warns",
        REV_016="A contract has obligations",
        REV_017="A delivery concerns an obligation that is satisfied by delivery",
        REV_030="The amount of a modification does not repeat the prices of what it adds",
    ),
    *_rules(
        "finance.revenue.sharing", "leaves out",
        REV_019="The discount of a group is one: its price is not negative, nor more than its parts alone",
        REV_024="One price at most is a residual, and it lies within its range",
    ),
    *_rules(
        "finance.revenue.changes", "leaves out",
        REV_022="A modification has a method, and a separate one adds obligations",
        REV_026="A prospective modification leaves something to be done, and a price for it",
    ),
    *_rules(
        "finance.revenue.obligation", "leaves out",
        REV_021="No more is given back than was transferred",
        REV_025="Nothing is done after the cancellation",
        REV_027="Usage has an amount or a price per unit, and no other estimate",
    ),
    *_rules(
        "finance.revenue.replay", "leaves out",
        REV_033="Revenue of an obligation is never more than its price",
    ),
    *_rules(
        "finance.revenue.schedule_proofs", "blocks",
        REV_101="Months add up to the revenue so far, and with what remains to the allocated price",
        REV_102="The allocated prices of a contract sum to its transaction price",
        REV_103="No obligation has more revenue than price",
        REV_104="Every contract is in the schedule or in a finding",
    ),
    *_rules(
        "finance.revenue.proofs", "blocks",
        REV_110="Opening and movements of a contract balance make its closing",
        REV_111="The closing of a month is the opening of the next",
        REV_112="Revenue of the roll-forward is that of the schedule",
        REV_113="No contract balance is negative",
        REV_114="Reclassifications only move amounts between balances",
        REV_115="Invoices and cash of the roll-forward are those of the events",
        REV_116="What is adjusted is credit notes and the write-offs of the events",
    ),
    *_rules(
        "finance.revenue.remaining", "blocks",
        REV_120="Remaining obligations are allocated prices less revenue so far",
    ),
    *_rules(
        "finance.revenue.journal", "blocks",
        REV_130="The journal of a contract and month balances",
        REV_131="Its lines move each balance of the roll-forward from opening to closing",
        REV_132="Its revenue is that of the schedule",
        REV_133="Its cash is that of the events",
    ),
    *_rules(
        "finance.revenue.waterfall", "blocks",
        REV_140="The waterfall sums to the schedule, month by month",
        REV_141="Nothing is revenue before it is booked",
    ),
    *_rules("finance.revenue.ledger_tie", "warns", REV_150="Recognized revenue is posted on the accounts that receive it"),
    *_rules("finance.revenue.ledger_tie", "blocks", REV_151="All recognized revenue and every posting is compared once"),
    *_rules("finance.revenue.disaggregation", "blocks", REV_160="Disaggregated revenue sums to recognized revenue"),
    *_rules("finance.revenue.maturity", "blocks", REV_161="Current and non-current parts make the contract balance"),
)  # fmt: skip

GROUPS: dict[str, tuple[Rule, ...]] = {
    "Files": _FILES,
    "Rows by themselves": _ROWS,
    "Rows beside other rows": _MATCHES,
    "Books and reports": _BOOKS,
    "Revenue": _REVENUE,
    "Forecasts": _FORECASTS,
    "Cloud bills": _CLOUD,
    "KPIs": _KPIS,
}
"""Every rule, in the order in which a row meets them."""

RULES: dict[str, Rule] = {rule.rule_id: rule for group in GROUPS.values() for rule in group}
"""Every rule by its identifier."""

_HEAD = """# Rules

Generated from `finops_pipeline/contracts/rules.py` by `python -m finops_pipeline.contracts.dictionary`: change the list,
not this page. The identifiers stand in `quarantine.rule_id` and before the findings of blocking checks.

What a broken rule does:
"""


def page(groups: Iterable[tuple[str, tuple[Rule, ...]]]) -> str:
    """The rules as one Markdown page for readers."""
    lines = [_HEAD, *(f"* *{outcome}*: {meaning}" for outcome, meaning in OUTCOMES.items()), ""]
    for title, rules in groups:
        lines += [f"## {title}", "", "| rule | what must hold | if not | applied by |", "|---|---|---|---|"]
        lines += [f"| `{r.rule_id}` | {r.demands} | {r.outcome} | `{r.home}` |" for r in rules]
        lines.append("")
    return "\n".join(lines)
