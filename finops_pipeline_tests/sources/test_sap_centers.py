"""SAP cost centers as they were on a day: one for each department they had, on the lines that were posted then."""

import pytest

from finops_pipeline.sources.sap import centers, journal
from finops_pipeline.sources.sap.options import SapOptions
from finops_pipeline_tests.sources.derived import derive
from finops_pipeline_tests.sources.test_sap import COMPANY, LINE


def validity(until: str, department: str, since: str = "20000101", **more: str) -> dict[str, str]:
    return {"kokrs": "1", "kostl": "C1", "datab": since, "datbi": until, "khinr": department} | more


MOVED = [validity("20231231", "OLD"), validity("99991231", "NEW", "20240101")]
RETURNED = [
    validity("20211231", "A"), validity("20221231", "B", "20220101", bukrs="1"),
    validity("20231231", "B", "20230101", verak="Miller", bukrs="1"), validity("99991231", "A", "20240101"),
]  # fmt: skip


def told(rows: list[dict[str, str]], options: SapOptions | None = None) -> list[tuple[str | None, ...]]:
    made = derive(centers.cost_centers(options or SapOptions()), rows, {"csks": rows})
    return [(m["cost_center_id"], m["department"], m["verdict"]) for m in made]


def test_a_cost_center_that_moved_is_one_for_each_department() -> None:
    assert told(MOVED) == [("C1@2023-12-31", "OLD", None), ("C1", "NEW", None)]
    (old, _) = derive(centers.cost_centers(SapOptions()), MOVED, {"cskt": [
        {"spras": "E", "kokrs": "1", "kostl": "C1", "datbi": "99991231", "ktext": "Sales"}]})  # fmt: skip
    assert old["name"] == "Sales (until 2023-12-31)"


def test_what_is_no_move_makes_no_cost_center_and_who_returns_is_the_same() -> None:
    out = "OUT|earlier validity of the cost center"
    assert told(RETURNED) == [
        ("C1", "A", out), ("C1@2023-12-31", "B", out), ("C1@2023-12-31", "B", None), ("C1", "A", None),
    ]  # fmt: skip


def test_the_options_may_show_the_organization_as_it_is_last() -> None:
    latest = SapOptions(cost_centers="latest")
    assert told(MOVED, latest) == [("C1", "OLD", "OUT|earlier validity of the cost center"), ("C1", "NEW", None)]
    (made,) = derive(journal.universal_journal(latest), [LINE | {"rcntr": "C1", "budat": "20230101"}],
                     COMPANY | {"csks": MOVED})  # fmt: skip
    assert made["cost_center_id"] == "C1"


@pytest.mark.parametrize(
    ("day", "center"),
    [("20231231", "C1@2023-12-31"), ("20240101", "C1"), ("19991231", "C1"), ("00000000", "C1")],
    ids=["last day", "first day", "before all of them", "no day"],
)
def test_a_posting_has_the_cost_center_of_its_day(day: str, center: str) -> None:
    others = COMPANY | {"csks": MOVED}
    (made,) = derive(journal.universal_journal(SapOptions()), [LINE | {"rcntr": "C1", "budat": day}], others)
    assert made["cost_center_id"] == center


SHARED = [validity("99991231", "SALES"), validity("99991231", "PLANT", kokrs="2")]


@pytest.mark.parametrize(
    ("area", "center"),
    [({"kokrs": "1"}, "1/C1"), ({"kokrs": "2"}, "2/C1"), ({}, "C1")],
    ids=["one", "other", "not said"],
)
def test_a_code_that_two_controlling_areas_use_is_called_with_its_area(area: dict[str, str], center: str) -> None:
    assert told(SHARED) == [("1/C1", "SALES", None), ("2/C1", "PLANT", None)]
    (made,) = derive(
        journal.universal_journal(SapOptions()), [LINE | {"rcntr": "C1"} | area], COMPANY | {"csks": SHARED}
    )
    assert made["cost_center_id"] == center


def test_of_two_deliveries_of_the_same_days_the_later_one_speaks() -> None:
    derivation = centers.validities("r.rcntr", SapOptions())
    assert "ORDER BY file_seq DESC" in derivation.query
