"""The General Ledger report: its lines to journal lines, its totals to control balances.

The report is made for reading. An account is a section with its name above it; amounts are in the account's natural sign;
openings and totals stand between the lines, and whether the report is on the accrual or on the cash basis is said below it.
It has no numbers of transactions: lines of one day, type and number are one journal, which balances when its
transactions do. Where documents of the interface are here, they are the books, and the report is a control figure alone.

    ,Date,Transaction Type,Num,…,Amount,Balance
    Checking                                          section
    ,Beginning Balance,,,…,,100.00                    opening
    ,01/15/2025,Invoice,7,…,-20.00,80.00              line
    Total for Checking,,,,…,-20.00,                   total
"""

from finops_pipeline.contracts.controls import CONTROL_BALANCES
from finops_pipeline.contracts.ledger import JOURNAL_LINES
from finops_pipeline.sources.derivation import Derivation, LeftOut, Lookup, Refused
from finops_pipeline.sources.quickbooks import terms
from finops_pipeline.sources.quickbooks.files import DOCUMENTS, GENERAL_LEDGER
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions

_KIND = r"""CASE
    WHEN regexp_matches(lower(section), '^(accrual|cash) basis') THEN 'footer'
    WHEN lower(section) = 'total' OR regexp_matches(lower(section), '^total for .* with sub-?accounts$') THEN 'sum'
    WHEN regexp_matches(lower(section), '^total (for )?.+') THEN 'total'
    WHEN lower(coalesce(date, '')) = 'beginning balance' OR lower(coalesce(memo, '')) = 'beginning balance' THEN 'opening'
    WHEN date IS NOT NULL AND type IS NOT NULL THEN 'line'
    WHEN section IS NOT NULL AND date IS NULL THEN 'section' ELSE 'other' END"""
_CREDIT_TYPES = "('liability', 'equity', 'revenue', 'other_income')"
_ACCOUNT_NAME = "lower(regexp_replace(coalesce({0}), ' \\(deleted(-\\d+)?\\)', '', 'g'))"


def general_ledger(options: QuickBooksOptions) -> Derivation:
    """How the report becomes journal lines. An opening is read from the first report there is."""
    is_opening = "r.kind = 'opening'"
    before = "CAST(try_cast(r.first_month || '-01' AS DATE) - 1 AS VARCHAR)"
    signed = (
        f"CASE WHEN {is_opening} THEN {_signed('coalesce(r.balance, r.amount)')} "
        f"WHEN r.debit IS NOT NULL OR r.credit IS NOT NULL THEN {_sides()} ELSE {_signed('r.amount')} END"
    )
    journal = f"CASE WHEN {is_opening} THEN 'opening-' || r.first_month ELSE concat_ws('-', r.type, r.day, r.num) END"
    return Derivation(
        JOURNAL_LINES,
        GENERAL_LEDGER,
        {
            "entity_id": terms.literal(options.entity_id),
            "journal_id": journal,
            "line_no": f"CAST(row_number() OVER (PARTITION BY r.file_seq, {journal} ORDER BY r.row_number) AS VARCHAR)",
            "posting_date": f"CASE WHEN {is_opening} THEN {before} ELSE r.day END",
            "account_id": "r.account_id",
            "currency": terms.home_currency(options),
            "debit": f"debit_of({signed})",
            "credit": f"credit_of({signed})",
            "description": "coalesce(r.memo, r.name)",
        },
        (*_lookups(), _documents(), terms.home()),
        (
            LeftOut("heading, total or footer of the report", "r.kind NOT IN ('line', 'opening')"),
            LeftOut("line of a report where documents are here", "r.has_documents"),
            LeftOut("line of a report that a later one covers", "r.is_covered"),
            LeftOut("opening balance that an earlier report explains", f"{is_opening} AND NOT r.is_first"),
            LeftOut("line over nothing", f"is_zero({signed})"),
        ),
        (
            Refused(
                "JRN-DOCUMENT", "section", "r.basis = 'cash'",
                "'the report is on the cash basis: print it on the accrual basis'",
            ),
        ),
        found=_FOUND,
    )  # fmt: skip


