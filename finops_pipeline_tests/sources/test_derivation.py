"""A derivation as a query: verdicts in their order, partners found, files concerned."""

from finops_pipeline.contracts.masters import PRODUCTS
from finops_pipeline.sources.derivation import (
    Derivation,
    Extract,
    Function,
    LeftOut,
    Lookup,
    Refused,
    concerned,
    match_extract,
    select,
)
from finops_pipeline_tests.sources.derived import derive

PARTS = Extract("sap", "ska1", ("id",), ("kind", "group_id"), ("id",))
PARTS_TO_PRODUCTS = Derivation(
    PRODUCTS,
    PARTS,
    {"product_id": "r.id", "name": "r.title"},
    (Lookup("skat", {"saknr": "r.id"}),),
    (LeftOut("it's scrap", "r.kind = 'S'"),),
    (Refused("ROW-VOCABULARY", "kind", "r.kind NOT IN ('S', 'P')"),),
    found={"title": '"skat".txt50'},
)


def test_a_row_is_left_out_before_it_waits_and_waits_before_it_is_refused() -> None:
    rows = [{"id": "1", "kind": "S"}, {"id": "2", "kind": "X"}, {"id": "3", "kind": "X"}, {"id": "4", "kind": "P"}]
    texts = [{"saknr": "3", "txt50": "three"}, {"saknr": "4", "txt50": "four"}]
    made = derive(PARTS_TO_PRODUCTS, rows, {"skat": texts})
    assert [m["verdict"] for m in made] == ["OUT|it's scrap", "REF-EXTRACT|skat", "ROW-VOCABULARY|kind", None]
    assert made[3]["name"] == "four"


def test_a_partner_named_twice_does_not_double_the_row() -> None:
    texts = [{"saknr": "4", "spras": "D", "txt50": "vier"}, {"saknr": "4", "spras": "E", "txt50": "four"}]
    assert len(derive(PARTS_TO_PRODUCTS, [{"id": "4"}], {"skat": texts})) == 1


def test_the_files_concerned_are_asked_for_through_the_lookups_before() -> None:
    query = concerned(PARTS_TO_PRODUCTS, PARTS_TO_PRODUCTS.lookups[0], "rows")
    assert query.startswith("SELECT DISTINCT r.file_seq FROM (SELECT r.* FROM rows AS r ")
    assert 'JOIN changed_skat AS "skat" ON "skat"."saknr" = r.id' in query
    assert "LEFT JOIN lookup_skat" in select(PARTS_TO_PRODUCTS, "rows")


def test_a_header_matches_in_any_case_and_names_what_is_unknown_missing_and_repeated() -> None:
    reading = match_extract(PARTS, ["KIND", " Kind", "Color", ""])
    assert reading.positions == {"kind": 0}
    assert (reading.unknown, reading.missing, reading.repeated) == (("Color",), ("id",), ("kind",))


def test_what_exactly_is_wrong_goes_with_the_verdict() -> None:
    detailed = Derivation(
        PRODUCTS, PARTS, {"product_id": "r.id", "name": "r.kind"},
        refused=(Refused("ROW-VOCABULARY", "kind", "r.kind = 'X|Y'", "'it is ' || r.kind"),),
    )  # fmt: skip
    (made,) = derive(detailed, [{"id": "1", "kind": "X|Y"}])
    assert made["verdict"] == "ROW-VOCABULARY|kind|it is X/Y"


def test_a_function_of_an_adapter_may_be_called() -> None:
    called = Derivation(
        PRODUCTS, PARTS, {"product_id": "shouted(r.id)", "name": "r.kind"},
        functions=(Function("shouted", lambda text: text.upper(), 1),),
    )  # fmt: skip
    assert derive(called, [{"id": "a"}])[0]["product_id"] == "A"


def test_files_may_call_a_column_otherwise_and_a_first_column_nothing() -> None:
    extract = Extract("sap", "ska1", ("id",), ("kind",), spellings={"": "id", "type": "kind"})
    reading = match_extract(extract, ["", "Type", "", "else"])
    assert (reading.positions, reading.unknown, reading.missing) == ({"id": 0, "kind": 1}, ("else",), ())
