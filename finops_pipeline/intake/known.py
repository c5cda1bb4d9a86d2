"""The files there are: those already read, in their order of arrival, and those that are new.

A file is its content, in a dataset and a format. The same bytes under another name are the same file; in the folder of
another dataset, or with another extension, they are another one: what was rejected for where it lay may be moved, and
an answer that speaks of several entities may lie in the folder of each.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import PurePath

import pandas as pd

from finops_pipeline.sources.derivation import Extract
from finops_pipeline.sources.model import Dataset
from finops_pipeline.storage.archive import Again
from finops_pipeline.storage.landing import LandingFile


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that has not been read yet, and the dataset its folder belongs to."""

    file_id: str
    landing: LandingFile
    dataset: Dataset | Extract | None

    @property
    def file_name(self) -> str:
        """The file's name; below a free-form folder, with that folder, so that two of the same name stay apart."""
        folder = self.landing.dataset
        keeps_folder = self.dataset is not None and folder not in ("", self.dataset.name)
        return f"{folder}/{self.landing.name}" if keeps_folder else self.landing.name

    @property
    def place(self) -> tuple[str, str, str]:
        """Source, dataset and format: where the content has its meaning."""
        return _place(self.landing.source, self.dataset.name if self.dataset else self.landing.dataset, self.file_name)


def _place(source: str, dataset: str, file_name: str) -> tuple[str, str, str]:
    return source, dataset, PurePath(file_name).suffix.lower()


IDENTITY = ["file_id", "source", "dataset", "file_name", "received_at", "status"]
"""What of `ingested_files` says which files in landing are known."""


def identified(landed: Iterable[NewFile], known: pd.DataFrame) -> list[NewFile]:
    """Files in landing with their identity. `known`: `IDENTITY` of those already read.

    The first place of a content gives it its digest as identity, every other one a digest with the place in it.
    """
    columns = zip(*(known[c] for c in IDENTITY[:4]), strict=True)
    places = {file_id: _place(*where) for file_id, *where in columns}
    found = []
    for file in landed:
        if places.setdefault(file.file_id, file.place) != file.place:
            own = sha256(" ".join((file.file_id, *file.place)).encode()).hexdigest()
            found.append(replace(file, file_id=own))
        else:
            found.append(file)
    return found


def unread(landed: Sequence[NewFile], known: pd.DataFrame) -> list[NewFile]:
    """The identified files that are to be read: new ones, each once, and those that came back."""
    read = set(known["file_id"])
    found: dict[str, NewFile] = {}
    for file in landed:
        if file.file_id not in read or _is_back(file, known):
            found.setdefault(file.file_id, file)
    return list(found.values())


def _is_back(file: NewFile, known: pd.DataFrame) -> bool:
    """Whether a file of rows without keys, which another of its name has replaced, came again after that one."""
    if not isinstance(file.dataset, Dataset) or file.dataset.table.key:
        return False
    of_name = known[(known["source"] == file.dataset.source) & (known["file_name"] == file.file_name)]
    last = of_name[of_name["status"] == "accepted"].sort_values("received_at").tail(1)
    return bool((last["file_id"].ne(file.file_id) & last["received_at"].lt(file.landing.received_at)).any())


class KnownFiles:
    """The rows of `ingested_files`, growing during the night."""

    def __init__(self, rows: pd.DataFrame) -> None:
        self.rows = rows

    def add(self, rows: pd.DataFrame) -> None:
        """Add files, or replace what is known of them."""
        old = self.rows[~self.rows["file_id"].isin(rows["file_id"])]
        self.rows = pd.concat([old, rows], ignore_index=True) if len(old) else rows

    def of(self, dataset: Dataset | Extract) -> pd.DataFrame:
        """The files of a dataset."""
        return self.rows[(self.rows["source"] == dataset.source) & (self.rows["dataset"] == dataset.name)]

    def sequence(self, dataset: Dataset | Extract, new: list[NewFile]) -> dict[str, int]:
        """A number for every file of a dataset, known or new, in order of arrival, then name."""
        return {file_id: i for i, (_, _, file_id) in enumerate(self._arrivals(dataset, new))}

    def before(self, extract: Extract, new: list[NewFile], again: Again) -> int:
        """How many files of an extract, known or new, arrived before one came again."""
        return bisect_left(self._arrivals(extract, new), (again.received_at, again.file_name, ""))

    def _arrivals(self, dataset: Dataset | Extract, new: list[NewFile]) -> list[tuple[datetime, str, str]]:
        earlier = self.of(dataset)
        order: list[tuple[datetime, str, str]] = list(
            zip(earlier["received_at"], earlier["file_name"], earlier["file_id"], strict=True)
        )
        order += [(f.landing.received_at, f.file_name, f.file_id) for f in new]
        return sorted(order)

    def has(self, source: str) -> bool:
        """Whether any file of a system was kept."""
        return bool(((self.rows["source"] == source) & (self.rows["status"] == "accepted")).any())

    def accepted(self, extract: Extract) -> list[str]:
        """The files of an extract whose rows were kept."""
        rows = self.of(extract)
        return list(rows[rows["status"] == "accepted"]["file_id"])

    def replaced_by(self, dataset: Dataset, new: list[NewFile]) -> set[str]:
        """For rows without keys: the files whose rows a new file replaces: those of the same name, and itself."""
        names = {f.file_name for f in new}
        earlier = self.of(dataset)
        return set(earlier[earlier["file_name"].isin(names)]["file_id"]) | {f.file_id for f in new}
