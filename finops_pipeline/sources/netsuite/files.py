"""The tables of NetSuite that are read, and which of their columns.

`_fivetran_deleted` is the tombstone that replications put into every table: a row that has it is gone.
"""

from dataclasses import replace

from finops_pipeline.sources.derivation import Extract

TOMBSTONE = "_fivetran_deleted"


def _table(name: str, key: str, required: str = "", optional: str = "") -> Extract:
    """A part of the key may be missing in files where it is optional."""
    keys, others = tuple(key.split()), tuple(optional.split())
    needed = tuple(dict.fromkeys((*(k for k in keys if k not in others), *required.split())))
    return Extract("netsuite", name, needed, (*others, TOMBSTONE), keys, nulls=("NULL", "null"))


TRANSACTION = _table(
    "transaction", "id", "postingperiod posting trandate",
    "type tranid transactionnumber currency exchangerate entity memo voided reversal status createddate lastmodifieddate",
)  # fmt: skip
LINE = _table(
    "transactionline", "transaction id", "",
    "subsidiary duetofromsubsidiary linesequencenumber mainline taxline iscogs eliminate item class department location entity netamount foreignamount "
    "memo",
)  # fmt: skip
ACCOUNTING_LINE = replace(
    _table(
        "transactionaccountingline", "transaction transactionline accountingbook", "account",
        "accountingbook amount debit credit posting netamount exchangerate",
    ),
    is_paged=True,
)  # fmt: skip
ACCOUNT = _table(
    "account", "id", "accttype",
    "acctnumber fullname accountsearchdisplayname accountsearchdisplaynamecopy parent sspecacct generalrate cashflowrate "
    "eliminate isinactive issummary",
)  # fmt: skip
PERIOD = _table(
    "accountingperiod", "id", "startdate enddate",
    "periodname isquarter isyear isadjust isposting closed closedondate parent",
)  # fmt: skip
PERIOD_CALENDAR = _table("accountingperiodfiscalcalendars", "accountingperiod fiscalcalendar", "", "fullname parent")
CALENDAR = _table("fiscalcalendar", "id", "fiscalmonth", "name isdefault")
SUBSIDIARY = _table(
    "subsidiary", "id", "name currency", "fullname parent fiscalcalendar iselimination country isinactive"
)  # fmt: skip
DEPARTMENT = _table("department", "id", "name", "fullname parent isinactive")
CLASSIFICATION = _table("classification", "id", "name", "fullname parent isinactive")
LOCATION = _table("location", "id", "name", "fullname parent isinactive")
CURRENCY = _table("currency", "id", "symbol", "name")
RATE = _table(
    "consolidatedexchangerate", "postingperiod fromsubsidiary tosubsidiary accountingbook", "currentrate averagerate",
    "accountingbook fromcurrency tocurrency historicalrate id",
)  # fmt: skip
BUDGET = _table(
    "budgets", "id", "account",
    "subsidiary year category department class location item customer currency accountingbook total",
)  # fmt: skip
BUDGET_MONTH = _table("budgetsmachine", "budget period", "amount")
CUSTOMER = _table("customer", "id", "representingsubsidiary")
VENDOR = _table("vendor", "id", "representingsubsidiary")
TRIAL_BALANCE = _table(
    "trial_balance", "account period subsidiary", "", "subsidiary amount debit credit"
)  # fmt: skip
DELETED = _table("deletedrecord", "recordid type", "", "recordtypeid deleteddate name")
