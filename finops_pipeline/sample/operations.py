"""What the company knows beside its ledger: drivers, initiatives, touchpoints, risks and the targets of KPIs."""

from datetime import date, timedelta

from finops_pipeline.finance import money, periods
from finops_pipeline.sample import company
from finops_pipeline.sample.chance import Chance
from finops_pipeline.sample.company import Entity
from finops_pipeline.sample.economics import SEASONS, Economy, cells
from finops_pipeline.sample.extract import Extract, Row, after, before

DRIVER_COLUMNS = ("period", "entity_id", "driver", "quantity", "unit", "cost_center_id", "product_id")
INITIATIVE_COLUMNS = (
    "initiative_id", "name", "department", "kind", "cost", "start_period", "horizon_months", "expected_return", "min_spend",
    "max_spend", "saturation", "baseline_kpi", "baseline_value",
)  # fmt: skip
TOUCHPOINT_COLUMNS = ("touchpoint_id", "contract_id", "customer_id", "touched_at", "activity", "department", "cost")
RISK_COLUMNS = (
    "risk_id", "category", "title", "probability", "impact_low", "impact_mode", "impact_high", "owner", "mitigation", "status",
)  # fmt: skip
KPI_COLUMNS = ("kpi", "period", "target", "baseline", "direction")

GOAL_COLUMNS = ("entity_id", "cost_center_id", "driver", "period", "target_unit_cost")

