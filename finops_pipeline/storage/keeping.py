"""What is kept of one night for the next, so that only what changed has to be made again.

    <root>/<table>/kept.json        which folder stands, the digests of its files, and the findings
    <root>/<table>/<folder>/*.parquet   the rows that were made, and the fingerprints of what they were made from

Nothing here is needed: what is missing, of other columns, or not byte for byte what was written is no more than nothing
kept, and everything is made anew. So the folder may be deleted at any time. Not here: whether rows still hold; the
fingerprints say that (`finance.revenue.kept`).
"""

import json
import shutil
import uuid
from dataclasses import asdict
from functools import cache
from hashlib import blake2b, file_digest
from importlib.metadata import version
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from finops_pipeline import finance
from finops_pipeline.contracts.model import Table
from finops_pipeline.contracts.projections import arrow_schema, from_arrow, to_arrow
from finops_pipeline.finance.findings import Finding
from finops_pipeline.finance.revenue.kept import PRINTS, Result

_NOTE, _ROWS, _PRINTS = "kept.json", "rows.parquet", "prints.parquet"
_PRINTED = pa.schema([("contract_id", pa.large_string()), *((half, pa.uint64()) for half in PRINTS)])


class Keeping:
    """Results under one folder, by the table whose rows they are. A result replaces the one before, or nothing changes."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def load(self, table: Table) -> Result | None:
        """What was kept of a table, if it is there and as it was written."""
        folder = self.root / table.name
        try:
            note = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            files = {name: folder / note["folder"] / name for name in (_ROWS, _PRINTS)}
            if note["digests"] != {name: _digest(file) for name, file in files.items()}:
                return None
            rows = pq.read_table(files[_ROWS])
            prints = pq.read_table(files[_PRINTS])
        except FileNotFoundError:
            return None
        if not rows.schema.equals(arrow_schema(table)) or not prints.schema.equals(_PRINTED):
            return None  # of a release with other columns
        index = pd.Index(pd.array(prints["contract_id"], dtype="str"), name="contract_id")
        found = [Finding(**finding) for finding in note["findings"]]
        halves = {half: prints[half].to_numpy() for half in PRINTS}
        return Result(pd.DataFrame(halves, index), from_arrow(rows, table), found)

    def save(self, table: Table, result: Result) -> None:
        """Keep a result in place of the one before."""
        home = self.root / table.name
        folder = home / uuid.uuid4().hex
        folder.mkdir(parents=True)
        rows = to_arrow(result.rows, table)
        # amounts hardly repeat: looking for repetition in them, and for their extremes, takes more than all the rest
        words = [field.name for field in rows.schema if pa.types.is_string(field.type)]
        pq.write_table(rows, folder / _ROWS, compression="lz4", use_dictionary=words, write_statistics=False)
        ids = pa.array(result.prints.index.astype("str"), pa.large_string())
        prints = [ids, *(pa.array(result.prints[half].to_numpy()) for half in PRINTS)]
        pq.write_table(pa.Table.from_arrays(prints, schema=_PRINTED), folder / _PRINTS)
        digests = {name: _digest(folder / name) for name in (_ROWS, _PRINTS)}
        note = {"folder": folder.name, "digests": digests, "findings": [asdict(f) for f in result.findings]}
        temporary = folder / _NOTE
        temporary.write_text(json.dumps(note), encoding="utf-8")
        temporary.replace(home / _NOTE)
        for other in home.iterdir():
            if other.is_dir() and other != folder:
                shutil.rmtree(other, ignore_errors=True)


@cache
def computed_by() -> str:
    """What computes: the text of all of `finance` and the versions of what it stands on. Another one may give other rows."""
    found = blake2b(digest_size=16)
    for name in ("numpy", "pandas", "pyarrow"):
        found.update(f"{name} {version(name)}\n".encode())
    (folder,) = finance.__path__
    for file in sorted(Path(folder).rglob("*.py")):
        found.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return found.hexdigest()


def _digest(file: Path) -> str:
    with file.open("rb") as stream:
        return file_digest(stream, "blake2b").hexdigest()
