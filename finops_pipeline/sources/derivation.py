"""The words an adapter is written in whose files do not map one to one to a canonical table.

An `Extract` is one kind of file of a system. Its rows are kept as the text they came as. A `Derivation` says how the
rows of one extract become rows of one canonical table: looked up in other extracts, turned into canonical text column
by column, or left out for a reason that has a name. Everything is an expression in the engine's SQL over

    r           the row, with the extract's columns in lower case, all of them text, null where the cell was empty
                (but `Extract.numbers`, which may be exact numbers: `number_of` takes both)
    <lookup>    the row found in each lookup, by the lookup's name: in `found` and in the keys of later lookups

so that storage can carry out the whole derivation set-wise. It happens in three steps, so that nothing is computed
twice: `parsed` adds to r what its own text means, `found` what is taken from its partners (and `has_<lookup>`, null
where there is none), and the canonical columns and conditions see r with both. Functions that the expressions may use (`plain_number`,
`iso_date` and others) are declared in `storage.vocabulary`. A canonical value is text in the native format and is
parsed, checked and matched exactly like a native file's; one that comes as a number, a day or an amount is taken as it is. Not here: running any of it (`storage.deriving`, `intake`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from finops_pipeline.contracts.model import Table
from finops_pipeline.sources.model import Reading


@dataclass(frozen=True, slots=True)
class Extract:
    """One kind of file of one system.

    `key`: the columns that identify a row in the system; a later file's row stands in place of an earlier one. Empty:
    rows have no identity. `nulls`: spellings of "no value" beside the empty text. `spellings`: other names that files give
    a column, in lower case; the empty name is a first column without one. `is_printed`: a report made for reading,
    whose lines need not have as many fields as its header. `is_paged`: a delivery may lie in several files, so that one
    that comes again unchanged beside new ones says that its rows still stand. `numbers`: columns whose text every
    derivation reads through `number_of` alone, so that exact numbers of a file need not become text first.
    """

    source: str
    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    nulls: tuple[str, ...] = ()
    spellings: Mapping[str, str] = field(default_factory=dict, hash=False)
    is_printed: bool = False
    is_paged: bool = False
    numbers: tuple[str, ...] = ()

    def named(self, header: Sequence[str]) -> list[str]:
        """The columns that the names of a file's header stand for."""
        names = [h.strip().lower() for h in header]
        return [self.spellings.get(n, n) if n or not i else n for i, n in enumerate(names)]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is kept, in lower case."""
        return (*self.required, *self.optional)

    def header_of(self, column: str) -> str:
        """The file's name for a column: its own."""
        return column


@dataclass(frozen=True, slots=True)
class Lookup:
    """Another table of the system that a row finds its partner in: one at most, whatever the files say.

    `on`: the partner's key columns, each with the expression that must equal it. `query`: the rows looked in; the
    current rows of the extract of the lookup's name where it is empty. Queries see `<extract>` (current rows),
    `<extract>_all` (every row kept), `<extract>_again` (files that came again) and `lake.<table>` (canonical tables). `reads`: what the query reads; when that
    changes, the rows that it concerns are derived again. `needed`: when a row without a partner waits for it;
    "false" for a partner that may be missing.
    """

    name: str
    on: Mapping[str, str]
    query: str = ""
    reads: tuple[str, ...] = ()
    needed: str = "true"

    @property
    def sources(self) -> tuple[str, ...]:
        """The extracts (or `lake.<table>`) it stands on."""
        return self.reads or (self.name,)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Rows that are right and still no part of the table: counted under this reason, never silently dropped."""

    reason: str
    when: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Rows that cannot be right: they go to quarantine under this rule, with the file's column.

    `detail`: an expression for what exactly is wrong, where the rule and the column do not say it.
    """

    rule: str
    column: str
    when: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of an adapter that expressions may call, where a row asks for more than an expression: text in, text out."""

    name: str
    call: Callable[..., str | None]
    parameters: int


@dataclass(frozen=True, slots=True)
class Derivation:
    """How the rows of an extract become rows of a canonical table.

    `parsed` and `found`: named expressions, see above. `share`: the rows of the extract it is about, where several
    derivations share them. `lines`: what follows the row in FROM to make several of one, under the alias m; r has its
    columns from then on. `counted` is false where another derivation of the same rows keeps their account.
    """

    table: Table
    rows: Extract
    columns: Mapping[str, str]
    lookups: tuple[Lookup, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    refused: tuple[Refused, ...] = ()
    share: str = "true"
    lines: str = ""
    parsed: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, str] = field(default_factory=dict)
    counted: bool = True
    functions: tuple[Function, ...] = field(default=(), repr=False)

    @property
    def source(self) -> str:
        """The system."""
        return self.rows.source


def match_extract(extract: Extract, header: Sequence[str]) -> Reading:
    """Match a file's header with an extract, without regard to case, order or surrounding blanks."""
    names = extract.named(header)
    wanted = set(extract.columns)
    return Reading(
        header=tuple(header),
        positions={n: i for i, n in reversed(list(enumerate(names))) if n in wanted},
        unknown=tuple(header[i].strip() for i, n in enumerate(names) if header[i].strip() and n not in wanted),
        missing=tuple(c for c in extract.required if c not in names),
        repeated=tuple(sorted({n for n in names if n in wanted and names.count(n) > 1})),
    )


