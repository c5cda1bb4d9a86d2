"""The record of every file and row that came in, of every check, and of everything that was done."""

from finops_pipeline.contracts.columns import PERIOD, nullable
from finops_pipeline.contracts.model import Column, Table

_FILE_ID = Column(
    "file_id", "code", "SHA-256 of the file; with its dataset and format where another file has the same content"
)
_SOURCE = Column("source", "code", "System the file came from")
_DATASET = Column("dataset", "code", "Dataset of the source")

INGESTED_FILES = Table(
    "ingested_files", "intake", "Every file that was read, accepted or rejected", "file",
    (
        _FILE_ID, _SOURCE, _DATASET,
        Column("file_name", "text", "Name of the file"),
        Column("received_at", "instant", "When the file arrived (UTC)"),
        Column("rows_read", "integer", "Data rows in the file"),
        Column("rows_accepted", "integer", "Rows that entered the ledger"),
        Column("rows_duplicate", "integer", "Identical rows of which one was kept"),
        Column("rows_quarantined", "integer", "Rows kept out, each with its reason in quarantine"),
        Column("status", "code", "Whether the file entered", allowed=("accepted", "rejected")),
        Column("reason", "text", "Why it was rejected, or what is noteworthy", nullable=True),
        Column("rows_left_out", "integer", "Rows that are right and belong to no table here, by reason in left_out",
               nullable=True),
    ),
    ("file_id",),
)  # fmt: skip

QUARANTINE = Table(
    "quarantine", "intake", "Every row that was kept out, with its reason and its text", "rejected row",
    (
        _FILE_ID,
        Column("row_number", "integer", "The row's place in the file: data rows count from 1; 0 is the whole file"),
        _SOURCE, _DATASET,
        Column("rule_id", "code", "Rule the row breaks"),
        Column("column_name", "code", "Column concerned", nullable=True),
        Column("message", "text", "What is wrong, and the next step"),
        Column("raw", "json", "The row as it was read, as JSON text"),
    ),
    ("file_id", "row_number"),
)  # fmt: skip

RECONCILIATION = Table(
    "reconciliation", "intake", "Control totals: what the file says is accepted, duplicate or quarantined, to the last digit",
    "file x currency x measure",
    (
        _FILE_ID, _DATASET,
        Column("currency", "text", "Currency as the file names it, whether or not there is such a currency", nullable=True),
        Column("measure", "code", "What is summed"),
        Column("source_total", "fine_money", "Sum over the file as received"),
        Column("accepted_total", "fine_money", "Sum of accepted rows"),
        Column("duplicate_total", "fine_money", "Sum of duplicate rows"),
        Column("quarantined_total", "fine_money", "Sum of quarantined rows"),
        Column("difference", "fine_money", "Source less the four others: zero", low=0, high=0),
        Column("left_out_total", "fine_money", "Sum of rows left out for a reason in left_out", nullable=True),
    ),
    ("file_id", "currency", "measure"),
)  # fmt: skip

LEFT_OUT = Table(
    "left_out", "intake", "Rows of extracts that are right and belong to no table here: how many, and why",
    "file x reason",
    (
        _FILE_ID, _SOURCE, _DATASET,
        Column("reason", "text", "Why they are left out; the page of the source in docs/sources explains it"),
        Column("rows", "integer", "Rows left out", low=1),
    ),
    ("file_id", "reason"),
)  # fmt: skip

DATA_QUALITY = Table(
    "data_quality", "intake", "Result of every expectation on every table", "table x period x expectation x column",
    (
        Column("table_name", "code", "Table that was checked"),
        nullable(PERIOD),
        Column("expectation", "code", "What was expected"),
        Column("column_name", "code", "Column concerned", nullable=True),
        Column("success", "boolean", "Whether it holds"),
        Column("observed", "text", "What was seen", nullable=True),
        Column("unexpected_count", "integer", "Rows that break it", nullable=True),
        Column("severity", "code", "Whether a break blocks", allowed=("error", "warning")),
        Column("checked_at", "instant", "When it was checked (UTC)"),
    ),
    ("table_name", "period", "expectation", "column_name"),
)  # fmt: skip

AUDIT_LOG = Table(
    "audit_log", "intake", "Everything that was done, append-only; each row carries the hash of the one before", "event",
    (
        Column("seq", "integer", "Number of the event, without gaps", low=1),
        Column("at", "instant", "When (UTC)"),
        Column("actor", "text", "Who"),
        Column("action", "code", "What was done"),
        Column("subject", "text", "To what"),
        Column("detail", "json", "The particulars as JSON text"),
        Column("previous_hash", "code", "Hash of the event before"),
        Column("hash", "code", "SHA-256 of this event and previous_hash"),
    ),
    ("seq",),
)  # fmt: skip

TABLES = (INGESTED_FILES, QUARANTINE, RECONCILIATION, LEFT_OUT, DATA_QUALITY, AUDIT_LOG)