_GOALS = ((0, "1.50"), (12, "1.40"), (24, "1.35"))  # months after the first, what an instance hour is to cost
_INITIATIVES = (  # name, department, kind, cost, start (months after the first), horizon, return, KPI, its value before
    ("Invoice automation", "Finance", "efficiency", 240_000, 4, 24, 610_000, "days_to_close", "7"),
    ("Hosting right-sizing", "Engineering", "cost_reduction", 180_000, 9, 18, 720_000, "gross_margin", "0.62"),
    ("Partner program", "Sales", "growth", 650_000, 6, 36, 1_900_000, "cost_ratio", "0.86"),
    ("Demand generation in Japan", "Marketing", "growth", 320_000, 12, 24, 580_000, "cost_ratio", "0.86"),
    ("Support self-service", "Customer Success", "efficiency", 210_000, 3, 24, 540_000, "operating_margin", "0.12"),
    ("Forecast Studio 2", "Engineering", "product", 1_400_000, 1, 48, 4_300_000, "operating_margin", "0.12"),
    ("Warehouse relocation", "Operations", "cost_reduction", 420_000, 15, 36, 760_000, "gross_margin", "0.62"),
    ("Travel policy", "People", "cost_reduction", 30_000, 2, 12, 150_000, "absolute_variance_pct", "0.09"),
    ("Contract management", "Finance", "control", 160_000, 10, 24, 230_000, "quarantine_rate", "0.004"),
    ("Single sign-on", "IT and Facilities", "control", 110_000, 5, 36, 90_000, "", ""),
    ("Forecasting with drivers", "Finance", "efficiency", 95_000, 8, 24, 260_000, "forecast_mase", "0.95"),
    ("Office consolidation", "IT and Facilities", "cost_reduction", 380_000, 18, 48, 1_150_000, "cost_ratio", "0.86"),
)
_RISKS = (  # category, title, probability, low, mode, high, owner, mitigation, status
    ("market", "Largest customer leaves", "0.08", 900_000, 2_100_000, 4_800_000, "A. Keller", "Three-year renewal offered", "open"),
    ("market", "Price pressure on hardware", "0.35", 250_000, 600_000, 1_400_000, "A. Keller", "Bundles with subscriptions", "open"),
    ("currency", "Yen weakens by a tenth", "0.25", 150_000, 420_000, 900_000, "F. Lindqvist", "Natural hedge by local cost", "mitigated"),
    ("currency", "Euro weakens by a tenth", "0.20", 300_000, 700_000, 1_500_000, "F. Lindqvist", "Forwards up to six months", "mitigated"),
    ("supply", "Device supplier fails", "0.10", 200_000, 800_000, 2_500_000, "E. Novak", "Second source qualified", "open"),
    ("supply", "Freight rates double", "0.15", 120_000, 310_000, 760_000, "E. Novak", "Yearly contract with two carriers", "open"),
    ("technology", "Outage longer than a day", "0.12", 180_000, 520_000, 2_200_000, "C. Tanaka", "Second region in standby", "mitigated"),
    ("technology", "Hosting cost grows faster than revenue", "0.40", 240_000, 680_000, 1_300_000, "C. Tanaka", "Monthly right-sizing", "open"),
    ("security", "Customer data disclosed", "0.04", 1_000_000, 3_500_000, 12_000_000, "H. Patel", "Encryption and yearly audit", "open"),
    ("security", "Payment fraud", "0.06", 50_000, 180_000, 900_000, "F. Lindqvist", "Two signatures on new bank details", "mitigated"),
    ("people", "Key engineers leave", "0.18", 200_000, 450_000, 1_100_000, "G. Romano", "Retention plan", "open"),
    ("legal", "Tax audit of group charges", "0.15", 100_000, 350_000, 1_200_000, "F. Lindqvist", "Transfer pricing file kept current", "open"),
    ("legal", "Patent claim on Scanner Kit", "0.05", 300_000, 900_000, 2_600_000, "B. Osei", "Opinion of counsel", "open"),
    ("finance", "Covenant of the bank loan broken", "0.03", 400_000, 1_500_000, 5_000_000, "F. Lindqvist", "Quarterly headroom report", "closed"),
)  # fmt: skip
_ACTIVITIES = (
    ("Webinar", "Marketing", 40, 180), ("Trade fair", "Marketing", 350, 1_600), ("Paid search", "Marketing", 8, 90),
    ("White paper", "Marketing", 5, 60), ("Outbound call", "Sales", 15, 70), ("Product demo", "Sales", 120, 600),
    ("Partner referral", "Sales", 200, 2_500), ("Proof of concept", "Customer Success", 900, 6_000),
)  # fmt: skip
_KPIS = (  # KPI, target, baseline, direction
    ("budget_utilization", "1.00", "1.06", "lower"),
    ("absolute_variance_pct", "0.05", "0.09", "lower"),
    ("cost_ratio", "0.82", "0.86", "lower"),
    ("gross_margin", "0.66", "0.62", "higher"),
    ("operating_margin", "0.15", "0.12", "higher"),
    ("forecast_mase", "0.85", "0.95", "lower"),
    ("days_to_close", "5", "7", "lower"),
    ("quarantine_rate", "0.001", "0.004", "lower"),
    ("reporting_time_reduction", "", "7", "lower"),
)


def extracts(economy: Economy, contracts: Extract) -> list[Extract]:
    """The files of the operating datasets."""
    months, seed = economy.months, economy.seed
    start, end = before(months[0], 9), after(months[-1])
    targets: list[Row] = [
        (kpi, period, target, baseline, better) for period in months for kpi, target, baseline, better in _KPIS
    ]
    return [
        *_drivers(economy),
        Extract("initiatives", "initiatives.csv", INITIATIVE_COLUMNS, _initiatives(months[0]), start),
        Extract("risks", "risks.csv", RISK_COLUMNS, _risks(), start),
        Extract("kpi_targets", "kpi_targets.csv", KPI_COLUMNS, targets, start),
        Extract("efficiency_targets", "efficiency_targets.csv", GOAL_COLUMNS, _goals(months), start),
        Extract("touchpoints", "touchpoints.csv", TOUCHPOINT_COLUMNS, _touchpoints(seed, contracts.rows), end),
    ]


def _drivers(economy: Economy) -> list[Extract]:
    """One file a calendar year, arriving with the last month in it."""
    files: dict[str, list[Row]] = {}
    last: dict[str, str] = {}
    for number, period in enumerate(economy.months):
        rows = files.setdefault(period[:4], [])
        last[period[:4]] = period
        for entity in company.ENTITIES:
            rows += _center_drivers(economy.seed, entity, period, number)
            rows += _orders(economy, entity, period, number)
    return [Extract("drivers", f"drivers_{y}.csv", DRIVER_COLUMNS, rows, after(last[y])) for y, rows in files.items()]


