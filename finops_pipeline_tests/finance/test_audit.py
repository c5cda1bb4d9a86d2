"""The audit chain: what it accepts, and every way of breaking it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts import catalog, projections
from finops_pipeline.finance.audit import GENESIS, Event, append, verify

AT = datetime(2026, 11, 23, 2, 0, 0, 125, tzinfo=UTC)
EVENTS = [
    Event("nightly", "publish", "budget_variance", {"rows": 3, "period": "2026-10"}),
    Event("Zoë", "close", "2026-10"),
    Event("nightly", "publish", "forecast", {"rows": 0}),
]


def log() -> pd.DataFrame:
    first = append(EVENTS[:2], AT)
    later = append(EVENTS[2:], AT, last_seq=2, last_hash=first["hash"].iloc[-1])
    return pd.concat([first, later], ignore_index=True)


def test_rows_keep_the_contract_and_the_chain() -> None:
    rows = log()
    pd.testing.assert_frame_equal(projections.conform(rows, catalog.table("audit_log")), rows, check_index_type=False)
    assert list(rows["seq"]) == [1, 2, 3]
    assert list(rows["previous_hash"]) == [GENESIS, *rows["hash"][:2]]
    assert verify(rows) == verify(rows[::-1]) == verify(rows, last_hash=rows["hash"].iloc[-1]) == []


def test_any_program_can_recompute_a_hash() -> None:
    content = (
        '{"action":"publish","actor":"nightly","at":"2026-11-23T02:00:00.000125Z",'
        '"detail":"{\\"period\\":\\"2026-10\\",\\"rows\\":3}","previous_hash":"' + "0" * 64 + '","seq":1,'
        '"subject":"budget_variance"}'
    )
    assert json.loads(content)["seq"] == 1
    assert log()["hash"].iloc[0] == hashlib.sha256(content.encode()).hexdigest()


def test_time_zones_are_brought_to_utc_and_none_is_refused() -> None:
    local = AT.astimezone(timezone(timedelta(hours=5)))
    pd.testing.assert_frame_equal(append(EVENTS, local), append(EVENTS, AT))
    with pytest.raises(ValueError, match="has no time zone"):
        append(EVENTS, AT.replace(tzinfo=None))
    with pytest.raises(TypeError):
        append([Event("a", "b", "c", {"at": AT})], AT)


def test_no_events_no_rows() -> None:
    none = append([], AT)
    assert none.empty
    assert verify(none) == verify(none, last_hash=GENESIS) == []
    pd.testing.assert_frame_equal(projections.conform(none, catalog.table("audit_log")), none, check_index_type=False)


def test_a_removed_event_is_seen() -> None:
    rows = log()
    assert [(f.rule_id, f.subject) for f in verify(rows.drop(index=1))] == [("AUD-001", "audit_log 3")] * 2
    assert [f.subject for f in verify(rows[:2], last_hash=rows["hash"].iloc[-1])] == ["audit_log 3"]
    assert verify(rows[:2]) == []  # why the last hash should be kept elsewhere


def test_a_rewritten_end_is_seen_by_the_hash_kept_elsewhere() -> None:
    rows = log()
    forged = append([Event("mallory", "publish", "forecast")], AT, last_seq=2, last_hash=rows["hash"].iloc[1])
    rewritten = pd.concat([rows[:2], forged])
    assert verify(rewritten) == []
    assert "does not end with" in verify(rewritten, last_hash=rows["hash"].iloc[-1])[0].message


@settings(max_examples=15)
@given(row=st.integers(0, 2), column=st.sampled_from(["actor", "action", "subject", "detail", "previous_hash", "hash"]))
def test_every_change_is_seen(row: int, column: str) -> None:
    rows = log()
    rows.loc[row, column] = rows.loc[row, column] + "x"
    assert {f.rule_id for f in verify(rows)} == {"AUD-001"}


def test_a_changed_time_is_seen() -> None:
    rows = log()
    rows.loc[1, "at"] += pd.Timedelta(microseconds=1)
    assert [f.message.split(":")[0] for f in verify(rows)] == ["its content is not what was hashed"]
