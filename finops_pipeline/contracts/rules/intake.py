"""Rules of files and of rows: by themselves, and beside other rows."""

from finops_pipeline.contracts.catalog import TABLES
from finops_pipeline.contracts.rules.rule import Rule, rules

FILES = (
    *rules(
        "intake", "rejects",
        FILE_COLUMN="The file has a header, with every required column, each of them once",
        FILE_DATASET="The folder is a dataset that a source declares",
    ),
    *rules(
        "storage.files", "rejects",
        FILE_CUT="The file can be read to its end, and does not end in the middle of a row",
        FILE_FORMAT="The file is .csv, .csv.gz, .parquet or .xlsx, and its text is UTF-8",
    ),
)  # fmt: skip

ROWS = (
    *rules(
        "storage.parsing", "keeps out",
        ROW_REQUIRED="A column that may not be missing has a value",
        ROW_DATE="A date is a day of the calendar, YYYY-MM-DD",
        ROW_PERIOD="A period is a month, YYYY-MM",
        ROW_INSTANT="A moment is an ISO 8601 time",
        ROW_MONEY="An amount is a plain number with a point, without separators or symbols",
        ROW_NUMBER="A number is a plain number, a count a whole one",
        ROW_DECIMALS="An amount has no more decimals than its currency, a rate or quantity no more than 15",
        ROW_RANGE="A number fits its bounds and its column",
        ROW_CURRENCY="A currency is an ISO 4217 code with minor units",
        ROW_VOCABULARY="A word is one of those that its column allows",
        ROW_JSON="JSON text is valid JSON",
        JRN_SIDES="Exactly one of debit and credit is not zero",
        JRN_FUNCTIONAL="A journal line in a foreign currency gives its functional amount",
        FX_DATE="A rate is either for a month or for a day",
    ),
    *rules(
        "storage.accepting", "keeps out",
        ROW_SHAPE="A row has as many fields as the header, its quotes are whole and its text is UTF-8",
    ),
)  # fmt: skip


def references() -> tuple[Rule, ...]:
    """One rule for each column of an extract that refers to another table."""
    parents: dict[str, set[str]] = {}
    for table in TABLES.values():
        for column in table.columns:
            if column.reference and column.in_file:
                parents.setdefault(column.name, set()).add(column.reference.table)
    return tuple(
        Rule(
            f"REF-{column.upper().replace('_', '-')}",
            f"`{column}` is there in {', '.join(f'`{p}`' for p in sorted(tables))}",
            "holds",
            "storage.matching",
        )
        for column, tables in sorted(parents.items())
    )


MATCHES = (
    *references(),
    *rules("sources", "holds", REF_EXTRACT="What a row of a system refers to in other extracts of that system has come"),
    *rules("sources", "keeps out", JRN_DOCUMENT="A document of a system can be turned into balanced entries"),
    *rules("storage.matching", "holds", JRN_BALANCE="A journal balances in each of its months, in functional currency"),
    *rules("intake", "holds", FX_RATE="A budget line in a foreign currency has a budget rate for its month"),
    *rules("intake", "keeps out", KEY_LOCKED="A budget line of a version that is locked came before the lock, or says the same again"),
    *rules(
        "storage.matching", "keeps out",
        KEY_CONFLICT="Rows of one file that have the same key are the same; the first one stands",
        KEY_REPLACED="A row that was held is not delivered again by a later file before it enters",
    ),
    *rules(
        "storage.matching", "counts",
        KEY_DUPLICATE="A row occurs once in its file; an identical one is a duplicate",
        KEY_SUPERSEDED="Of the rows of several files with the same key, the latest file's stands",
    ),
)  # fmt: skip
