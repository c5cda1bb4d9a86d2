"""Revenue by product, entity, country and timing: by hand, and its proof on what it is for."""

import pandas as pd

from finops_pipeline.finance.revenue import recognized_revenue
from finops_pipeline.finance.revenue.disaggregation import (
    code_findings,
    country_findings,
    disaggregation_findings,
    revenue_disaggregation,
)
from finops_pipeline.finance.revenue.prepared import agreed
from finops_pipeline_tests.finance.revenue.deals import Deals, assert_keeps, deals, frame

# One product in two ways: 1,200 for a year of service, 300 for a license; usage of another one.
CASE = deals(
    "contract_id signed_on \n C1 2026-01-01",
    """
    contract_id obligation_id product_id recognition   stated_price start_date end_date
    C1          A             PA         straight_line 1200         2026-01-01 2026-12-31
    C1          B             PA         point_in_time 300          -          -
    C1          C             PB         usage         0            -          -
    """,
    """
    contract_id event_id event_date event_type obligation_id amount
    C1          D1       2026-02-10 delivery   B             -
    C1          U1       2026-02-28 usage      C             7
    """,
)
PERIODS = ["2026-01", "2026-02"]


def made() -> tuple[pd.DataFrame, pd.DataFrame]:
    lines = CASE.schedule("2026-03", "monthly").lines
    entities = CASE.entities.assign(country="DE")
    return (
        revenue_disaggregation(lines, CASE.contracts, CASE.obligations, entities, PERIODS),
        recognized_revenue(lines, entities, PERIODS),
    )


def test_one_product_that_is_sold_in_two_ways() -> None:
    parts, _ = made()
    assert_keeps("revenue_disaggregation", parts)
    assert parts[["period", "product_id", "country", "timing", "recognized"]].values.tolist() == [
        ["2026-01", "PA", "DE", "over_time", 100],
        ["2026-02", "PA", "DE", "over_time", 100],
        ["2026-02", "PA", "DE", "point_in_time", 300],
        ["2026-02", "PB", "DE", "over_time", 7],
    ]


def test_example_41_revenue_by_product_geography_and_timing() -> None:
    """Consumer products 1,990, transport 3,260 and energy 6,250, by market, product line and timing.

    The text gives the sums of each; which line is sold where is ours, and makes the same sums. The inputs are from memory
    and were not compared with the official text.
    """
    sold = """
        US appliances    990   point_in_time
        FR supplies      300   point_in_time
        CN supplies      300   point_in_time
        CN clothing      400   point_in_time
        US motorcycles   500   point_in_time
        US automobiles   1750  point_in_time
        FR automobiles   750   point_in_time
        CN automobiles   260   point_in_time
        FR solar_panels  1000  point_in_time
        US power_plant   5250  straight_line
    """
    rows = [line.split() for line in sold.strip().splitlines()]
    signed, promised, happened = ["contract_id entity_id signed_on"], [], []
    for number, (country, product, price, way) in enumerate(rows):
        name, days = f"C{number}", "2026-01-01 2026-01-31" if way == "straight_line" else "- -"
        signed.append(f"{name} {country} 2026-01-01")
        promised.append(f"{name} A {product} {way} {price} {days}")
        happened.append(f"{name} 2026-01-31 delivery")
    case = deals(
        "\n".join(signed),
        "\n".join(["contract_id obligation_id product_id recognition stated_price start_date end_date", *promised]),
        "\n".join(["contract_id event_date event_type", *happened[:-1]]),
    )
    entities = frame("entities", [
        {"entity_id": c, "name": c, "functional_currency": "EUR", "country": c, "fiscal_year_start_month": 1} for c in ("US", "FR", "CN")
    ])  # fmt: skip
    lines = Deals(case.contracts, case.obligations, case.events, entities).schedule("2026-01").lines
    parts = revenue_disaggregation(lines, case.contracts, case.obligations, entities, ["2026-01"])
    assert disaggregation_findings(parts, recognized_revenue(lines, entities, ["2026-01"])) == []
    assert parts.groupby("country")["recognized"].sum().to_dict() == {"US": 8_490, "FR": 2_050, "CN": 960}
    assert parts.groupby("timing")["recognized"].sum().to_dict() == {"point_in_time": 6_250, "over_time": 5_250}
    assert parts.groupby("product_id")["recognized"].sum().to_dict() == {
        "supplies": 600, "appliances": 990, "clothing": 400, "motorcycles": 500, "automobiles": 2_760, "solar_panels": 1_000,
        "power_plant": 5_250,
    }  # fmt: skip
    assert parts["recognized"].sum() == 11_500


def test_an_entity_without_country_has_none() -> None:
    lines = CASE.schedule("2026-03").lines
    parts = revenue_disaggregation(lines, CASE.contracts, CASE.obligations, CASE.entities, PERIODS)
    assert parts["country"].isna().all()
    assert set(parts["country_basis"]) == {"entity"}


