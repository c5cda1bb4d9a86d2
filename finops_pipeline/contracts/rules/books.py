"""Rules of the books and of the reports that stand on them."""

from finops_pipeline.contracts.rules.rule import rules

BOOKS = (
    *rules(
        "defs.intake", "blocks",
        INT_001="Rows read are accepted, duplicate, quarantined or left out for a reason, file by file",
        INT_002="Control totals of a file are accepted, duplicate, quarantined or left out, to the last digit",
    ),
    *rules(
        "defs.ledger", "blocks",
        LED_010="Balances have the debits, credits and lines of the journal lines",
        LED_011="Intercompany balances have the debits, credits and lines of the journal lines with a counterparty",
    ),
    *rules(
        "finance.ledger", "blocks",
        LED_001="Debits equal credits, and opening and closing balances sum to zero, per entity and period",
        LED_002="Closing balance is opening balance plus debit less credit, row by row",
        LED_003="What an account closes with, it opens with a month later",
    ),
    *rules(
        "finance.tie_out", "blocks",
        TIE_001="The closing balance of every account is the one that its system states, on either side",
        TIE_002="No system states activity in a month after the last one of the books",
    ),
    *rules(
        "finance.tie_out", "warns",
        TIE_003="A system that stated balances of an entity states them for the last month of the books",
    ),
    *rules(
        "finance.statements", "blocks",
        STM_001="Assets equal liabilities and equity, by totals and by the lines under them",
        STM_002="Net income of the year is the same in the income statement and in the balance sheet",
    ),
    *rules(
        "finance.cash_flow", "blocks",
        CFL_001="Operating, investing and financing cash flows, and the effect of exchange rates, sum to the change in cash",
        CFL_002="The cash flow statement starts from the net income of the income statement",
    ),
    *rules(
        "finance.cash_flow", "warns",
        CFL_003="Every account that moved is recognized as cash, operating, investing or financing",
        CFL_004="Some account is cash, and the setting `cash_flow` names only what the chart has",
    ),
    *rules(
        "finance.consolidation", "blocks",
        CON_001="Every step of an entity in the worksheet of the group balances",
        CON_002="The group's lines of unmatched intercompany amounts are the differences of the pairs",
        CON_003="Translation adjustments and the effect of exchange rates on cash are explained, up to rounding",
        CON_004="Non-controlling interests are the share of others in net assets, up to rounding",
    ),
    *rules(
        "finance.consolidation", "warns",
        CON_005="Every month has the average and closing rates of every entity's currency into the group's",
        CON_010="A subsidiary's share is given, and is more than half",
        CON_011="The counterparty of a journal line is another entity",
    ),
    *rules("finance.budget", "blocks", BUD_001="Budgets and actuals of the month tie to their sources"),
    *rules("finance.phasing", "blocks", BUD_005="The months of an annual budget sum to its lines"),
    *rules("finance.bridge.plan", "blocks", BUD_002="The budget by product is the budget by cost center, account by account"),
    *rules("finance.bridge.proofs", "blocks", BUD_003="Effects sum to the variance of each account and of each product"),
    *rules(
        "finance.outlook", "blocks", BUD_010="Outlooks are what was done, what is left of the month, and the plan or the forecast"
    ),
    *rules("finance.versions", "blocks", BUD_007="Versions beside each other have the amounts of budget_balances"),
    *rules(
        "finance.versions", "warns",
        BUD_008="Where versions are registered, every version with lines is",
        BUD_009="A locked version was approved, no later than it was locked",
    ),
    *rules("finance.commentary", "warns", BUD_006="A commentary stands beside a variance"),
    *rules(
        "finance.bridge", "warns",
        BUD_004="A month with actuals has the average rate of every foreign currency it is planned in",
    ),
    *rules(
        "finance.cost", "blocks",
        CST_001="Direct costs are those of the ledger",
        CST_002="Cloud costs are the rounded bills",
        CST_003="Allocated costs sum to zero, so that direct and allocated costs are those of the ledger",
        CST_004="Allocated costs of each department are those of the trace",
    ),
    *rules(
        "finance.allocation.proofs", "blocks",
        ALC_001="Every pool gives its own cost and what it takes from other pools, no more and no less",
        ALC_002="Receivers and what is unallocated bear what the pools cost in the ledger",
    ),
    *rules("finance.product_cost", "blocks", CST_005="Costs by product are those of the ledger"),
    *rules("finance.behavior", "blocks", BHV_001="The cost of a fit is the ledger's, in the months it looks at"),
    *rules(
        "finance.efficiency.table", "blocks",
        EFF_001="Costs of cost centers are those of the ledger",
        EFF_002="Unit cost times quantity is the cost",
        EFF_003="Every driver of a cost center has its row",
        EFF_004="Cost is target times quantity and what lies above the target",
    ),
    *rules(
        "finance.efficiency.targets", "warns",
        EFF_010="A target of a unit cost is of a cost center and driver with a quantity",
    ),
    *rules(
        "finance.opportunities.register", "blocks",
        OPP_001="Every opportunity has evidence and a range of saving that is not negative",
        OPP_002="No opportunity that was known is lost",
    ),
    *rules(
        "finance.opportunities.terms", "warns",
        OPP_003="Terms of payment with a discount say in how many days, no more than the net days",
    ),
    *rules(
        "finance.savings.table", "blocks",
        SAV_001="Every claimed saving has its row, and no other is there",
        SAV_002="Baseline less actual cost is the saving",
        SAV_003="The actual cost beside a claim is the ledger's",
    ),
    *rules("finance.savings.table", "warns", SAV_010="A claimed saving is in the ledger"),
    *rules(
        "finance.allocation.proofs", "warns",
        ALC_010="Every pool has a driver with quantities, so that nothing stays unallocated",
        ALC_011="No pool has a negative cost",
    ),
    *rules("finance.audit", "blocks", AUD_001="The audit log has no gap, and each row carries the hash before it"),
)  # fmt: skip