def totals(options: QuickBooksOptions) -> Derivation:
    """How the totals of the report become control balances, at the end of its last month."""
    start = "coalesce(r.start, 1)"
    of_year = f"r.first_month[6:7] = lpad(CAST({start} AS VARCHAR), 2, '0') AND r.months <= 12"
    is_yearly = "r.account_type NOT IN ('asset', 'liability', 'equity') OR r.is_retained"
    return Derivation(
        CONTROL_BALANCES,
        GENERAL_LEDGER,
        {
            "source": "'quickbooks_report'",
            "control_id": "r.account_id",
            "entity_id": terms.literal(options.entity_id),
            "period": "r.last_month",
            "account_id": "r.account_id",
            "currency": terms.home_currency(options),
            "net_activity": "'0'",
            "closing": f"CASE WHEN NOT ({is_yearly}) OR ({of_year}) THEN CAST({_closing()} AS VARCHAR) END",
        },
        (
            *_lookups(),
            Lookup(
                "company", {"entity_id": terms.literal(options.entity_id)},
                "SELECT entity_id, fiscal_year_start_month AS start FROM lake.entities", ("lake.entities",), "false",
            ),
            terms.home(),
        ),
        (
            LeftOut("heading, total or footer of the report", "r.kind <> 'total'"),
            LeftOut("line of a report that a later one covers", "r.is_last_covered"),
        ),
        (Refused("JRN-DOCUMENT", "section", "r.basis = 'cash'"),),
        found=_FOUND | {"start": '"company".start'},
        counted=False,
    )  # fmt: skip


def _number(column: str) -> str:
    return f"natural_number(coalesce({column}, '0'))"


def _signed(column: str) -> str:
    """A natural amount, debit positive."""
    number = _number(column)
    turned = f"CASE WHEN starts_with({number}, '-') THEN {number}[2:] ELSE '-' || {number} END"
    return f"CASE WHEN r.account_type IN {_CREDIT_TYPES} THEN {turned} ELSE {number} END"


def _closing() -> str:
    """The balance that a total states, debit positive: the last one printed on a line of the account.

    Without a column of balances it is the opening and the total of the lines. In workbooks totals are formulas, which may
    come without a value.
    """
    opening = "amount(coalesce(r.opening, '0'))"
    natural = f"coalesce(amount(r.last_balance), {opening} + amount({_number('r.amount')}))"
    turned = f"CASE WHEN r.account_type IN {_CREDIT_TYPES} THEN -1 ELSE 1 END"
    has_sides = "r.debit IS NOT NULL OR r.credit IS NOT NULL"
    return f"CASE WHEN {has_sides} THEN {turned} * {opening} + amount({_sides()}) ELSE {turned} * ({natural}) END"


def _sides() -> str:
    return f"CAST(amount({_number('r.debit')}) - amount({_number('r.credit')}) AS VARCHAR)"


# -- what stands around a row ----------------------------------------------------------------------------------------


_FOUND = {
    **{c: f'"place".{c}' for c in ("kind", "day", "first_month", "last_month", "basis", "opening", "last_balance", "months", "is_first",
                                   "is_covered", "is_last_covered")},
    **{c: f'coalesce("full_name".{c}, "account_of".{c})' for c in ("account_id", "account_type", "is_retained")},
}  # fmt: skip
"""What is known of a row from its place in the report, and from the account it stands under."""


def _lookups() -> tuple[Lookup, ...]:
    place = Lookup("place", {"report": "r.file_id", "line": "r.row_number"}, _PLACES, ("general_ledger",), "false")
    needed = "r.kind IN ('line', 'opening', 'total') AND r.has_full_name IS NULL"
    reads = ("account", "lake.accounts")
    full = Lookup("full_name", {"name": '"place".path'}, _named("name, acctnum || ' ' || name"), reads, "false")
    own = "name, account_id, account_id || ' ' || name, acctnum || ' ' || name, short, acctnum || ' ' || short"
    return place, full, Lookup("account_of", {"name": '"place".account'}, _named(own), reads, needed)


def _documents() -> Lookup:
    """Whether documents of the interface are here."""
    any_of = " UNION ALL ".join(f"(SELECT id FROM {terms.name(e + '_all')} LIMIT 1)" for e in DOCUMENTS)
    return Lookup(
        "documents", {"here": "'yes'"}, f"SELECT DISTINCT 'yes' AS here FROM ({any_of})", tuple(DOCUMENTS), "false"
    )


_SECTION = "coalesce(section, CASE WHEN date IS NULL AND type IS NULL THEN account END)"
_NAMED = f"SELECT * REPLACE ({_SECTION} AS section) FROM general_ledger_all"
_ROWS = f"SELECT *, {_KIND} AS kind, us_date(date) AS said FROM ({_NAMED})"
_SPANS = r"""
    SELECT u.file_id, u.row_number AS until, max(s.row_number) AS since, any_value(lower(s.section)) AS title
    FROM kinds AS u JOIN kinds AS s ON s.file_id = u.file_id AND s.row_number < u.row_number AND s.kind = 'section'
    AND lower(s.section) = regexp_extract(lower(u.section), '^total for (.*) with sub-?accounts$', 1)
    WHERE u.kind = 'sum' GROUP BY u.file_id, u.row_number"""
"""Sections with the sections of their sub-accounts in them: from the heading to the total of all."""

