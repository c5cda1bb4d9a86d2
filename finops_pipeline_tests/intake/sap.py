"""A home into which SAP tables land, and lines of the universal journal to put there."""

from pathlib import Path

from finops_pipeline_tests.intake.nights import Night

ACDOCA = "RCLNT,RLDNR,RBUKRS,GJAHR,BELNR,DOCLN,RYEAR,POPER,BUDAT,RACCT,RHCUR,HSL,RWCUR,WSL,RRCTY,BSTAT,DRCRK,RCNTR,GLACCOUNT_TYPE"
RANGES = [
    {"first": "0000100000", "last": "0000199999", "account_type": "asset"},
    {"first": "0000200000", "last": "0000299999", "account_type": "equity"},
    {"first": "0000400000", "last": "0000499999", "account_type": "revenue"},
    {"first": "0000500000", "last": "0000699999", "account_type": "operating_expense"},
]
T001 = "MANDT,BUKRS,BUTXT,LAND1,WAERS,PERIV,KTOPL\n100,1000,Example AG,DE,EUR,K4,INT\n100,3000,Nippon KK,JP,JPY,K4,INT"
SKA1 = """MANDT,KTOPL,SAKNR,XBILK,KTOKS
100,INT,0000100000,X,GL
100,INT,0000200000,X,GL
100,INT,0000400000,,GL
100,INT,0000600000,,GL
"""
TCURX = "CURRKEY,CURRDEC\nJPY,0\nKWD,3"


class SapNight(Night):
    """A home into which SAP tables land."""

    def table(self, name: str, text: str, file: str = "") -> Path:
        return self.put(name, file or f"{name.upper()}.csv", text, source="sap")

    def lines(self) -> list[tuple[str, int, str, str, int]]:
        """(journal, line, period, account, functional amount in minor units) of every line."""
        rows = self.rows("journal_lines")
        net = rows["functional_debit"] - rows["functional_credit"]
        return sorted(zip(rows["journal_id"], rows["line_no"], rows["period"], rows["account_id"], net, strict=True))

    def reasons(self) -> dict[str, int]:
        found = self.report("left_out")
        return found.groupby("reason")["rows"].sum().to_dict()


def acdoca(*rows: str) -> str:
    return "\n".join([ACDOCA, *rows])


SALE = (
    "100,0L,1000,2024,0100000001,000001,2024,003,20240315,0000100000,EUR,119.00,EUR,119.00,0,,S,,",
    "100,0L,1000,2024,0100000001,000002,2024,003,20240315,0000400000,EUR,-119.00,EUR,-119.00,0,,H,,",
)
