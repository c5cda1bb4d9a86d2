"""An opportunity keeps its identity, its first month and its status; what is not found any more is cleared."""

import pandas as pd
import pytest

from finops_pipeline.contracts.cost import COST_OPPORTUNITIES
from finops_pipeline.contracts.projections import conform, empty
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance.opportunities import register
from finops_pipeline.finance.opportunities.register import Opportunity, SavingAssumptions

ONE = Opportunity(
    "price_drift", "DE", ("6420", "V1"), "dearer", [{"price": "1.10"}], "EUR", 50, 100, 0.5, "Sales", "B. Osei"
)
TWO = Opportunity("unused_commitment", None, ("A1", "C1"), "unused", [{"period": "2026-01"}], "USD", 0, 7, 0.8)
NOTHING = empty(COST_OPPORTUNITIES)


def statuses(frame: pd.DataFrame) -> dict[str, str]:
    return dict(zip(frame["kind"], frame["status"], strict=True))


def test_what_is_found_is_open_and_found_again_is_the_same() -> None:
    first = register.merged(NOTHING, [ONE, TWO, ONE], "2026-01")
    pd.testing.assert_frame_equal(conform(first, COST_OPPORTUNITIES), first)
    assert statuses(first) == {"price_drift": "open", "unused_commitment": "open"}
    dearer = Opportunity("price_drift", "DE", ("6420", "V1"), "much dearer", [{"price": "1.30"}], "EUR", 150, 300, 0.5)
    again = register.merged(first, [TWO, dearer], "2026-02").set_index("kind")
    assert again.loc["price_drift", ["detected_period", "last_seen_period"]].tolist() == ["2026-01", "2026-02"]
    assert again.loc["price_drift", ["subject", "annual_saving_high"]].tolist() == ["much dearer", 300]
    pd.testing.assert_frame_equal(register.merged(first, [ONE, TWO], "2026-01"), first)


def test_what_people_decided_stays_and_what_is_gone_is_cleared() -> None:
    first = register.merged(NOTHING, [ONE, TWO], "2026-01")
    decided = first.assign(
        status=first["status"].mask(first["kind"] == "price_drift", "accepted"),
        realized_saving=first["realized_saving"].mask(first["kind"] == "price_drift", 40),
    )
    found = register.merged(decided, [ONE], "2026-02").set_index("kind")
    assert found["status"].to_dict() == {"price_drift": "accepted", "unused_commitment": "cleared"}
    assert found.loc["price_drift", "realized_saving"] == 40
    gone = register.merged(decided, [], "2026-02")
    assert statuses(gone) == {"price_drift": "accepted", "unused_commitment": "cleared"}
    assert statuses(register.merged(gone, [TWO], "2026-03"))["unused_commitment"] == "open"


def test_identity_is_kind_entity_and_what_it_is_about() -> None:
    other = Opportunity("price_drift", "UK", ("6420", "V1"), "dearer", [{}], "EUR", 50, 100, 0.5)
    assert len({ONE.identifier, TWO.identifier, other.identifier}) == 3
    assert len(ONE.identifier) == 32


def test_opp_evidence_range_and_nothing_lost() -> None:
    sound = register.merged(NOTHING, [ONE, TWO], "2026-01")
    assert register.opportunity_findings(sound, NOTHING) == []
    bare = register.merged(NOTHING, [Opportunity("price_drift", "DE", ("x",), "?", [], "EUR", 1, 2, 0.5)], "2026-01")
    turned = sound.assign(annual_saving_low=sound["annual_saving_high"] + 1)
    negative = sound.assign(annual_saving_low=-1)
    assert [len(register.opportunity_findings(t, NOTHING)) for t in (bare, turned, negative)] == [1, 2, 2]
    assert {f.rule_id for f in register.opportunity_findings(turned, NOTHING)} == {"OPP-001"}
    lost = register.opportunity_findings(sound[sound["kind"] == "price_drift"], sound)
    assert [(f.rule_id, f.subject) for f in lost] == [("OPP-002", TWO.identifier)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"consolidation_low": 6},
        {"commitment_low": 101},
        {"consolidation_low": -1},
        {"drift_from": -1},
        {"fewest_vendors": 1},
    ],
)
def test_assumptions_that_make_no_sense_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError):
        SavingAssumptions(**wrong)


def test_what_the_ledger_shows_stands_in_place_of_what_was_entered() -> None:
    first = register.merged(NOTHING, [ONE, TWO], "2026-01").assign(realized_saving=pd.array([40, 50], dtype="Int64"))
    shown = register.with_realized(first, {ONE.identifier: 0}).set_index("opportunity_id")["realized_saving"]
    entered = first.set_index("opportunity_id")["realized_saving"]
    assert shown[ONE.identifier] == 0
    assert shown[TWO.identifier] == entered[TWO.identifier]
    pd.testing.assert_frame_equal(register.with_realized(first, {}), first)