_NESTED = """
    SELECT s.file_id, s.row_number, concat_ws(':', string_agg(p.title, ':' ORDER BY p.since), any_value(lower(s.section))) AS path
    FROM kinds AS s LEFT JOIN spans AS p ON p.file_id = s.file_id AND s.row_number > p.since AND s.row_number < p.until
    WHERE s.kind = 'section' AND s.file_id IN (SELECT file_id FROM spans) GROUP BY s.file_id, s.row_number"""
"""The full name of a section by those it stands in, in reports that show which those are."""

_CARRIED = r"""
    SELECT *, CASE WHEN kind = 'line' THEN iso_date(said) END AS day,
        CASE WHEN kind = 'total' THEN title ELSE coalesce(account, last_value(CASE WHEN kind = 'section' THEN section END
            IGNORE NULLS) OVER (PARTITION BY file_id ORDER BY row_number)) END AS heading,
        CASE WHEN kind = 'total' THEN last_value(nth IGNORE NULLS) OVER (PARTITION BY file_id, lower(title) ORDER BY row_number)
            WHEN account IS NULL THEN last_value(nth IGNORE NULLS) OVER (PARTITION BY file_id ORDER BY row_number) END AS under
    FROM (SELECT *, CASE WHEN kind = 'section' THEN row_number END AS nth,
        CASE WHEN kind IN ('section', 'total') THEN regexp_replace(section, '^total (for )?', '', 'i') END AS title FROM kinds)"""
"""Every row with the heading it stands under, and the row of that: a total belongs to the last section of its name."""

_REPORTS = (
    "SELECT file_id AS report, any_value(file_seq) AS seq, min(day)[1:7] AS first_month, max(day)[1:7] AS last_month, "
    "max(CASE WHEN kind = 'footer' THEN lower(split_part(section, ' ', 1)) END) AS basis "
    "FROM carried GROUP BY file_id"
)
_PLACES = f"""
    WITH kinds AS ({_ROWS}), spans AS ({_SPANS}), nested AS ({_NESTED}),
    carried AS (SELECT c.*, n.path, coalesce(n.path, lower(c.heading)) AS place FROM ({_CARRIED}) AS c
        LEFT JOIN nested AS n ON n.file_id = c.file_id AND n.row_number = c.under),
    reports AS ({_REPORTS}),
    openings AS (SELECT file_id, place,
        CAST(sum(amount(natural_number(coalesce(balance, amount)))) FILTER (kind = 'opening') AS VARCHAR) AS opening,
        natural_number(arg_max(balance, row_number)) AS last_balance
        FROM carried WHERE kind IN ('opening', 'line') GROUP BY ALL)
    SELECT c.file_id AS report, c.row_number AS line, c.kind, c.day, {_ACCOUNT_NAME.format("c.heading")} AS account,
        {_ACCOUNT_NAME.format("c.path")} AS path,
        p.first_month, p.last_month, p.basis, o.opening, o.last_balance,
        date_diff('month', try_cast(p.first_month || '-01' AS DATE), try_cast(p.last_month || '-01' AS DATE)) + 1 AS months,
        p.first_month = (SELECT min(first_month) FROM reports) AS is_first,
        EXISTS (SELECT 1 FROM reports AS l WHERE l.seq > p.seq
            AND coalesce(c.day[1:7], p.first_month) BETWEEN l.first_month AND l.last_month) AS is_covered,
        EXISTS (SELECT 1 FROM reports AS l WHERE l.seq > p.seq
            AND p.last_month BETWEEN l.first_month AND l.last_month) AS is_last_covered
    FROM carried AS c JOIN reports AS p ON p.report = c.file_id
    LEFT JOIN openings AS o ON o.file_id = c.file_id AND o.place = c.place"""
"""For every row: what kind of row it is, the account it stands under, and what is known of its report."""

_KNOWN = f"""
    WITH known AS (SELECT account_id, account_type, name FROM lake.accounts),
    numbered AS (SELECT k.account_id, k.account_type, k.name, a.acctnum, a.name AS short FROM known AS k
        LEFT JOIN account AS a ON ends_with(k.account_id, a.id)
        AND {_ACCOUNT_NAME.format("a.fullyqualifiedname, a.name")} = lower(k.name))"""


def _named(names: str) -> str:
    """Query for an account by what a report may call it, where that is one account alone."""
    return f"""{_KNOWN}
    SELECT name, min(account_id) AS account_id, min(account_type) AS account_type,
        bool_or(said LIKE '%retained earnings%') AS is_retained
    FROM (SELECT account_id, account_type, lower(unnest([{names}])) AS name, lower(name) AS said FROM numbered)
    WHERE name IS NOT NULL GROUP BY name HAVING count(DISTINCT account_id) = 1"""
