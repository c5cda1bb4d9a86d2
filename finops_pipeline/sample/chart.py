"""The chart of accounts of the sample company, as text that reads like a chart.

A line at the margin opens a section: type | statement line | category | cost behavior. The first account of a section is
its heading (nothing is posted to it), the others are its children; `~` after a name changes the cost behavior.
"""

from dataclasses import dataclass
from functools import cache

_CHART = """
asset | Cash and cash equivalents | cash |
1000 Cash and cash equivalents
1010 Operating bank account
1020 Payroll bank account
1030 Savings and deposits
1040 Petty cash
1050 Payment providers in transit
asset | Trade receivables | receivables |
1200 Trade receivables
1210 Receivables in local currency
1220 Receivables in foreign currency
1225 Revaluation of foreign receivables
1250 Receivables from group entities
1280 Other receivables
1290 Allowance for doubtful accounts
asset | Inventories | inventory |
1300 Inventories
1310 Finished goods
1320 Spare parts
1330 Goods in transit
1390 Inventory reserve
asset | Prepaid and other current assets | prepaid |
1400 Prepaid and other current assets
1410 Prepaid insurance
1420 Input tax
1430 Prepaid software
1440 Prepaid rent
1450 Deposits paid
1460 Contract costs
asset | Property and equipment | fixed_assets |
1500 Property and equipment
1510 Computer equipment
1520 Furniture and fixtures
1530 Leasehold improvements
1540 Vehicles
1580 Assets under construction
1591 Accumulated depreciation, computer equipment
1592 Accumulated depreciation, furniture
1593 Accumulated depreciation, leasehold improvements
asset | Intangible assets | intangibles |
1600 Intangible assets
1610 Capitalized development
1620 Acquired software
1630 Goodwill
1690 Accumulated amortization
asset | Financial assets | financial_assets |
1700 Financial assets
1710 Shares in group entities
1720 Loans to group entities
liability | Trade payables | payables |
2000 Trade payables
2010 Payables to vendors
2020 Goods received, not invoiced
2050 Payables to group entities
liability | Accrued liabilities | accruals |
2100 Accrued liabilities
2110 Accrued cost of sales
2120 Accrued expenses
2130 Accrued bonuses
2140 Accrued vacation
2150 Warranty provision
2160 Payables to employees
2210 Wages payable
2220 Payroll taxes payable
2230 Pension contributions payable
liability | Taxes payable | taxes |
2300 Taxes payable
2310 Output tax
2320 Withholding tax
2410 Income tax payable
2420 Deferred tax liabilities
liability | Contract liabilities | deferred_revenue |
2500 Contract liabilities
2510 Deferred subscription revenue
2520 Deferred support revenue
2530 Customer deposits
liability | Borrowings | debt |
2600 Borrowings
2610 Bank loan
2620 Revolving credit facility
2630 Lease liabilities
2640 Loans from group entities
equity | Share capital | capital |
3000 Share capital
3010 Common stock
3020 Additional paid-in capital
3030 Treasury stock
equity | Retained earnings | retained_earnings |
3200 Retained earnings
equity | Other equity | other_equity |
3300 Other equity
3310 Currency translation adjustment
3320 Dividends declared
revenue | Subscription and support revenue | recurring |
4000 Recurring revenue
4010 Subscriptions
4020 Subscriptions billed in advance
4030 Support contracts
4040 Usage fees
revenue | License revenue | licenses |
4100 License revenue
4110 Perpetual licenses
4120 Term licenses
revenue | Hardware revenue | hardware |
4200 Hardware revenue
4210 Hardware sales
4220 Spare parts sales
revenue | Services revenue | services |
4300 Services revenue
4310 Implementation services
4320 Training services
4390 Discounts and rebates
cost_of_revenue | Cost of recurring revenue | cloud | variable
5000 Cost of recurring revenue
5010 Hosting of customer systems
5020 Monitoring and security of customer systems
5030 Payment processing
5040 Support tooling
cost_of_revenue | Cost of hardware | materials | variable
5100 Cost of hardware
5110 Hardware cost of goods
5120 Freight and duties
5130 Packaging
5190 Inventory write-downs
cost_of_revenue | Cost of licenses | royalties | variable
5200 Cost of licenses
5210 Royalties
cost_of_revenue | Cost of services | delivery | variable
5300 Cost of services
5310 Subcontractors
5320 Delivery and support wages ~fixed
5330 Social charges on delivery wages ~fixed
operating_expense | Personnel | personnel | fixed
6000 Personnel
6010 Salaries and wages
6020 Bonuses ~mixed
6030 Social charges
6040 Sales commissions ~variable
6050 Pension contributions
6060 Contractors ~mixed
6070 Recruiting
6080 Training
6090 Employee benefits
operating_expense | Travel and entertainment | travel | variable
6200 Travel and entertainment
6210 Air and rail travel
6220 Hotels
6230 Meals and entertainment
6240 Mileage
operating_expense | Marketing | marketing | mixed
6300 Marketing
6310 Advertising
6320 Events and trade fairs
6330 Content and creative
6340 Agencies
6350 Customer references
operating_expense | Software and cloud | software | mixed
6400 Software and cloud
6410 Development cloud ~variable
6420 Software subscriptions ~fixed
6430 Sales systems ~fixed
6440 Telecommunications
6450 Small equipment
operating_expense | Facilities | facilities | fixed
6500 Facilities
6510 Rent
6520 Utilities ~mixed
6530 Maintenance and cleaning
6540 Security
6550 Warehouse supplies ~variable
6560 Property taxes
operating_expense | Professional services | professional_services | mixed
6600 Professional services
6610 Audit
6620 Legal
6630 Consulting
6640 Insurance ~fixed
6650 Bank and filing charges
6690 Group service charges ~fixed
operating_expense | Depreciation and amortization | depreciation | fixed
6700 Depreciation and amortization
6710 Depreciation of computer equipment
6720 Depreciation of furniture
6730 Depreciation of leasehold improvements
6740 Amortization of capitalized development
operating_expense | Other operating expenses | other_operating | mixed
6800 Other operating expenses
6810 Doubtful accounts
6820 Donations
6830 Warranty
6890 Restructuring
other_income | Financial and other income | financial |
7000 Financial and other income
7010 Interest income
7020 Gains on disposal
7030 Foreign exchange gains
7040 Grants
7050 Group service income
other_expense | Financial and other expense | financial | fixed
7100 Financial and other expense
7110 Interest expense
7120 Losses on disposal
7130 Foreign exchange losses
7140 Bank charges
income_tax | Income tax | income_tax |
8000 Income tax
8010 Current income tax
8020 Deferred income tax
"""

