"""Shared columns and the small changes a report makes to them."""

from finops_pipeline.contracts import columns


def test_a_report_carries_a_column_without_its_foreign_key() -> None:
    plain = columns.plain(columns.COST_CENTER_ID)
    assert (plain.reference, plain.optional, plain.nullable) == (None, False, True)
    assert columns.COST_CENTER_ID.optional


def test_a_column_may_be_made_nullable() -> None:
    assert columns.nullable(columns.PERIOD).nullable
    assert not columns.PERIOD.nullable


def test_an_amount_is_money_in_the_currency_of_its_row() -> None:
    assert columns.amount("debit", "Debits").currency == "currency"
    other = columns.amount("debit", "Debits", is_nullable=True, currency="functional_currency")
    assert (other.kind, other.nullable, other.currency) == ("money", True, "functional_currency")


def test_a_ratio_is_missing_where_its_base_is_zero() -> None:
    share = columns.ratio("share_pct", "Share")
    assert (share.kind, share.nullable) == ("ratio", True)
