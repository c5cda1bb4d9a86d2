"""The list of rules is the rules there are: none is missing from it, none in it is unknown to the source."""

import re
from pathlib import Path

import pytest

import finops_pipeline
from finops_pipeline.contracts import rules
from finops_pipeline.contracts.rules import intake, rule
from finops_pipeline.finance.revenue import screening
from finops_pipeline.intake import messages
from finops_pipeline.storage.matching import reference_rule

PACKAGE = Path(finops_pipeline.__file__).parent
QUOTED = re.compile(r"""["'`]((?:FILE|ROW|JRN|FX|KEY|REF)-[A-Z][A-Z-]*|(?!SHA-)[A-Z]{3}-[0-9]{3})\b""")


def used(package: Path) -> dict[str, set[str]]:
    """The modules that quote each identifier; make-believe data and the list itself do not count."""
    found: dict[str, set[str]] = {}
    for path in package.rglob("*.py"):
        place = path.relative_to(package)
        lists = place.parts[:2] in (("contracts", "rules"), ("finance", "findings.py"))
        if place.parts[0] != "sample" and not lists:
            for rule in QUOTED.findall(path.read_text(encoding="utf-8")):
                found.setdefault(rule, set()).add(".".join(place.with_suffix("").parts))
    return found


def test_the_list_is_what_the_source_uses() -> None:
    listed = {r for r in rules.RULES if not r.startswith("REF-")} | {"REF-EXTRACT"}
    assert set(used(PACKAGE)) == listed <= set(rules.RULES)


def test_a_rule_that_is_not_listed_would_be_seen(tmp_path: Path) -> None:
    (tmp_path / "finance").mkdir()
    (tmp_path / "finance" / "new.py").write_text('Finding("NEW-001", "x")', encoding="utf-8")
    assert used(tmp_path) == {"NEW-001": {"finance.new"}}


def test_rules_of_one_module_share_its_home_and_outcome() -> None:
    assert rule.rules("finance.new", "warns", NEW_001="A", NEW_002="B") == (
        rule.Rule("NEW-001", "A", "warns", "finance.new"),
        rule.Rule("NEW-002", "B", "warns", "finance.new"),
    )


def test_a_reference_names_every_table_that_it_may_be_found_in() -> None:
    references = {r.rule_id: r for r in intake.references()}
    assert references["REF-COST-CENTER-ID"].demands == "`cost_center_id` is there in `cost_centers`"
    assert {r.outcome for r in references.values()} == {"holds"}


def test_no_identifier_is_given_twice() -> None:
    assert len(rules.RULES) == sum(len(group) for group in rules.GROUPS.values())


@pytest.mark.parametrize(
    "rule", [r for r in rules.RULES.values() if not r.rule_id.startswith("REF-")], ids=lambda r: r.rule_id
)
def test_a_rule_is_applied_where_the_list_says(rule: rules.Rule) -> None:
    assert any(place.startswith(rule.home) for place in used(PACKAGE)[rule.rule_id])


@pytest.mark.parametrize("column", ["account_id", "counterparty_entity_id"])
def test_a_reference_has_the_identifier_that_rows_are_marked_with(column: str) -> None:
    assert reference_rule(column) in rules.RULES


def test_the_list_agrees_with_the_intake_on_what_is_held() -> None:
    held = {rule for rule, said in rules.RULES.items() if said.outcome == "holds"}
    assert held == {rule for rule in rules.RULES if messages.is_held(rule)}


def test_the_list_agrees_with_the_screening_on_what_is_left_out() -> None:
    outcome = {"error": "leaves out", "warning": "warns"}
    said = {rule: rules.RULES[rule].outcome for rule in {**screening.RULES, **screening.UNCHANGING_RULES}}
    assert said == {
        rule: outcome[severity]
        for rule, (severity, _) in (
            screening.RULES | {r: ("error", f) for r, f in screening.UNCHANGING_RULES.items()}
        ).items()
    }


def test_the_page_names_each_rule_once_and_each_outcome() -> None:
    page = rules.page(rules.GROUPS.items())
    assert re.findall(r"^\| `([A-Z0-9-]+)` \|", page, re.MULTILINE) == list(rules.RULES)
    assert {r.outcome for r in rules.RULES.values()} == set(rules.OUTCOMES)