_TRANSLATION = {"asset": "closing", "liability": "closing", "equity": "historical"}
_HISTORICAL = ("1710",)  # shares are kept at what they cost
COLUMNS = (
    "account_id",
    "name",
    "account_type",
    "statement_line",
    "category",
    "cost_behavior",
    "parent_account_id",
    "is_cash",
    "translation",
)


@dataclass(frozen=True, slots=True)
class Account:
    """One account of the chart."""

    account_id: str
    name: str
    account_type: str
    statement_line: str
    category: str
    cost_behavior: str
    parent_account_id: str

    @property
    def row(self) -> tuple[str, ...]:
        """The account as a row of the extract."""
        return (
            self.account_id,
            self.name,
            self.account_type,
            self.statement_line,
            self.category,
            self.cost_behavior,
            self.parent_account_id,
            "true" if self.category == "cash" else "false",
            "historical" if self.account_id in _HISTORICAL else _TRANSLATION.get(self.account_type, "average"),
        )


@cache
def accounts() -> dict[str, Account]:
    """The chart of accounts, by account."""
    chart: dict[str, Account] = {}
    section, parent = ("", "", "", ""), ""
    for line in _CHART.strip().splitlines():
        if "|" in line:
            kind, statement_line, category, behavior = (part.strip() for part in line.split("|"))
            section, parent = (kind, statement_line, category, behavior), ""
            continue
        number, _, rest = line.partition(" ")
        name, _, behavior = rest.partition(" ~")
        chart[number] = Account(number, name, *section[:3], behavior or section[3], parent)
        parent = parent or number
    return chart


def is_income(account_id: str) -> bool:
    """Whether the account belongs to the income statement."""
    return accounts()[account_id].account_type not in _TRANSLATION


def earns(account_id: str) -> bool:
    """Whether the account holds income rather than cost."""
    return accounts()[account_id].account_type in ("revenue", "other_income")
