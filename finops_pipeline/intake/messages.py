"""What to tell the person who has to mend a row: what is wrong, with its values, and the next step."""

from finops_pipeline.contracts.model import Table

HELD = ("JRN-BALANCE", "FX-RATE")
"""Rules whose rows may still enter when what is missing arrives, beside every unknown reference (REF-…)."""


def is_held(rule: str) -> bool:
    """Whether rows that break this rule are looked at again on later nights."""
    return rule in HELD or rule.startswith("REF-")


def explain(table: Table, rule: str, column: str | None, value: str | None, detail: str | None) -> str:
    """One sentence or two for the quarantine."""
    shown = "an empty value" if value is None else repr(value)
    contract = table.column(column) if column and column in table.names else None
    if rule.startswith("REF-") and contract and contract.reference:
        return f"{contract.reference.table} has no {shown} ({column}): deliver it, and the row enters by itself"
    if rule == "ROW-VOCABULARY" and contract:
        words = contract.allowed or ("true", "false")
        return f"{column} is {shown}: use one of {', '.join(words)}"
    if rule == "ROW-RANGE" and contract:
        low = "" if contract.low is None else f" at least {contract.low}"
        high = "" if contract.high is None else f" at most {contract.high}"
        return f"{column} is {shown}: it must be{low}{high}" if low or high else f"{column} is {shown}: out of range"
    if rule == "JRN-BALANCE":
        return f"the journal does not balance: debits less credits are {detail} (minor units, functional currency)"
    if rule == "FX-RATE":
        return f"no budget rate for {detail}: add it to fx_rates, and the row enters by itself"
    template = _MESSAGES.get(rule, "{column} is {shown}")
    if rule.startswith("ROW-") and detail and detail != value:
        template = "{column}: {detail}" if value is None else "{column} is {shown}: {detail}"
    return template.format(column=column, shown=shown, detail=detail)


_MESSAGES = {
    "REF-EXTRACT": "{column} has no row that belongs to this one: deliver it, and the row enters by itself",
    "ROW-SHAPE": "the line has not as many fields as the header, its quotes are broken or it is not UTF-8: {shown}",
    "ROW-REQUIRED": "{column} is empty: it must have a value",
    "ROW-DATE": "{column} is {shown}: write a calendar day as YYYY-MM-DD",
    "ROW-PERIOD": "{column} is {shown}: write a month as YYYY-MM",
    "ROW-INSTANT": "{column} is {shown}: write an ISO 8601 time in UTC",
    "ROW-MONEY": "{column} is {shown}: write a plain number with a point, without separators or symbols",
    "ROW-NUMBER": "{column} is {shown}: write a plain number",
    "ROW-DECIMALS": "{column} is {shown}: more decimals than the currency (or 15 places) has; nothing is rounded",
    "ROW-CURRENCY": "{column} is {shown}: not an ISO 4217 currency with minor units",
    "ROW-JSON": "{column} is not valid JSON: {shown}",
    "JRN-DOCUMENT": "{detail}; nothing of it enters",
    "JRN-SIDES": "exactly one of debit and credit must be non-zero",
    "JRN-FUNCTIONAL": "the line is in a foreign currency: functional_debit or functional_credit is required",
    "KEY-CONFLICT": "another row of this file has the same key and other values; the first one stands",
    "KEY-REPLACED": "a later file delivered this row again before it could enter",
    "KEY-LOCKED": "version {detail}: what was approved stays; plan changes in another version, or unlock it in budget_versions "
    "and deliver the line again",
    "FX-DATE": "give either period or rate_date",
}
