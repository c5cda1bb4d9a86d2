"""JSON files as tables: which objects are rows, and what their values say as text."""

from pathlib import Path

import pytest

from finops_pipeline.storage.engine import Engine
from finops_pipeline.storage.files import FileRejectedError, Layout
from finops_pipeline.storage.objects import header_of, objects
from finops_pipeline.storage.reading import reader


def written(folder: Path, text: str) -> Path:
    path = folder / "a.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "text",
    [
        '[{"Id": 1}, {"Id": 2}]',
        '{"Id": 1}\n\n{"Id": 2}\n',
        '{"QueryResponse": {"Bill": [{"Id": 1}, {"Id": 2}], "maxResults": 2}, "time": "now"}',
        '{"CDCResponse": [{"QueryResponse": [{"Invoice": [{"Id": 9}]}, {"bill": [{"Id": 1}, {"Id": 2}]}]}]}',
        '[{"Bill": {"Id": 1}, "time": "now"}, {"Bill": {"Id": 2}}]',
    ],
)
def test_the_objects_of_a_kind_are_found_wherever_they_lie(tmp_path: Path, text: str) -> None:
    assert objects(written(tmp_path, text), "bill") == [{"Id": "1"}, {"Id": "2"}]


def test_an_answer_about_something_else_is_in_the_wrong_folder(tmp_path: Path) -> None:
    """It had no rows of the kind, and was accepted as if nothing had happened."""
    with pytest.raises(FileRejectedError, match="holds Invoice and no bill") as caught:
        objects(written(tmp_path, '{"QueryResponse": {"Invoice": [{"Id": 9}], "maxResults": 1}}'), "bill")
    assert caught.value.rule == "FILE-COLUMN"


@pytest.mark.parametrize(
    "text",
    [
        '{"QueryResponse": {}, "time": "now"}',
        '{"QueryResponse": {"startPosition": 1, "totalCount": 0}}',
        '{"CDCResponse": [{"QueryResponse": [{"Invoice": [{"Id": 9}]}]}]}',
    ],
)
def test_an_answer_may_have_nothing_of_a_kind(tmp_path: Path, text: str) -> None:
    assert objects(written(tmp_path, text), "bill") == []


def test_numbers_keep_their_digits_and_nested_values_stay_json(tmp_path: Path) -> None:
    text = '{"a": 0.10, "b": 12345678901234567890.123456789, "c": 1E-7, "d": true, "e": null, "f": {"g": [1.50]}, "h": "é"}'
    (row,) = objects(written(tmp_path, text), "bill")
    assert row == {
        "a": "0.10", "b": "12345678901234567890.123456789", "c": "0.0000001", "d": "true", "e": None,
        "f": '{"g": ["1.50"]}', "h": "é",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule"),
    [('[{"Id": 1', "FILE-CUT"), ("", "FILE-CUT"), ('{"Id": 1}\n{"Id"', "FILE-CUT"), ("[NaN]", "FILE-FORMAT"),
     ("[1]", "FILE-FORMAT"), ("[" * 100_000, "FILE-FORMAT")],
)  # fmt: skip
def test_what_is_no_list_of_objects_is_rejected(tmp_path: Path, text: str, rule: str) -> None:
    with pytest.raises(FileRejectedError) as caught:
        objects(written(tmp_path, text), "bill")
    assert caught.value.rule == rule


def test_half_a_character_is_a_question_mark(tmp_path: Path) -> None:
    text = '{"a": "\\ud83d", "b": ["\\udc00"], "c": "\\ud83d\\ude00"}'
    assert objects(written(tmp_path, text), "bill") == [{"a": "?", "b": '["?"]', "c": "\U0001f600"}]


def test_bytes_that_are_not_utf_8_are_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(b'{"a": "\xff"}')
    with pytest.raises(FileRejectedError, match="UTF-8"):
        objects(path, "bill")


def test_the_engine_reads_objects_with_different_keys_as_one_table(tmp_path: Path, small_engine: Engine) -> None:
    path = written(tmp_path, '[{"Id": 1, "A": "x"}, {"B": "y", "Id": 2}]')
    header = header_of(objects(path, "bill"))
    assert header == ["Id", "A", "B"]
    source = reader(small_engine, [path], header, Layout(kind="bill"))
    assert small_engine.rows(f"SELECT * FROM {source}") == [("1", "x", None), ("2", None, "y")]
