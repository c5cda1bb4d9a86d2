"""The single journals of a month: opening balances, payroll, depreciation, group charges, taxes, accruals, adjustments.

Each function returns the journals of one subject and settles or leaves what `Carry` holds for it. `month` puts an
entity's month together. Amounts are debit-positive here.
"""

from dataclasses import dataclass
from datetime import date

from finops_pipeline.finance import periods
from finops_pipeline.sample import chart, company, ledger, savings
from finops_pipeline.sample.company import Entity
from finops_pipeline.sample.economics import Cell, Economy, income_tax
from finops_pipeline.sample.ledger import Carry, Journal, Line, Month
from finops_pipeline.sample.rates import Rates

_LOAN_INTEREST_PERMILLE = 40
_LOANS = {
    "DE01": 600
}  # entity: what the parent lends it in the second month, in thousandths of its first month's revenue
_CONTRA_OF = {"6710": "1591", "6720": "1592", "6730": "1593", "6740": "1690"}


@dataclass(frozen=True, slots=True)
class _Desk:
    """What every subject's journals are written from."""

    entity: Entity
    period: str
    number: int  # months since the first
    moved: list[tuple[Cell, int]]
    rates: Rates

    def cells(self, *kinds: str) -> list[tuple[Cell, int]]:
        return [(cell, amount) for cell, amount in self.moved if cell.kind in kinds]

    def total(self, *kinds: str) -> int:
        return sum(amount for _, amount in self.cells(*kinds))

    def debits(self, *kinds: str) -> list[Line]:
        return [Line(c.account_id, amount, c.cost_center_id, c.product_id) for c, amount in self.cells(*kinds)]

    @property
    def fiscal_month(self) -> int:
        start = periods.fiscal_year_start(self.period, self.entity.fiscal_year_start_month)
        return periods.months_between(start, self.period) + 1

    def journal(
        self, description: str, lines: list[Line], *, day: int = 0, period_no: int = 0, negative: bool = False
    ) -> list[Journal]:
        """One journal in the entity's currency on a day of the month (the last by default); none without amounts."""
        kept = tuple(line for line in lines if line.amount)
        if not kept:
            return []
        on = periods.first_day(self.period).replace(day=day) if day else periods.last_day(self.period)
        label = self.period if period_no else ""
        return [Journal(self.entity, description, on, self.entity.currency, kept, label, period_no, negative)]


def months(economy: Economy, rates: Rates) -> list[list[Month]]:
    """Every month of every entity, in order of time: the whole ledger as totals."""
    carries = {e.entity_id: Carry() for e in company.ENTITIES}
    return [
        [
            _month(_Desk(e, period, i, economy.of(e, i), rates), carries[e.entity_id], _group_fees(economy, i, rates))
            for e in company.ENTITIES
        ]
        for i, period in enumerate(economy.months)
    ]


def _month(desk: _Desk, carry: Carry, fees: dict[str, tuple[int, int]]) -> Month:
    opening: list[Journal] = []
    if desk.number == 0:
        ledger.flows(desk.entity, desk.period, desk.moved, carry, desk.rates)  # what the month before left behind
        opening = _opening(desk, carry)
    differences = _exchange_differences(desk, carry)
    flows = ledger.flows(desk.entity, desk.period, desk.moved, carry, desk.rates)
    journals = [
        *opening,
        *_reversals(desk, carry),
        *differences,
        *_payments(desk, carry, flows),
        *_payroll(desk, carry),
        *_contract_liabilities(desk),
        *_running_costs(desk),
        *_group_charges(desk, carry, fees),
        *_group_loans(desk, carry),
        *(
            j
            for text, lines, day in savings.journals(desk.entity, desk.number)
            for j in desk.journal(text, lines, day=day)
        ),
        *_accruals(desk, carry),
        *_revaluation(desk, carry),
        *_year_end(desk),
    ]
    tax = _income_tax(desk, carry, _profit(flows, journals))
    return Month(desk.entity, desk.period, tuple(flows), (*journals, *tax))


