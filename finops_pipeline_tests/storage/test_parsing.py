"""The engine reads amounts as `money.parse` does: the plain form defines the fast form."""

from collections.abc import Iterator

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from finops_pipeline.contracts.model import Column, Table
from finops_pipeline.finance import money
from finops_pipeline.storage import parsing
from finops_pipeline.storage.engine import Engine, name

AMOUNTS = Table(
    "amounts", "test", "", "", (Column("currency", "code", ""), Column("amount", "money", "", nullable=True)), ()
)
TEXT = st.one_of(
    st.from_regex(r"\A-?[0-9]{1,13}(\.[0-9]{1,6})?\Z"),
    st.decimals(-(10**12), 10**12, places=3).map(str),
    st.text("0123456789.-+eE_ ,", max_size=8),
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    with Engine("200MB", 1) as opened:
        yield opened


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(TEXT, st.sampled_from(["EUR", "JPY", "BHD", "CLF", "XXQ"])), min_size=1, max_size=40))
def test_the_engine_agrees_with_the_plain_reader(engine: Engine, rows: list[tuple[str, str]]) -> None:
    columns = [[c for _, c in rows], [a or None for a, _ in rows]]
    engine.register("texts", pa.table(columns, names=["t_currency", "t_amount"]))
    places = parsing.exponent(parsing.text("currency"))
    fail = parsing.broken(AMOUNTS, {"currency", "amount"}, {"amount": places})
    typed = parsing.typed(AMOUNTS.column("amount"), places)
    found = engine.rows(f"SELECT {fail}, amount FROM (SELECT *, {typed} AS {name('amount')} FROM texts)")
    for (text, currency), (rule, amount) in zip(rows, found, strict=True):
        assert (rule, amount if rule is None else None) == plain(text, currency), (text, currency)


def plain(text: str, currency: str) -> tuple[str | None, int | None]:
    if currency not in money.exponents():
        return "ROW-CURRENCY|currency", None
    if not text:
        return None, None
    try:
        return None, money.parse(text, currency)
    except money.AmountError as error:
        return ("ROW-DECIMALS|amount" if "decimal places" in str(error) else "ROW-MONEY|amount"), None