def select(derivation: Derivation, rows: str) -> str:
    """The derivation as one query. `rows`: SQL source of the rows to derive, with file_seq and row_number.

    Shape: one row per row (or per line of it), with `verdict`: null for a row that is to be judged, the rule it
    breaks, or `OUT|` and the reason it is left out. A lookup `x` is expected as the table `lookup_x`, unique by key.
    """
    fields = ", ".join(f'{expression} AS "{column}"' for column, expression in derivation.columns.items())
    found = [f"{expression} AS {name}" for name, expression in derivation.found.items()]
    found += [f'"{lookup.name}".is_there AS has_{lookup.name}' for lookup in derivation.lookups]
    lines = ["m.*"] if derivation.lines else []
    joins = " ".join(_join(lookup) for lookup in derivation.lookups)
    known = f"SELECT {', '.join(['r.*', *lines, *found])} FROM {_parsed(derivation, rows)} {joins}"
    return f"SELECT r.file_seq, r.row_number, {_verdict(derivation)} AS verdict, {fields} FROM ({known}) AS r"


def concerned(derivation: Derivation, lookup: Lookup, rows: str) -> str:
    """The query for the files that have a row whose partner in a lookup is among `changed_<lookup>`."""
    before = derivation.lookups[: derivation.lookups.index(lookup)]
    joins = " ".join(_join(one) for one in before)
    return (
        f"SELECT DISTINCT r.file_seq FROM {_parsed(derivation, rows)} {joins} "
        f'JOIN changed_{lookup.name} AS "{lookup.name}" ON {_on(lookup)}'
    )


def _parsed(derivation: Derivation, rows: str) -> str:
    """FROM clause of the rows a derivation is about, with what is made of them before anything is looked up."""
    parsed = "".join(f", {expression} AS {name}" for name, expression in derivation.parsed.items())
    return f"(SELECT r.*{parsed} FROM {rows} AS r WHERE {derivation.share}) AS r {derivation.lines}"


def _join(lookup: Lookup) -> str:
    return f'LEFT JOIN lookup_{lookup.name} AS "{lookup.name}" ON {_on(lookup)}'


def _on(lookup: Lookup) -> str:
    return " AND ".join(f'"{lookup.name}"."{column}" = {expression}' for column, expression in lookup.on.items())


def _verdict(derivation: Derivation) -> str:
    cases = [f"WHEN {out.when} THEN {_quoted('OUT|' + out.reason)}" for out in derivation.left_out]
    cases += [
        f"WHEN r.has_{lookup.name} IS NULL AND {lookup.needed} THEN {_quoted('REF-EXTRACT|' + lookup.sources[0])}"
        for lookup in derivation.lookups
        if lookup.needed != "false"
    ]
    cases += [f"WHEN {one.when} THEN {_refusal(one)}" for one in derivation.refused]
    return f"CASE {' '.join(cases)} END" if cases else "NULL::VARCHAR"


def _refusal(one: Refused) -> str:
    said = _quoted(f"{one.rule}|{one.column}")
    return f"{said} || '|' || replace({one.detail}, '|', '/')" if one.detail else said


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
