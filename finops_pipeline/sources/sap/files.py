"""The tables of SAP that are read, and which of their columns: everything else in a file is left out with a note."""

from finops_pipeline.sources.derivation import Extract


def _table(name: str, key: str, required: str, optional: str = "", numbers: str = "") -> Extract:
    keys = tuple(key.split())
    needed = tuple(dict.fromkeys((*keys, *required.split())))
    return Extract("sap", name, needed, tuple(optional.split()), keys, numbers=tuple(numbers.split()))


ACDOCA = _table(
    "acdoca", "rldnr rbukrs gjahr belnr docln", "poper budat racct hsl",
    "rclnt ryear rhcur wsl rwcur rrcty bstat glaccount_type kokrs rcntr rassc kunnr lifnr msl sgtxt",
    "hsl wsl msl",
)  # fmt: skip
BKPF = _table("bkpf", "bukrs belnr gjahr", "budat monat waers", "mandt blart hwaer bstat ldgrp")
BSEG = _table(
    "bseg", "bukrs belnr gjahr buzei", "shkzg dmbtr hkont", "mandt wrbtr kokrs kostl vbund kunnr lifnr sgtxt xnegp",
    "dmbtr wrbtr",
)  # fmt: skip
PERIODS = tuple(f"{n:02d}" for n in range(1, 17))
_DIMENSIONS = ("rclnt", "rldnr", "rrcty", "rvers", "ryear", "rbukrs", "racct", "drcrk", "rtcur", "rcntr", "prctr",
               "rfarea", "rbusa", "segment")  # fmt: skip
_REQUIRED = ("rldnr", "ryear", "rbukrs", "racct", "hslvt", *(f"hsl{n}" for n in PERIODS))
FAGLFLEXT = Extract("sap", "faglflext", _REQUIRED, tuple(c for c in _DIMENSIONS if c not in _REQUIRED), _DIMENSIONS)
ACDOCP = _table(
    "acdocp", "", "rldnr rbukrs poper category racct hsl", "rclnt gjahr ryear rhcur kokrs rcntr"
)  # fmt: skip
COSP = _table(
    "cosp", "", "objnr gjahr wrttp versn kstar " + " ".join(f"wog0{n}" for n in PERIODS), "mandt lednr beknz"
)  # fmt: skip
T001 = _table("t001", "bukrs", "butxt waers periv", "mandt ktopl rcomp land1")
T009 = _table("t009", "periv", "", "mandt xkale xjabh anzbp anzsp")
T009B = Extract(
    "sap", "t009b", ("periv", "bumon", "butag", "poper"), ("mandt", "bdatj", "reljr"),
    ("periv", "bdatj", "bumon", "butag"),
)  # fmt: skip
TCURX = _table("tcurx", "currkey", "currdec")
SKA1 = _table("ska1", "ktopl saknr", "xbilk", "mandt ktoks gvtyp glaccount_type")
SKAT = _table("skat", "spras ktopl saknr", "", "mandt txt20 txt50")
CSKS = _table("csks", "kokrs kostl datbi", "", "mandt datab bukrs kosar verak func_area prctr khinr")
CSKT = _table("cskt", "spras kokrs kostl datbi", "", "mandt ktext ltext")
TCURR = _table("tcurr", "kurst fcurr tcurr gdatu", "ukurs", "mandt ffact tfact")
TCURF = _table("tcurf", "kurst fcurr tcurr gdatu", "ffact tfact", "mandt")
