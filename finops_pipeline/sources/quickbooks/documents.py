"""Documents to journal lines: what they post (`posting`), on the accounts that play the roles in it.

Where a document does not name an account, there is one for each role and never more: the item's own, the receivable of
the document's currency, the account of the tax rate's agency. Several receivables in one currency do not multiply
anything: the one that QuickBooks made first (the lowest Id) is taken, unless the options name another.
"""

from collections.abc import Mapping

from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, Extract, Function, LeftOut, Lookup, Refused
from finops_pipeline.sources.quickbooks import homes, posting, terms
from finops_pipeline.sources.quickbooks.files import DOCUMENTS, JOURNAL_NAMES
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions

_FUNCTIONS = (
    Function("quickbooks_entries", homes.entries, 3),
    Function("quickbooks_settled", homes.settled, 5),
)
_SHAPE = (
    "no", "account", "role", "key", "amount", "home", "settles", "class", "department", "customer", "vendor",
    "quantity", "description", "is_exchange", "problem", "nothing",
)  # fmt: skip
_SETTLED = {
    "payment": ("invoice", "creditmemo", "journalentry"),
    "billpayment": ("bill", "vendorcredit", "journalentry"),
}
"""What a payment settles."""


def documents(options: QuickBooksOptions) -> tuple[Derivation, ...]:
    """How each kind of document becomes journal lines."""
    return tuple(_document(kind, options) for kind in posting.KINDS)


def _document(kind: str, options: QuickBooksOptions) -> Derivation:
    extract = DOCUMENTS[kind]
    home = terms.home_currency(options)
    own = _home_amount() if kind in _SETTLED else "r.e.home"
    amount = f"CASE WHEN r.e.is_exchange IS NULL THEN r.e.amount ELSE {own} END"
    return Derivation(
        JOURNAL_LINES,
        extract,
        {
            "entity_id": terms.literal(options.entity_id),
            "journal_id": f"'{JOURNAL_NAMES[kind]}-' || r.id",
            "line_no": "r.e.no",
            "posting_date": "iso_date(r.txndate)",
            "account_id": terms.own_id("r.posted_to", options),
            "currency": f"CASE WHEN r.e.is_exchange IS NULL THEN coalesce({terms.ref('r.currencyref')}, {home}) ELSE {home} END",
            "debit": f"debit_of({amount})",
            "credit": f"credit_of({amount})",
            "functional_debit": f"coalesce(debit_of({own}), '0')",
            "functional_credit": f"coalesce(credit_of({own}), '0')",
            "cost_center_id": terms.own_id(f'r.e."{options.cost_centers}"', options),
            "customer_id": "r.e.customer",
            "vendor_id": "r.e.vendor",
            "quantity": "r.e.quantity",
            "description": "coalesce(r.e.description, r.privatenote)",
        },
        (*_lookups(kind, extract, options),),
        _left_out(extract, own),
        _refused(kind, own, options),
        lines=_lines(kind, extract, home),
        found=_found(kind, home),
        functions=_FUNCTIONS,
    )


def _found(kind: str, home: str) -> dict[str, str]:
    """The account of an entry, the version that stands, and what a settled item was booked at."""
    account = 'coalesce(m.e.account, "item_place".account, "place".account, "general".account)'
    booked = f'quickbooks_settled(m.e.amount, "settled".rate, "settled".total, "settled".home_total, {home})'
    found = {"posted_to": account, "standing": '"latest".content'}
    return found | {"booked": booked} if kind in _SETTLED else found


def _lines(kind: str, extract: Extract, home: str) -> str:
    shape = "[{" + ", ".join(f'"{field}": "VARCHAR"' for field in _SHAPE) + "}]"
    columns = ", ".join(f"'{c}': r.{terms.name(c)}" for c in extract.columns)
    call = f"quickbooks_entries('{kind}', CAST(to_json({{{columns}}}) AS VARCHAR), {home})"
    return f"CROSS JOIN LATERAL (SELECT unnest(from_json({call}, '{shape}')) AS e) AS m"


def _home_amount() -> str:
    """An entry's amount in home currency; a settled item at its own rate, and what is open then is the exchange's."""
    own = "CASE WHEN r.e.settles IS NOT NULL THEN r.booked ELSE r.e.home END"
    whole = f"sum(try_cast({own} AS DECIMAL(38, 4))) OVER (PARTITION BY r.file_seq, r.row_number)"
    return f"CASE WHEN r.e.is_exchange IS NULL THEN {own} ELSE CAST(-{whole} AS VARCHAR) END"


def _left_out(extract: Extract, own: str) -> tuple[LeftOut, ...]:
    return (
        LeftOut("earlier version of the document", f"r.standing <> {terms.content(extract, 'r.')}"),
        LeftOut("deleted document", "lower(r.status) = 'deleted'"),
        LeftOut("document that posts nothing", "r.e.nothing IS NOT NULL"),
        LeftOut("no difference in exchange", f"r.e.is_exchange IS NOT NULL AND is_zero({own})"),
    )


def _refused(kind: str, own: str, options: QuickBooksOptions) -> tuple[Refused, ...]:
    number = (
        f"'{JOURNAL_NAMES[kind]} ' || coalesce(r.docnumber || ' (Id ' || r.id || ')', 'with Id ' || r.id) || ': ' || "
    )
    found = [Refused("JRN-DOCUMENT", "line", "r.e.problem IS NOT NULL", f"{number} r.e.problem")]
    if not options.rounding_account:
        said = "'its total differs by ' || r.e.amount || ' from its lines and taxes: name a rounding_account in the options'"
        found.append(Refused("JRN-DOCUMENT", "totalamt", f"r.e.role = '{posting.ROUNDING}'", f"{number} {said}"))
    if kind in _SETTLED:
        said = "'what it settles, ' || r.e.settles || ', has no ExchangeRate'"
        found.append(Refused("JRN-DOCUMENT", "line", f"r.e.settles IS NOT NULL AND {own} IS NULL", f"{number} {said}"))
    return tuple(found)


