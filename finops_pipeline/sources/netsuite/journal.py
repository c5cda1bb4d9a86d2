"""The ledger: TRANSACTIONACCOUNTINGLINE to journal lines.

The accounting line is the posting: account and amount in the subsidiary's base currency, signed with debits positive. Its
transaction line has the dimensions, the subsidiary and the amount in the transaction's currency; its transaction has the
posting period. The period decides the month, the transaction's date does not.

A delivery of a transaction has all of its lines, in one file or several: one that a later delivery no longer has was
removed from it. Where rows have tombstones, deliveries are by single line, and only a tombstone removes one. Voiding either makes a transaction's
amounts zero or reverses it by another one: both are right as they are, so the flag itself leaves nothing out.
"""

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.netsuite import masters, terms
from finops_pipeline.sources.netsuite.files import ACCOUNTING_LINE, TOMBSTONE
from finops_pipeline.sources.netsuite.options import NetSuiteOptions
from finops_pipeline.sources.ranges import quoted

_CUSTOMERS = ("CustInvc", "CustPymt", "CustCred", "CustDep", "CustRfnd", "CashSale", "CashRfnd", "DepAppl")
_VENDORS = ("VendBill", "VendPymt", "VendCred", "VPrep", "VPrepApp", "PurchOrd", "ItemRcpt")
_DELETED = (
    "journal|invoice|custinvc|vendbill|bill$|billpay|billcred|payment$|pymt$|creditmemo|custcred|vendcred|vendorcredit|"
    "refund|rfnd$|deposit|depappl|^check$|cardcharge|cardchrg|financecharge|finchrg|cashsale|expensereport|exprept|"
    "itemfulfil|itemship|itemreceipt|itemrcpt|^inventory(adjust|transfer|cost|status)|invadjst|invtrnfr|invreval|"
    "^transfer$|revaluation|fxreval|prepay|vprep|build$|application$|transaction|paycheck|commission$"
)
"""What the type of a deleted record has in it when the record is a transaction, in lower case and letters alone."""
_COLUMN = {"department": "department", "classification": "class", "location": "location"}


def accounting_lines(options: NetSuiteOptions) -> Derivation:
    """How TRANSACTIONACCOUNTINGLINE becomes journal lines."""
    sides = (
        "amount(coalesce(plain_number(r.debit, 'point'), '0')) - amount(coalesce(plain_number(r.credit, 'point'), '0'))"
    )
    differs = f"r.amount IS NOT NULL AND coalesce(r.debit, r.credit) IS NOT NULL AND amount(r.n_amount) <> {sides}"
    return Derivation(
        JOURNAL_LINES,
        ACCOUNTING_LINE,
        _columns(options),
        _lookups(options),
        _left_out(options),
        (
            Refused("ROW-DATE", "postingperiod", "r.has_period AND r.middle IS NULL"),
            Refused("ROW-MONEY", "amount", differs, f"'debit less credit is ' || CAST({sides} AS VARCHAR)"),
        ),
        parsed={
            "n_amount": f"coalesce(plain_number(r.amount, 'point'), CAST({sides} AS VARCHAR))",
        },
        found=_found(options),
    )