def _center_drivers(seed: int, entity: Entity, period: str, number: int) -> list[Row]:
    rows: list[Row] = []
    season = SEASONS["sales"][int(period[5:]) - 1]
    for place, center in enumerate(company.centers_of(entity)):
        chance = Chance(seed, 503, entity.code, place, number)
        heads = center.heads * (1000 + 4 * number) // 1000 + (chance.one(5) == 0)
        measures = [("headcount", str(heads), "people"), ("floor_area", str(center.heads * 12), "square meters")]
        if center.department == "Customer Success":
            tickets = center.heads * (60 + number) * season // 1000 + chance.one(40)
            measures.append(("tickets", str(tickets), "tickets"))
        if center.department == "Engineering":
            hours = center.heads * (5_000 + 60 * number) + chance.one(4_000)
            measures.append(("cloud_hours", f"{hours}.{chance.one(100):02d}", "instance hours"))
        if center.department in ("Sales", "Customer Success", "Finance"):
            measures.append(("seats", str(heads + chance.one(3)), "software seats"))
        rows += [
            (period, entity.entity_id, name, value, unit, center.cost_center_id, "") for name, value, unit in measures
        ]
    return rows


def _goals(months: list[str]) -> list[Row]:
    """What hosting is to cost the engineering teams of the parent, falling from year to year."""
    parent = company.PARENT
    return [
        (parent.entity_id, center.cost_center_id, "cloud_hours", months[after_first], goal)
        for center in company.centers_of(parent, "Engineering")
        for after_first, goal in _GOALS
        if after_first < len(months)
    ]


def _orders(economy: Economy, entity: Entity, period: str, number: int) -> list[Row]:
    """Orders follow the revenue of their product."""

    def orders(product_id: str, amount: int) -> str:
        return str(amount // company.list_price(entity, company.product(product_id)) // 3 + 1)

    return [
        (period, entity.entity_id, "orders", orders(cell.product_id, amounts[number]), "orders", cell.cost_center_id,
         cell.product_id)
        for cell, amounts in zip(cells(), economy.amounts, strict=True)
        if cell.entity_id == entity.entity_id and cell.kind in ("sale", "release") and cell.spent
    ]  # fmt: skip


def _initiatives(first: str) -> list[Row]:
    return [
        (
            f"IN-{n:02d}", name, department, kind, f"{cost}.00", periods.add(first, start), str(horizon), f"{gain}.00",
            f"{cost // 4}.00", f"{cost * 2}.00", f"{cost * 3 // 2}.00", kpi, value,
        )
        for n, (name, department, kind, cost, start, horizon, gain, kpi, value) in enumerate(_INITIATIVES, start=1)
    ]  # fmt: skip


def _risks() -> list[Row]:
    return [
        (
            f"RK-{n:02d}",
            category,
            title,
            probability,
            f"{low}.00",
            f"{mode}.00",
            f"{high}.00",
            owner,
            mitigation,
            status,
        )
        for n, (category, title, probability, low, mode, high, owner, mitigation, status) in enumerate(_RISKS, start=1)
    ]


def _touchpoints(seed: int, contracts: list[Row]) -> list[Row]:
    """One to five touches in the months before each signature."""
    rows: list[Row] = []
    for number, (contract, _, customer, signed, *_rest) in enumerate(contracts):
        chance = Chance(seed, 509, number)
        for _touch in range(chance.between(1, 5)):
            activity, department, low, high = chance.pick(_ACTIVITIES)
            day = date.fromisoformat(signed) - timedelta(days=chance.between(1, 150))
            cost = money.to_decimal(chance.between(low * 100, high * 100), "USD")
            rows.append(
                (f"TP-{len(rows) + 1:06d}", contract, customer, day.isoformat(), activity, department, str(cost))
            )
    return rows
