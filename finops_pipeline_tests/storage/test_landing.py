"""What lies in landing, complete and in order of arrival."""

import os
from datetime import UTC, datetime
from pathlib import Path

from finops_pipeline.storage.landing import DigestCache, inventory


def put(landing: Path, name: str, moment: float, text: str = "x") -> Path:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (moment, moment))
    return path


def test_complete_files_are_listed_by_arrival_then_name(tmp_path: Path) -> None:
    put(tmp_path, "native/accounts/b.csv", 1000.9)
    put(tmp_path, "native/accounts/a.csv", 1000.1)
    put(tmp_path, "native/entities/z.csv", 10.0)
    put(tmp_path, "focus/bill.csv", 2000.0)
    for unfinished in ("native/accounts/c.csv.part", "native/accounts/d.tmp", "native/.hidden/e.csv", "readme.txt"):
        put(tmp_path, unfinished, 1.0)
    found = [(f.source, f.dataset, f.name, f.received_at.timestamp()) for f in inventory(tmp_path)]
    assert found == [
        ("native", "entities", "z.csv", 10.0),
        ("native", "accounts", "a.csv", 1000.0),
        ("native", "accounts", "b.csv", 1000.0),
        ("focus", "", "bill.csv", 2000.0),
    ]


def test_a_file_that_has_just_changed_can_be_left_to_settle(tmp_path: Path) -> None:
    put(tmp_path, "native/accounts/a.csv", 1000.0)
    at = datetime.fromtimestamp(1030, tz=UTC)
    assert inventory(tmp_path, settle_seconds=60, now=at) == []
    assert len(inventory(tmp_path, settle_seconds=30, now=at)) == 1


def test_no_landing_folder_is_no_files(tmp_path: Path) -> None:
    assert inventory(tmp_path / "nowhere") == []


def test_a_digest_is_computed_once_and_again_when_the_file_changes(tmp_path: Path) -> None:
    path = put(tmp_path, "native/accounts/a.csv", 1000.0, "one")
    (file,) = inventory(tmp_path)
    cache = DigestCache(tmp_path / "cache.json")
    first = cache.of(file)
    cache.save()
    assert first == "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"  # SHA-256 of "one"
    path.write_text("two")
    os.utime(path, (1000.0, 1000.0))
    assert DigestCache(tmp_path / "cache.json").of(file) == first, "same size and time: the digest is remembered"
    path.write_text("three")
    assert DigestCache(tmp_path / "cache.json").of(file) != first