def test_the_country_is_that_of_the_customer_and_of_the_entity_where_no_contract_names_it() -> None:
    # one product, sold to France for 100, to Germany as the contract says for 20, and to somewhere for 3
    case = deals(
        "contract_id signed_on customer_country \n C1 2026-01-01 FR \n C2 2026-01-01 DE \n C3 2026-01-01 -",
        "contract_id obligation_id stated_price \n C1 A 100 \n C2 A 20 \n C3 A 3",
        "event_id contract_id event_date event_type \n 1 C1 2026-01-31 delivery \n 2 C2 2026-01-31 delivery \n 3 C3 2026-01-31 delivery",
    )
    lines, entities = case.schedule("2026-01").lines, case.entities.assign(country="DE")
    parts = revenue_disaggregation(lines, case.contracts, case.obligations, entities, ["2026-01"])
    assert_keeps("revenue_disaggregation", parts)
    assert parts[["country", "country_basis", "recognized"]].to_numpy().tolist() == [
        ["DE", "customer", 20],
        ["DE", "entity", 3],
        ["FR", "customer", 100],
    ]
    books = recognized_revenue(lines, entities, ["2026-01"])
    assert disaggregation_findings(parts, books) == []
    assert [f.rule_id for f in disaggregation_findings(parts[parts["country"] != "FR"], books)] == ["REV-160"]


def of_one(countries: tuple[str, str]) -> tuple[pd.DataFrame, list[str]]:
    """Two contracts that are one, signed in this order, with these countries of their customer."""
    case = deals(
        "contract_id signed_on combination_id customer_country \n"
        f" C2 2026-01-01 X {countries[0]} \n C1 2026-01-09 X {countries[1]}",
        "contract_id obligation_id stated_price \n C1 A 100 \n C2 A 20",
        "event_id contract_id event_date event_type \n 1 C1 2026-01-31 delivery \n 2 C2 2026-01-31 delivery",
    )
    one = agreed(case.contracts, case.obligations, case.events)
    heads = one.led(case.contracts)
    lines = Deals(one.contracts, one.obligations, one.events, case.entities).schedule("2026-01").lines
    parts = revenue_disaggregation(lines, heads, one.obligations, case.entities.assign(country="DE"), ["2026-01"])
    assert parts["recognized"].sum() == 120
    return parts, [f"{f.rule_id} {f.severity} {f.subject} {f.message}" for f in country_findings(heads)]


def test_contracts_that_are_one_have_the_country_that_one_of_them_names() -> None:
    for countries in (("FR", "-"), ("-", "FR"), ("FR", "FR")):
        parts, findings = of_one(countries)
        assert parts[["country", "country_basis"]].to_numpy().tolist() == [["FR", "customer"]]
        assert findings == []


def test_contracts_that_are_one_and_name_two_countries_are_told_and_the_first_signed_decides() -> None:
    parts, (finding,) = of_one(("US", "FR"))
    assert parts["country"].tolist() == ["US"]
    assert finding.startswith("REV-163 warning C2 the contracts that are one name the countries US, FR")


def test_what_is_no_country_code_is_named_with_who_has_it() -> None:
    case = deals(
        "contract_id signed_on customer_country \n C4 2026-01-01 UK \n C1 2026-01-01 de \n C2 2026-01-01 FR \n C3 2026-01-01 UK"
        " \n C5 2026-01-01 - \n C6 2026-01-01 ZZ",
        "contract_id obligation_id stated_price",
    )
    entities = pd.concat([case.entities.assign(country="Germany"), case.entities.assign(entity_id="FR", country="FR")])
    found = code_findings(case.contracts, entities)
    assert {(f.rule_id, f.severity) for f in found} == {("REV-164", "warning")}
    assert [(f.subject, f.message) for f in found] == [
        ("country Germany", "'Germany', the country of DE, is no ISO 3166-1 alpha-2 code: correct it"),
        (
            "customer_country UK",
            "'UK', the customer_country of C3 and 1 more, is no ISO 3166-1 alpha-2 code: correct it",
        ),
        ("customer_country ZZ", "'ZZ', the customer_country of C6, is no ISO 3166-1 alpha-2 code: correct it"),
        (
            "customer_country de",
            "'de', the customer_country of C1, is no ISO 3166-1 alpha-2 code (as DE is): correct it",
        ),
    ]
    nothing = case.entities.assign(country=pd.NA)
    assert code_findings(case.contracts.query("contract_id in ('C2', 'C5')"), nothing) == []


def test_the_proof_fails_on_a_wrong_amount_and_on_missing_rows() -> None:
    parts, books = made()
    assert disaggregation_findings(parts, books) == []
    wrong = parts.assign(recognized=parts["recognized"] + (parts["product_id"] == "PB"))
    adjusted = parts.assign(prior_period_adjustment=parts["prior_period_adjustment"] + (parts["product_id"] == "PB"))
    for broken in (wrong, adjusted, parts[:-1]):
        assert [(f.rule_id, f.subject) for f in disaggregation_findings(broken, books)] == [
            ("REV-160", "DE 2026-02 PB EUR")
        ]
    assert disaggregation_findings(parts[:0], books)
    assert disaggregation_findings(parts, books[:0])