def _opening(desk: _Desk, carry: Carry) -> list[Journal]:
    """Opening balances: assets against capital, loans and, for the rest, retained earnings."""
    unit = desk.entity.unit
    stock = sum(amount for cell, amount in desk.cells("cogs") if cell.account_id == "5110")
    lines = [
        Line("1010", unit * 2200),
        Line("1030", unit * 600),
        Line("1210", carry.receivable),
        Line("1220", carry.foreign),
        Line("1310", stock * 2),
        Line("1510", unit * 700),
        Line("1520", unit * 260),
        Line("1530", unit * 240),
        Line("1610", unit * 500),
        Line("1591", -unit * 280),
        Line("1592", -unit * 90),
        Line("1690", -unit * 120),
        Line("2010", -carry.payable),
        Line("2510", -desk.total("release") * 6),
        Line("2610", -unit * 1500),
        *_shares_and_capital(desk),
    ]
    return desk.journal("Opening balances", [*lines, Line("3200", -sum(line.amount for line in lines))], day=1)


def _shares_and_capital(desk: _Desk) -> list[Line]:
    """Capital, and in the parent's books what it paid for that of its subsidiaries, which is all theirs."""
    lines = []
    for entity in company.ENTITIES:
        is_own, owner = entity is desk.entity, "" if entity is company.PARENT else company.PARENT.entity_id
        for account, units in (("3010", 500), ("3020", 700)):
            amount = entity.unit * units
            if is_own:
                lines.append(Line(account, -amount, counterparty=owner))
            elif desk.entity is company.PARENT:
                cost = desk.rates.convert(amount, "average", desk.period, entity.currency, desk.entity.currency)
                lines.append(Line("1710", cost, counterparty=entity.entity_id))
    return lines


def _exchange_differences(desk: _Desk, carry: Carry) -> list[Journal]:
    """Foreign invoices were booked at the rate of their month and are paid at the rate of this one."""
    received = desk.rates.convert(carry.foreign_tx, "average", desk.period, desk.entity.foreign, desk.entity.currency)
    return _exchange(desk, "1010", received - carry.foreign, "Exchange difference on payments")


def _exchange(desk: _Desk, account: str, gain: int, description: str) -> list[Journal]:
    other = "7030" if gain > 0 else "7130"
    return desk.journal(description, [Line(account, gain), Line(other, -gain, _control(desk.entity))])


def _control(entity: Entity) -> str:
    return company.centers_of(entity, "Finance")[0].cost_center_id


def _payments(desk: _Desk, carry: Carry, flows: list[ledger.Flow]) -> list[Journal]:
    """What last month left to pay: accrued cost of sales, expense reports, sales tax."""
    settled = [
        *desk.journal("Payment of subcontractors", [Line("2110", carry.accrued_cost), Line("1010", -carry.accrued_cost)], day=12),
        *desk.journal("Payment of expense reports", [Line("2160", carry.employees), Line("1010", -carry.employees)], day=14),
    ]  # fmt: skip
    output, deducted = carry.output_tax, carry.input_tax
    settled += desk.journal(
        "Sales tax return", [Line("2310", output), Line("1420", -deducted), Line("1010", deducted - output)], day=20
    )
    carry.output_tax = sum(sum(f.taxes) for f in flows if f.tax_account == "2310")
    carry.input_tax = sum(sum(f.taxes) for f in flows if f.tax_account == "1420")
    contra = [(f.contra[n], f.amounts[n]) for f in flows for n in range(len(f.contra))]
    carry.accrued_cost = sum(amount for account, amount in contra if account == "2110")
    carry.employees = sum(amount for account, amount in contra if account == "2160")
    return settled