def _columns(options: NetSuiteOptions) -> dict[str, str]:
    entered = "CASE WHEN r.has_entered THEN r.entered ELSE r.n_amount END"
    party = terms.own_id("r.party", options)
    return {
        "entity_id": terms.entity("r.subsidiary", options),
        "journal_id": terms.own_id("r.transaction", options),
        "line_no": "r.transactionline",
        "posting_date": terms.day("r.trandate", options),
        "account_id": "r.account_number",
        "currency": "CASE WHEN r.has_entered THEN r.entered_currency ELSE r.base_currency END",
        "debit": f"debit_of({entered})",
        "credit": f"credit_of({entered})",
        "functional_debit": "coalesce(debit_of(r.n_amount), '0')",
        "functional_credit": "coalesce(credit_of(r.n_amount), '0')",
        "cost_center_id": "r.center",
        "product_id": "r.product",
        "customer_id": f"CASE WHEN r.type IN ({', '.join(map(quoted, _CUSTOMERS))}) THEN {party} END",
        "vendor_id": f"CASE WHEN r.type IN ({', '.join(map(quoted, _VENDORS))}) THEN {party} END",
        "counterparty_entity_id": terms.own_id("r.counterparty", options),
        "description": "r.memo",
        "period": "strftime(r.middle, '%Y-%m')",
        "period_no": "CAST(CASE WHEN r.is_adjusting THEN 13 ELSE (month(r.middle) - r.first_month + 12) % 12 + 1 END "
        "AS VARCHAR)",
    }


def _lookups(options: NetSuiteOptions) -> tuple[Lookup, ...]:
    keys = {
        "transaction": "r.transaction",
        "transactionline": "r.transactionline",
        "book": "coalesce(r.accountingbook, '')",
    }
    return (
        Lookup("transaction", {"id": "r.transaction"}),
        Lookup("line", {"transaction": "r.transaction", "id": "r.transactionline"}, 'FROM "transactionline"',
               ("transactionline",)),
        Lookup("account", {"id": "r.account"}),
        terms.period('"transaction".postingperiod', options),
        *terms.subsidiary('"line".subsidiary', options),
        *terms.fiscal_year(terms.calendar(options), options),
        terms.currency("entered", '"transaction".currency', "false"),
        Lookup("party", {"id": _PARTY}, _PARTIES, ("customer", "vendor"), "false"),
        Lookup("deleted", {"recordid": "r.transaction"}, _deleted(options), ("deletedrecord",), "false"),
        Lookup("standing", keys, _standing(options), ("transactionaccountingline",), "false"),
    )  # fmt: skip


_PARTY = 'coalesce("line".entity, "transaction".entity)'
_PARTIES = " UNION ALL ".join(
    f"SELECT id, representingsubsidiary AS subsidiary FROM {terms.live(who)} WHERE representingsubsidiary IS NOT NULL"
    for who in ("customer", "vendor")
)
"""Customers and vendors that are subsidiaries."""


def _deleted(options: NetSuiteOptions) -> str:
    """Query for the transactions among the deleted records: other records may have the same number."""
    letters = "regexp_replace(lower(type), '[^a-z]', '', 'g')"
    named = ", ".join(map(quoted, options.deleted_types)) or "NULL"
    return (
        f"SELECT DISTINCT recordid FROM {terms.live('deletedrecord')} WHERE recordtypeid = '-30' "
        f"OR regexp_matches({letters}, {quoted(_DELETED)}) OR type IN ({named})"
    )


def _standing(options: NetSuiteOptions) -> str:
    """Query for the lines that a later delivery of their transaction lacks.

    A delivery may lie in several files, each with some of the lines: a new one begins with the first file that has a
    line for one time more than any line was there before. What was last seen before it was removed. A file that came
    again unchanged beside a new one with lines of the transaction shows its lines once more, and the two are one delivery.
    """
    own = "\"transaction\", transactionline, coalesce(accountingbook, '') AS book"
    kept = '"transactionaccountingline_all"'
    came = f"SELECT {own}, file_seq, file_seq AS began, bool_or({TOMBSTONE} IS NOT NULL) AS is_marked FROM {kept} GROUP BY ALL"
    beside = f'SELECT DISTINCT file_id, file_seq, "transaction" FROM {kept}'
    again = (
        f"SELECT k.*, g.file_seq AS seen, least(g.file_seq, b.file_seq) AS began FROM {kept} AS k "
        f"JOIN transactionaccountingline_again AS g USING (file_id) "
        f'JOIN ({beside}) AS b ON b.file_id = g.beside AND b."transaction" = k."transaction"'
    )
    seen = f"{came} UNION ALL SELECT {own}, seen, min(began), false FROM ({again}) GROUP BY ALL"
    nth = (
        'SELECT *, row_number() OVER (PARTITION BY "transaction", transactionline, book ORDER BY file_seq) AS nth, '
        f"bool_or(is_marked) OVER () AS by_line FROM ({seen})"
    )
    top = f'SELECT *, max(nth) OVER (PARTITION BY "transaction", book) AS top FROM ({nth})'
    since = (
        'SELECT *, min(CASE WHEN nth = top THEN began END) OVER (PARTITION BY "transaction", book) AS since '
        f"FROM ({top})"
    )
    whole = "true" if options.deliveries == "whole" else "false"
    return (
        f'SELECT "transaction", transactionline, book, {whole} AND NOT any_value(by_line) '
        f"AND max(file_seq) < any_value(since) AS is_removed FROM ({since}) GROUP BY ALL"
    )