# -- which account plays a role --------------------------------------------------------------------------------------


def _lookups(kind: str, extract: Extract, options: QuickBooksOptions) -> tuple[Lookup, ...]:
    version = Lookup(
        "latest",
        {"id": "r.id"},
        terms.latest(extract, f"{terms.content(extract)} AS content"),
        (extract.name,),
        "false",
    )
    by_item = "r.e.role IN ('sale', 'purchase')"
    item = Lookup("item_place", {"role": "m.e.role", "key": "m.e.key"}, _item_places(options), ("item",), by_item)
    others = ("account", "taxrate", "taxagency", "preferences")
    place = Lookup("place", {"role": "m.e.role", "key": "m.e.key"}, _places(options), others, "false")
    is_open = "r.e.role NOT IN ('sale', 'purchase', 'rounding') AND r.has_place IS NULL"
    general = f"SELECT role, account FROM ({_places(options)}) WHERE key = ''"
    found = [version, terms.home(), item, place, Lookup("general", {"role": "m.e.role"}, general, others, is_open)]
    if kind in _SETTLED:
        found.append(_settled_documents(_SETTLED[kind]))
    return tuple(found)


def _settled_documents(kinds: tuple[str, ...]) -> Lookup:
    fields = "exchangerate AS rate, totalamt AS total, hometotalamt AS home_total"
    queries = [
        f"SELECT '{JOURNAL_NAMES[k]}-' || id AS document, rate, total, home_total FROM ({terms.latest(DOCUMENTS[k], fields)})"
        for k in kinds
    ]
    return Lookup("settled", {"document": "m.e.settles"}, " UNION ALL ".join(queries), kinds, "r.e.settles IS NOT NULL")


def _item_places(options: QuickBooksOptions) -> str:
    """Sales of an item go to its income account; purchases to its expense account, or to the stock that it is."""
    bought = (
        f"CASE WHEN type = 'Inventory' THEN {terms.ref('assetaccountref')} ELSE {terms.ref('expenseaccountref')} END"
    )
    return _first_of(
        [
            *_given(posting.SALE, options.item_accounts),
            *_given(posting.PURCHASE, options.item_accounts),
            f"SELECT 1 AS rank, 'sale' AS role, id AS key, {terms.ref('incomeaccountref')} AS account FROM item",
            f"SELECT 1, 'purchase', id, {bought} FROM item",
        ]
    )


def _places(options: QuickBooksOptions) -> str:
    """The account of every other role: the one of the options, else the oldest that is in use."""
    currency = f"coalesce({terms.ref('currencyref')}, {terms.home_currency(options)})"
    rank = "CASE WHEN active = 'false' THEN 2 ELSE 1 END"
    single = {
        posting.UNDEPOSITED: options.undeposited_account, posting.DISCOUNT: options.discount_account,
        posting.EXCHANGE: options.exchange_account, posting.ROUNDING: options.rounding_account,
        posting.TAX: options.tax_account,
    }  # fmt: skip
    kinds = {posting.UNDEPOSITED: "UndepositedFunds", posting.DISCOUNT: "DiscountsRefundsGiven",
             posting.EXCHANGE: "ExchangeGainOrLoss"}  # fmt: skip
    taxes = "accountsubtype IN ('SalesTaxPayable', 'GlobalTaxPayable')"
    receivable = f"SELECT {rank} AS rank, 'receivable' AS role, {currency} AS key, id AS account FROM account"
    agency = f"SELECT 1, 'tax', t.id, c.id FROM taxrate AS t JOIN taxagency AS a ON a.id = {terms.ref('t.agencyref')}"
    return _first_of(
        [
            *_given(posting.RECEIVABLE, options.receivable_accounts),
            *_given(posting.PAYABLE, options.payable_accounts),
            *_given(posting.TAX, options.tax_accounts),
            *(one for role, account in single.items() if account for one in _given(role, {"": account})),
            f"{receivable} WHERE lower(accounttype) = 'accounts receivable'",
            f"SELECT {rank}, 'payable', {currency}, id FROM account WHERE lower(accounttype) = 'accounts payable'",
            *(f"SELECT {rank}, '{r}', '', id FROM account WHERE accountsubtype = '{k}'" for r, k in kinds.items()),
            f"{agency} JOIN account AS c ON lower(c.name) = lower(a.displayname || ' payable')",
            f"SELECT 1, 'tax', '', min(id) FROM account WHERE {taxes} HAVING count(*) = 1",
        ]
    )


def _given(role: str, accounts: Mapping[str, str]) -> list[str]:
    return [
        f"SELECT 0 AS rank, {terms.literal(role)} AS role, {terms.literal(key)} AS key, {terms.literal(account)} AS account"
        for key, account in accounts.items()
    ]


def _first_of(queries: list[str]) -> str:
    """One account for each role and key: of the lowest rank, then of the lowest Id."""
    return (
        f"SELECT role, key, account FROM ({' UNION ALL '.join(queries)}) WHERE account IS NOT NULL "
        "QUALIFY row_number() OVER (PARTITION BY role, key ORDER BY rank, try_cast(account AS BIGINT), account) = 1"
    )
