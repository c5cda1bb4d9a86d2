"""A home into which NetSuite tables land, and transactions to put there."""

from pathlib import Path

from finops_pipeline_tests.intake.nights import Night

FILES = {
    "currency": "id,name,symbol\n1,US Dollar,USD\n2,Yen,JPY\n3,Euro,EUR",
    "fiscalcalendar": "id,name,fiscalMonth\n1,Standard,JAN\n2,April,APR",
    "subsidiary": """id,name,fullName,parent,currency,fiscalCalendar,isElimination,country
        1,Honeycomb Inc.,Honeycomb Inc.,,1,1,F,US
        2,Honeycomb KK,Honeycomb Inc. : Honeycomb KK,1,2,2,F,JP
        3,Eliminations,Honeycomb Inc. : Eliminations,1,1,1,T,""",
    "accountingperiod": """id,periodName,startDate,endDate,isQuarter,isYear,isAdjust,isPosting
        100,FY 2024,1/1/2024,12/31/2024,F,T,F,F
        101,Q1 2024,1/1/2024,3/31/2024,T,F,F,F
        102,Jan 2024,1/1/2024,1/31/2024,F,F,F,T
        103,Feb 2024,2/1/2024,2/29/2024,F,F,F,T
        113,Dec 2024,12/1/2024,12/31/2024,F,F,F,T
        114,Adjust 2024,12/31/2024,12/31/2024,F,F,T,T""",
    "account": """id,acctNumber,acctType,fullName,parent,generalRate,isSummary,sspecAcct
        10,0010,Bank,Bank,,Current,F,
        11,,AcctRec,Receivables,,Current,F,
        30,3000,Equity,Retained earnings,,Historical,F,RetEarnings
        40,4000,Income,Sales,49,Average,F,
        49,4900,Income,All sales,,Average,T,
        60,6000,Expense,Wages,,Average,F,
        90,9000,NonPosting,Orders,,,F,
        91,9100,Stat,Heads,,,F,""",
    "department": "id,name,fullName,parent\n5,Sales,Sales,\n6,Inside,Sales : Inside,5",
    "classification": "id,name,fullName,parent\n7,Combs,Goods : Combs,",
}
TRANSACTIONS = "id,type,tranId,tranDate,postingPeriod,posting,currency,entity,memo,voided"
LINES = "transaction,id,subsidiary,department,class,entity,foreignAmount,memo"
POSTINGS = "transaction,transactionLine,accountingBook,account,amount,debit,credit,posting"


class NetSuiteNight(Night):
    """A home into which NetSuite tables land."""

    def table(self, name: str, *rows: str, file: str = "") -> Path:
        return self.put(name, file or f"{name}.csv", "\n".join(rows), source="netsuite")

    def lines(self) -> list[tuple[str, int, str, str, int]]:
        """(journal, line, period, account, functional amount in minor units) of every line."""
        rows = self.rows("journal_lines")
        net = rows["functional_debit"] - rows["functional_credit"]
        return sorted(zip(rows["journal_id"], rows["line_no"], rows["period"], rows["account_id"], net, strict=True))

    def journals(self) -> set[str]:
        return {journal for journal, *_ in self.lines()}

    def reasons(self, dataset: str = "transactionaccountingline") -> dict[str, int]:
        found = self.report("left_out")
        return found[found["dataset"] == dataset].groupby("reason")["rows"].sum().to_dict()

    def post(self, *numbers: int, file: str = "", header: dict[int, str] | None = None, amount: str = "100.00") -> None:
        """Deliver sales, each a transaction with two lines."""
        known = header or {}
        self.table("transaction", TRANSACTIONS, *(known.get(n, head(n)) for n in numbers), file=file and f"t_{file}")
        self.table("transactionline", LINES, *(one for n in numbers for one in lines(n)), file=file and f"l_{file}")
        self.table(
            "transactionaccountingline", POSTINGS, *(one for n in numbers for one in sale(n, amount)),
            file=file and f"p_{file}",
        )  # fmt: skip


def head(number: int, *, period: int = 102, posting: str = "T", kind: str = "CustInvc", voided: str = "F") -> str:
    return f"{number},{kind},INV{number},1/15/2024,{period},{posting},1,77,Sale,{voided}"


def lines(number: int, subsidiary: int = 1) -> tuple[str, str]:
    return f"{number},0,{subsidiary},,,77,,", f"{number},1,{subsidiary},6,7,77,,combs"


def sale(number: int, amount: str = "100.00", book: str = "1") -> tuple[str, str]:
    return f"{number},0,{book},11,{amount},{amount},,T", f"{number},1,{book},40,-{amount},,{amount},T"
