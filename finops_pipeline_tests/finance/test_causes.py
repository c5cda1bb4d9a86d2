"""What stands behind a variance: effects, journals and the owner, the largest first."""

import pandas as pd

from finops_pipeline.finance.causes import NOTHING_KNOWN, Causes, Posting, effects_of, owners_of, postings_of

BRIDGE = pd.DataFrame(
    [
        ("v1", "DE", "2026-01", "A", "4000", "price", 300),
        ("v1", "DE", "2026-01", "B", "4000", "price", -100),
        ("v1", "DE", "2026-01", "B", "4000", "volume", 900),
        ("v1", "DE", "2026-02", "B", "4000", "volume", 7),
        ("v2", "DE", "2026-01", None, "6000", "spend", 5),
    ],
    columns=["version", "entity_id", "period", "product_id", "account_id", "effect", "amount"],
)
JOURNALS = pd.DataFrame(
    [
        ("DE", "6000", None, "J1", 500, "Rent"),
        ("DE", "6000", None, "J2", -900, None),
        ("DE", "6000", "CC1", "J3", 1, None),
    ],
    columns=["entity_id", "account_id", "cost_center_id", "journal_id", "amount", "description"],
)


def test_effects_of_a_month_are_summed_over_products() -> None:
    assert effects_of(BRIDGE, "2026-01") == {
        ("v1", "DE", "4000"): {"price": 200, "volume": 900},
        ("v2", "DE", "6000"): {"spend": 5},
    }


def test_journals_are_by_place_the_largest_first() -> None:
    found = postings_of(JOURNALS)
    assert found["DE", "6000", None] == [Posting("J2", -900), Posting("J1", 500, "Rent")]
    assert found["DE", "6000", "CC1"] == [Posting("J3", 1)]


def test_owners_are_those_that_the_master_data_have() -> None:
    centers = pd.DataFrame({"cost_center_id": ["CC1", "CC2"], "owner": ["A. Keller", None]})
    causes = Causes(owners=owners_of(centers))
    assert [causes.owner(("DE", "6000", c)) for c in ("CC1", "CC2", None)] == ["A. Keller", None, None]


def test_the_cause_names_three_of_each() -> None:
    effects = {"price": 1_00, "volume": -5_00, "mix": 3_00, "fx": 2_00, "new": 0}
    journals = [Posting(f"J{n}", n) for n in range(5)]
    place = ("DE", "4000", None)
    known = Causes({("v1", "DE", "4000"): effects}, {place: journals})
    assert known.cause("v1", place, "EUR") == (
        "volume -5.00 EUR, mix +3.00 EUR, fx +2.00 EUR; journals J0 (0.00 EUR), J1 (0.01 EUR), J2 (0.02 EUR)"
    )
    assert known.cause("v2", place, "JPY") == "journals J0 (0 JPY), J1 (1 JPY), J2 (2 JPY)"
    assert (
        Causes(postings={place: [Posting("J9", 500, "Rent")]}).cause("v1", place, "EUR")
        == "journals J9 (5.00 EUR, Rent)"
    )
    assert NOTHING_KNOWN.cause("v1", place, "EUR") is None
