"""JSON files as tables: each object is a row, its keys are the columns, and what is nested in a value stays JSON text.

A file holds a list of objects, one object, one object per line, or the answer of an interface, in which the objects
lie under the name of what was asked for (`{"QueryResponse": {"Invoice": [...]}}`). Numbers keep the digits they were
written with. Not here: what the keys mean (`sources`).
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from finops_pipeline.storage.files import FileRejectedError

SUFFIXES = (".json", ".jsonl", ".ndjson")
_ANSWER = "response"
_QUERY = "QueryResponse"


def objects(path: Path, kind: str) -> list[dict[str, str | None]]:
    """The objects of one kind in a file, each value as text. Raises: FileRejectedError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileRejectedError("FILE-FORMAT", f"not JSON in UTF-8: {error}") from error
    try:
        said = _parsed(text)
        found = list(_of_kind(said, kind.lower(), is_answer=False))
    except RecursionError as error:
        raise FileRejectedError("FILE-FORMAT", "its lists and objects are nested too deeply") from error
    others = [] if found else _others(said)
    if others:
        raise FileRejectedError("FILE-COLUMN", f"it holds {', '.join(others)} and no {kind}: put it in another folder")
    strangers = [o for o in found if not isinstance(o, dict)]
    if strangers:
        raise FileRejectedError("FILE-FORMAT", f"not a list of objects: {json.dumps(strangers[0])[:80]} is among them")
    return [{key: _text(value) for key, value in one.items()} for one in found]


def header_of(rows: list[dict[str, str | None]]) -> list[str]:
    """Every key there is, in order of appearance."""
    return list(dict.fromkeys(key for row in rows for key in row))


def _parsed(text: str) -> Any:
    try:
        return _loads(text)
    except json.JSONDecodeError as whole:
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            if len(lines) > 1:
                return [_loads(line) for line in lines]
        except ValueError:
            pass  # it is no list of lines either: what is wrong with the whole is said
        raise FileRejectedError("FILE-CUT", f"the file cannot be read to its end: {whole}") from whole
    except ValueError as error:
        raise FileRejectedError("FILE-FORMAT", f"not JSON: {error}") from error


def _loads(text: str) -> Any:
    return json.loads(text, parse_float=_digits, parse_int=_digits, parse_constant=_refuse)


def _digits(number: str) -> str:
    return format(Decimal(number), "f")


def _refuse(word: str) -> str:
    raise ValueError(f"{word} is no number")


def _of_kind(value: Any, kind: str, *, is_answer: bool) -> Iterator[Any]:
    if isinstance(value, list):
        for one in value:
            yield from _of_kind(one, kind, is_answer=is_answer)
        return
    own = [v for k, v in value.items() if k.lower() == kind and isinstance(v, list | dict)] if _is(value) else []
    answers = [v for k, v in value.items() if k.lower().endswith(_ANSWER)] if _is(value) else []
    if own:
        for held in own:
            yield from held if isinstance(held, list) else [held]
    elif answers:
        yield from _of_kind(answers, kind, is_answer=True)
    elif not is_answer:
        yield value


def _others(value: Any) -> list[str]:
    """What a query was asked for instead. A change data capture speaks of many kinds, and may have nothing of this one."""
    answer = value.get(_QUERY) if isinstance(value, dict) else None
    return [k for k, v in answer.items() if isinstance(v, list) and v] if isinstance(answer, dict) else []


def _is(value: Any) -> bool:
    return isinstance(value, dict)


def _text(value: Any) -> str | None:
    """A value as text; half of a character (a lone surrogate) becomes a question mark."""
    if value is None:
        return None
    if isinstance(value, bool):
        return str(value).lower()
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text.encode("utf-8", "replace").decode()