def _payroll(desk: _Desk, carry: Carry) -> list[Journal]:
    """Wages go out in the month, what is withheld and the social charges in the next; bonuses once a year."""
    net = desk.total("wages") * 700 // 1000
    withheld = desk.total("wages", "social") - net
    bonus, paid = desk.total("bonus"), carry.bonus if desk.fiscal_month == 3 else 0
    journals = [
        *desk.journal("Payroll taxes", [Line("2220", carry.payroll_tax), Line("1010", -carry.payroll_tax)], day=10),
        *desk.journal("Payroll", [*desk.debits("wages", "social"), Line("2210", -net), Line("2220", -withheld)], day=25),
        *desk.journal("Transfer to payroll account", [Line("1020", net), Line("1010", -net)], day=25),
        *desk.journal("Wages paid", [Line("2210", net), Line("1020", -net)], day=26),
        *desk.journal("Bonus provision", [*desk.debits("bonus"), Line("2130", -bonus)]),
        *desk.journal("Bonuses paid", [Line("2130", paid), Line("1010", -paid)], day=26),
    ]  # fmt: skip
    carry.payroll_tax = withheld
    carry.bonus += bonus - paid
    return journals


def _contract_liabilities(desk: _Desk) -> list[Journal]:
    """Subscriptions billed in advance: a little more is billed than is earned while the company grows."""
    earned = [
        Line(c.account_id, -amount, c.cost_center_id, c.product_id,
             quantity=amount * 1000 // ledger.sold_price(desk.entity, c.product_id, desk.period))
        for c, amount in desk.cells("release")
    ]  # fmt: skip
    total = -sum(line.amount for line in earned)
    billed = total * 1030 // 1000
    return [
        *desk.journal("Annual subscriptions billed", [Line("1010", billed), Line("2510", -billed)], day=3),
        *desk.journal("Subscription revenue earned", [Line("2510", total), *earned]),
    ]


def _running_costs(desk: _Desk) -> list[Journal]:
    unit = desk.entity.unit
    wear = [Line(_CONTRA_OF[c.account_id], -amount) for c, amount in desk.cells("depreciation")]
    invested = [Line(account, unit * n) for account, n in (("1510", 12), ("1520", 4), ("1530", 3), ("1610", 8))]
    premium = desk.total("insurance")
    yearly = premium * (13 - desk.fiscal_month) if desk.fiscal_month == 1 or desk.number == 0 else 0
    bank = [
        *desk.debits("interest", "bank"),
        *(Line(x.account_id, -x.amount, x.center) for x in desk.debits("deposit")),
    ]
    is_closing = (desk.number + desk.entity.code) % 9 == 5
    severance = desk.debits("restructuring") if is_closing else []
    return [
        *desk.journal("Rent", [*desk.debits("rent"), Line("1010", -desk.total("rent"))], day=2),
        *desk.journal("Insurance premium", [Line("1410", yearly), Line("1010", -yearly)], day=4),
        *desk.journal("Insurance of the month", [*desk.debits("insurance"), Line("1410", -premium)]),
        *desk.journal("Depreciation", [*desk.debits("depreciation"), *wear]),
        *desk.journal("Investments", [*invested, Line("1010", -sum(line.amount for line in invested))], day=17),
        *desk.journal("Loan repayment", [Line("2610", unit * 5), Line("1010", -unit * 5)] if desk.fiscal_month % 3 == 0 else []),
        *desk.journal("Bank statement", [*bank, Line("1010", -sum(line.amount for line in bank))]),
        *desk.journal("Allowance for doubtful accounts", [*desk.debits("doubtful"), Line("1290", -desk.total("doubtful"))]),
        *desk.journal("Severance", [*severance, Line("1010", -sum(line.amount for line in severance))], day=18),
    ]  # fmt: skip


def _group_fees(economy: Economy, number: int, rates: Rates) -> dict[str, tuple[int, int]]:
    """What each subsidiary owes the parent for the month's services: (in the parent's currency, in its own)."""
    fees = {}
    for entity in company.ENTITIES:
        own = sum(amount for cell, amount in economy.of(entity, number) if cell.kind == "group")
        if own:
            period, target = economy.months[number], company.PARENT.currency
            fees[entity.entity_id] = (rates.convert(own, "average", period, entity.currency, target), own)
    return fees


def _group_charges(desk: _Desk, carry: Carry, fees: dict[str, tuple[int, int]]) -> list[Journal]:
    """Services of the parent, in its currency on both sides; paid in the next month."""
    entity, parent = desk.entity, company.PARENT
    on = periods.last_day(desk.period)
    journals: list[Journal] = []
    for other, (dollars, own) in fees.items():
        if entity is parent:
            before = carry.group.get(other, (0, 0))[0]
            journals += desk.journal(
                "Group charge paid", [Line("1010", before), Line("1250", -before, counterparty=other)], day=15
            )
            charge = [Line("1250", dollars, counterparty=other), Line("7050", -dollars, _control(entity), "", other)]
            journals += desk.journal("Group service charge", charge)
            carry.group[other] = (dollars, dollars)
        elif other == entity.entity_id:
            dollars_before, before = carry.group.get(other, (0, 0))
            journals += _settled_in_dollars(desk, dollars_before, before)
            lines = (
                Line("6690", dollars, _control(entity), "", parent.entity_id, own),
                Line("2050", -dollars, "", "", parent.entity_id, -own),
            )
            journals.append(Journal(entity, "Group service charge", on, parent.currency, lines))
            carry.group[other] = (dollars, own)
    return journals


def _settled_in_dollars(desk: _Desk, dollars: int, booked: int) -> list[Journal]:
    if not dollars:
        return []
    parent = company.PARENT
    lines = (
        Line("2050", dollars, "", "", parent.entity_id, booked),
        Line("1010", -dollars, "", "", "", -booked),
    )
    paid = Journal(
        desk.entity, "Group charge paid", periods.first_day(desk.period).replace(day=15), parent.currency, lines
    )
    now = desk.rates.convert(dollars, "average", desk.period, parent.currency, desk.entity.currency)
    return [paid, *_exchange(desk, "1010", booked - now, "Exchange difference on group charge")]


def _group_loans(desk: _Desk, carry: Carry) -> list[Journal]:
    """Loans of the parent in the borrower's currency: paid out in the second month, at interest, revalued each month."""
    journals: list[Journal] = []
    for borrower in (e for e in company.ENTITIES if e.entity_id in _LOANS):
        principal = borrower.unit * _LOANS[borrower.entity_id]
        interest = principal * _LOAN_INTEREST_PERMILLE // 12_000
        if desk.entity is borrower and desk.number:
            paid_out = [Line("1010", principal), Line("2640", -principal, counterparty=company.PARENT.entity_id)]
            journals += desk.journal("Loan from group entity", paid_out if desk.number == 1 else [], day=10)
            cost = Line("7110", interest, _control(borrower), "", company.PARENT.entity_id)
            journals += desk.journal("Interest to group entity", [cost, Line("1010", -interest)])
        elif desk.entity is company.PARENT and desk.number:
            journals += _lent(desk, carry, borrower, principal, interest)
    return journals


def _lent(desk: _Desk, carry: Carry, borrower: Entity, principal: int, interest: int) -> list[Journal]:
    """The lender's side: the loan at the closing rate, the difference in income."""
    parent, other = desk.entity, borrower.entity_id

    def in_dollars(amount: int, rate_type: str) -> int:
        return desk.rates.convert(amount, rate_type, desk.period, borrower.currency, parent.currency)

    def abroad(description: str, day: date, amount: int, account: str, center: str = "") -> Journal:
        own = in_dollars(amount, "average")
        lines = (Line(account, amount, center, "", other, own), Line("1010", -amount, functional=-own))
        return Journal(parent, description, day, borrower.currency, lines)

    journals = []
    if desk.number == 1:
        journals = [abroad("Loan to group entity", periods.first_day(desk.period).replace(day=10), principal, "1720")]
        carry.loans[other] = in_dollars(principal, "average")
    end = periods.last_day(desk.period)
    journals.append(abroad("Interest of group entity", end, -interest, "7010", _control(parent)))
    gain = in_dollars(principal, "closing") - carry.loans[other]
    carry.loans[other] += gain
    account = "7030" if gain > 0 else "7130"
    revalued = [Line("1720", gain, counterparty=other), Line(account, -gain, _control(parent))]
    return [*journals, *desk.journal("Revaluation of loans to group entities", revalued)]


def _accruals(desk: _Desk, carry: Carry) -> list[Journal]:
    """Services received and not yet invoiced, estimated at the month's end and reversed at the next month's start."""
    share = 150 + desk.number * 37 % 120
    lines = [
        Line(c.account_id, amount * share // 1000, c.cost_center_id)
        for c, amount in desk.cells("vendor")
        if c.account_id in ("6610", "6620", "6520", "6440")
    ]
    carry.accruals = (*lines, Line("2120", -sum(line.amount for line in lines)))
    return desk.journal("Accrued services", list(carry.accruals))


def _reversals(desk: _Desk, carry: Carry) -> list[Journal]:
    """The German books reverse with negative amounts, the others on the opposite side."""
    lines = [Line(x.account_id, -x.amount, x.center) for x in carry.accruals]
    worth = carry.revaluation
    account = "7030" if worth > 0 else "7130"
    return [
        *desk.journal("Accrued services reversed", lines, day=1, negative=desk.entity.country == "DE"),
        *desk.journal(
            "Revaluation reversed", [Line("1225", -worth), Line(account, worth, _control(desk.entity))], day=1
        ),
    ]


def _revaluation(desk: _Desk, carry: Carry) -> list[Journal]:
    """Foreign receivables at the closing rate."""
    closing = desk.rates.convert(carry.foreign_tx, "closing", desk.period, desk.entity.foreign, desk.entity.currency)
    carry.revaluation = closing - carry.foreign
    return _exchange(desk, "1225", carry.revaluation, "Revaluation of foreign receivables")


def _year_end(desk: _Desk) -> list[Journal]:
    """Adjusting entries in period 13 of the fiscal year: stock count, doubtful accounts, warranty."""
    if desk.fiscal_month != 12:
        return []
    unit, stock = desk.entity.unit, company.centers_of(desk.entity, "Operations")[0].cost_center_id
    lines = [
        Line("5190", unit * 4, stock),
        Line("1390", -unit * 4),
        Line("6810", unit * 3, _control(desk.entity)),
        Line("1290", -unit * 3),
        Line("6830", unit * 5, stock),
        Line("2150", -unit * 5),
    ]
    return desk.journal("Year-end adjustments", lines, period_no=13)


def _profit(flows: list[ledger.Flow], journals: list[Journal]) -> int:
    """Profit before income tax, in minor units of the entity's currency."""
    profit = 0
    for flow in flows:
        for account, amount in zip(flow.accounts, flow.functional or flow.amounts, strict=True):
            profit += 0 if not chart.is_income(account) else amount if flow.side == "credit" else -amount
    lines = [line for journal in journals for line in journal.lines if chart.is_income(line.account_id)]
    return profit - sum(line.amount if line.functional is None else line.functional for line in lines)


def _income_tax(desk: _Desk, carry: Carry, profit: int) -> list[Journal]:
    """A provision on the month's profit; what the quarter brought is paid in its last month."""
    due = income_tax(profit)
    paid = carry.income_tax if desk.fiscal_month % 3 == 0 else 0
    carry.income_tax += due - paid
    return [
        *desk.journal("Income tax paid", [Line("2410", paid), Line("1010", -paid)], day=28),
        *desk.journal("Income tax of the month", [Line("8010", due, _control(desk.entity)), Line("2410", -due)]),
    ]
