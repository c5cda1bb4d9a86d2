"""The words a contract is written in: `Column`, `Reference`, `Table`. Frozen values, no behavior.

What a contract *means* for Arrow, SQL, row rules, Great Expectations or Dagster is said by free functions in
`projections`; what a table *is* is said once, in the module of its noun.

Kinds, and how a value lives in a frame:

| kind       | in pandas / Arrow                      | meaning                                                       |
|------------|----------------------------------------|---------------------------------------------------------------|
| code       | str                                    | an identifier: compared, never computed with                  |
| text       | str                                    | words for people                                              |
| period     | str                                    | a month label `YYYY-MM`                                       |
| date       | date32 (pandas: datetime64)            | a calendar day                                                |
| instant    | timestamp[us, UTC]                     | a moment                                                      |
| money      | int64 (pandas: int64, Int64 if null)   | minor units of the currency in the column named by `currency` |
| fine_money | decimal128(38, 15)                     | exact amount in major units, up to 15 decimals                |
| decimal    | decimal128(38, 15)                     | a rate, price or quantity                                     |
| ratio      | float64                                | a fraction, test statistic or score; never an amount          |
| integer    | int64                                  | a count or an ordinal                                         |
| boolean    | bool                                   | a flag                                                        |
| json       | str                                    | JSON text                                                     |
"""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "code",
    "text",
    "period",
    "date",
    "instant",
    "money",
    "fine_money",
    "decimal",
    "ratio",
    "integer",
    "boolean",
    "json",
]
Home = Literal["lake", "warehouse"]


@dataclass(frozen=True, slots=True)
class Reference:
    """The value must be a key of another table."""

    table: str
    column: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column's promise.

    `nullable`: the value may be missing. `in_file`: the column is read from an extract (otherwise it is derived).
    `optional`: an extract may leave the whole column out. `currency`: for money, the column that names its currency.
    `allowed`: the vocabulary; any other value breaks the contract. `low`/`high`: inclusive bounds for numbers.
    `measure`: the name under which the column is summed in control totals; empty when it is not.
    """

    name: str
    kind: Kind
    description: str
    nullable: bool = False
    in_file: bool = True
    optional: bool = False
    allowed: tuple[str, ...] = ()
    reference: Reference | None = None
    currency: str = "currency"
    low: int | None = None
    high: int | None = None
    measure: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One table's promise.

    `grain`: what one row is. `key`: the columns that identify a row (nulls compare equal); empty when rows have no
    identity of their own. `home`: ledger-size tables and facts live in the lake, report tables in the warehouse.
    `partitioned`: written and replaced by `period`. `group`: the asset group and the section of the dictionary.
    """

    name: str
    group: str
    description: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    home: Home = "warehouse"
    partitioned: bool = False

    def column(self, name: str) -> Column:
        """The column of this name. Raises: KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name!r}")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in the contract's order."""
        return tuple(c.name for c in self.columns)


LINEAGE: tuple[Column, ...] = (
    Column("file_id", "code", "SHA-256 of the file this row came from", in_file=False),
    Column("row_number", "integer", "The row's place in that file: data rows count from 1", in_file=False),
)
"""The two columns that every ingested table carries last, so that each row can be traced to its extract."""

STAMPS: tuple[Column, ...] = (
    Column("loaded_at", "instant", "When this row was published (UTC)", in_file=False),
    Column("run_id", "code", "The run that published this row", in_file=False),
)
"""The two columns that every warehouse table carries last; writers add them, functions never return them."""
