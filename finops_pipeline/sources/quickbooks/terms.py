"""Expressions that several QuickBooks entities share: references, the home currency, and the version that stands.

Versions. Every change of a transaction counts up its SyncToken and sets its LastUpdatedTime; exports repeat it, and what
is deleted comes once more with the status Deleted. Of all that was kept of a transaction the latest version stands,
whatever the order in which files arrive; what two files say of one version the later file says.
"""

from finops_pipeline.sources.derivation import Extract, Lookup
from finops_pipeline.sources.quickbooks.options import QuickBooksOptions


def literal(text: str) -> str:
    """A SQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def ref(column: str) -> str:
    """The identifier in a reference."""
    return inside(column, "value")


def inside(column: str, path: str) -> str:
    """What a nested field says; nothing where the field is no JSON."""
    return f"CASE WHEN json_valid({column}) THEN json_extract_string({column}, '$.{path}') END"


def own_id(identifier: str, options: QuickBooksOptions) -> str:
    """An identifier of QuickBooks as it is known here."""
    return f"{literal(options.prefix)} || {identifier}" if options.prefix else identifier


def home_currency(options: QuickBooksOptions) -> str:
    """The currency the books are kept in: what the options say, else the preferences, else US dollars."""
    if options.home_currency:
        return literal(options.home_currency)
    return f"coalesce((SELECT any_value({_PREFERRED}) FROM preferences), 'USD')"


_PREFERRED = inside("currencyprefs", "HomeCurrency.value")


def home() -> Lookup:
    """The preferences, so that whatever speaks of the home currency is derived again when they come."""
    query = f"SELECT 'yes' AS known, any_value({_PREFERRED}) AS currency FROM preferences HAVING count(*) > 0"
    return Lookup("home", {"known": "'yes'"}, query, ("preferences",), "false")


def content(extract: Extract, row: str = "") -> str:
    """What a row says, as a digest."""
    cells = ", ".join(f"coalesce({row}{name(c)}, '')" for c in extract.columns)
    return f"md5(concat_ws('|', {cells}))"


def name(column: str) -> str:
    """A column as SQL writes it."""
    return f'"{column}"'


def latest(extract: Extract, fields: str) -> str:
    """Query of the version of each document that stands. `fields`: what to select of it."""
    updated = f"coalesce(epoch_us(try_cast({inside('metadata', 'LastUpdatedTime')} AS TIMESTAMPTZ)), 0)"
    count = "coalesce(try_cast(synctoken AS BIGINT), -1)"
    order = f"{updated} DESC, lower(coalesce(status, '')) = 'deleted' DESC, {count} DESC, file_seq DESC, row_number"
    return (
        f"SELECT id, {fields} FROM {name(extract.name + '_all')} "
        f"QUALIFY row_number() OVER (PARTITION BY id ORDER BY {order}) = 1"
    )