def _found(options: NetSuiteOptions) -> dict[str, str]:
    foreign = "plain_number(\"line\".foreignamount, 'point')"
    same_side = f"starts_with({foreign}, '-') = starts_with(r.n_amount, '-')"
    center, product = (
        terms.own_id(f'"line".{_COLUMN[name]}', options) if name in _COLUMN else "NULL::VARCHAR"
        for name in (options.cost_centers, options.products)
    )
    return {
        "header_posting": '"transaction".posting',
        "header_gone": f'"transaction".{TOMBSTONE}',
        "voided": '"transaction".voided',
        "trandate": '"transaction".trandate',
        "type": '"transaction".type',
        "party": _PARTY,
        **_group(options),
        "memo": 'coalesce("line".memo, "transaction".memo)',
        "subsidiary": '"line".subsidiary',
        "center": center,
        "product": "NULL::VARCHAR" if options.products == options.cost_centers else product,
        "account_number": terms.account_id('"account"', options),
        "posts_nothing": masters.posts_nothing('"account"'),
        "middle": '"period".middle',
        "is_adjusting": '"period".is_adjusting',
        "first_month": terms.first_month(options),
        "base_currency": terms.base_currency(options),
        "entered_currency": '"entered".symbol',
        # some lines have an amount in the base currency alone, and rounding may have turned a sign
        "has_entered": f'coalesce("entered".symbol <> {terms.base_currency(options)} AND NOT is_zero({foreign}) AND {same_side}, false)',
        "entered": foreign,
        "is_removed": '"standing".is_removed',
    }


def _group(options: NetSuiteOptions) -> dict[str, str]:
    """The other company of the group on a line, where the group is eliminated here."""
    if options.company or options.eliminations == "netsuite":
        return {"counterparty": "NULL::VARCHAR", "is_elimination": "false"}
    other = 'coalesce("line".duetofromsubsidiary, "party".subsidiary)'
    return {
        "counterparty": f'CASE WHEN {other} <> "line".subsidiary THEN {other} END',
        "is_elimination": terms.yes('"subsidiary".iselimination'),
    }


def _left_out(options: NetSuiteOptions) -> tuple[LeftOut, ...]:
    return (
        terms.GONE,
        LeftOut("deleted", f"r.has_deleted OR {terms.yes('r.header_gone')}"),
        LeftOut("line that its transaction no longer has", "r.is_removed"),
        terms.other_book("r.accountingbook", options),
        LeftOut("elimination that is made here", "r.is_elimination"),
        LeftOut("not posting", f"{terms.no('r.posting')} OR {terms.no('r.header_posting')}"),
        LeftOut("revenue arrangement", "r.type IN ('RevArrng', 'Revenue Arrangement')"),
        LeftOut("statistical or non-posting account", "r.posts_nothing"),
        LeftOut("voided", f"{terms.yes('r.voided')} AND is_zero(r.n_amount)"),
        LeftOut("no amount", "is_zero(r.n_amount)"),
    )
