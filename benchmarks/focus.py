"""Take a cloud bill in: this system against a plain DuckDB script, on FOCUS Parquet.

    python benchmarks/focus.py [--rows 10000000] [--repeat 3] [--memory 3GB]

Both read the same Parquet file of made-up charges (44 columns, decimals, moments, a map of tags), keep out rows that lack
a value or use a word that FOCUS does not have, with their text, store the rest by month with its allocation key, sum
four costs of the file before and after, and the bill by month. The run ends when their totals agree. Each runs in a
process of its own on the same cores; the ratio is of the medians. Ours then also counts the rules of conformance and
sums savings, which the script does not: those seconds are printed apart.
"""

import time
from datetime import UTC, datetime
from pathlib import Path

from peers import contest

from finops_pipeline.sources.focus import datasets

NAMES = datasets()[0].columns
COSTS = ("billed_cost", "effective_cost", "contracted_cost", "list_cost")
KEY = (
    "period", "provider", "billing_account_id", "sub_account_id", "service_category", "service_name", "charge_category",
    "allocation_key", "currency",
)  # fmt: skip
CHARGES = """
SELECT 'AWS' AS "ProviderName", 'AWS' AS "PublisherName", 'AWS' AS "InvoiceIssuerName", 'A' || i % 5 AS "BillingAccountId",
  'Main' AS "BillingAccountName", 'S' || i % 97 AS "SubAccountId", 'Sub ' || i % 97 AS "SubAccountName",
  CASE WHEN i % 100000 = 7 THEN NULL ELSE 'USD' END AS "BillingCurrency",
  date_trunc('month', day)::TIMESTAMP AS "BillingPeriodStart",
  (date_trunc('month', day) + INTERVAL 1 MONTH)::TIMESTAMP AS "BillingPeriodEnd",
  day::TIMESTAMP AS "ChargePeriodStart", (day + INTERVAL 1 HOUR)::TIMESTAMP AS "ChargePeriodEnd",
  CASE WHEN i % 100000 = 9 THEN 'Fee' ELSE 'Usage' END AS "ChargeCategory", NULL::VARCHAR AS "ChargeClass",
  'Usage-Based' AS "ChargeFrequency", 'Hours of machine ' || i % 1000 AS "ChargeDescription",
  ['Compute', 'Storage', 'Networking', 'Databases'][i % 4 + 1] AS "ServiceCategory",
  'Service ' || i % 40 AS "ServiceName", 'arn:resource/' || i % 100003 AS "ResourceId", 'eu-1' AS "RegionId",
  'Europe' AS "RegionName", 'zone' || i % 3 AS "AvailabilityZone", 'SKU' || i % 500 AS "SkuId",
  'SKU' || i % 500 || '.P' AS "SkuPriceId", 'Standard' AS "PricingCategory", q AS "PricingQuantity", 'Hours' AS "PricingUnit",
  p AS "ListUnitPrice", p AS "ContractedUnitPrice", q AS "ConsumedQuantity", 'Hours' AS "ConsumedUnit",
  (p * q)::DECIMAL(38, 15) AS "ListCost", (p * q)::DECIMAL(38, 15) AS "ContractedCost",
  (p * q)::DECIMAL(38, 15) AS "EffectiveCost", (p * q)::DECIMAL(38, 15) AS "BilledCost",
  NULL::VARCHAR AS "CommitmentDiscountId", NULL::VARCHAR AS "CommitmentDiscountStatus",
  NULL::VARCHAR AS "CommitmentDiscountType", NULL::VARCHAR AS "CommitmentDiscountCategory",
  NULL::VARCHAR AS "InvoiceId", 'Hours' AS "SkuMeter", 'VM' AS "ResourceType", 'vm-' || i % 1000 AS "ResourceName",
  MAP {{'team': 'team' || i % 20, 'environment': 'prod'}} AS "Tags"
FROM (SELECT i, (1 + i % 977)::DECIMAL(12, 6) / 7 AS raw_q, ((1 + i % 977)::DECIMAL(12, 6) / 64)::DECIMAL(12, 6) AS q,
        ((3 + i % 89) / 1000)::DECIMAL(12, 6) AS p, TIMESTAMP '2026-01-01' + INTERVAL (i % 2160) HOUR AS day
      FROM range({rows}) AS t(i))
"""


def write_bill(landing: Path, rows: int) -> None:
    """The Parquet file; one row in 50,000 is bad."""
    import duckdb

    target = landing / "focus" / "cost_and_usage" / "bill.parquet"
    target.parent.mkdir(parents=True)
    duckdb.connect().execute(f"COPY ({CHARGES.format(rows=rows)}) TO '{target}' (FORMAT parquet)")


def ours(landing: Path, out: Path, memory: str) -> dict[str, object]:
    """The real intake and the monthly bill; then conformance and savings."""
    from finops_pipeline.contracts.focus import CLOUD_COSTS
    from finops_pipeline.contracts.intake import INGESTED_FILES
    from finops_pipeline.finance import balances
    from finops_pipeline.finance.cloud import conformance, savings
    from finops_pipeline.intake.ingest import ingest
    from finops_pipeline.settings import load
    from finops_pipeline.storage.engine import Engine
    from finops_pipeline.storage.lake import Lake
    from finops_pipeline.storage.warehouse import Warehouse

    settings = load(home=out, landing=landing, engine_memory_limit=memory)
    lake, warehouse = Lake(settings.lake_path), Warehouse(settings.url)
    warehouse.create()
    stages, started = {}, time.perf_counter()
    with Engine(settings.engine_memory_limit) as engine:
        ingest(settings, lake, engine, warehouse, run_id="benchmark", now=datetime.now(UTC))
        stages["intake"] = time.perf_counter() - started
        bill = engine.collect(balances.cloud_cost_monthly(engine.scan(lake.files(CLOUD_COSTS)))).to_pandas()
        seconds = time.perf_counter() - started
        for name, step in (("conformance", conformance.counted), ("savings", savings.savings_monthly)):
            clock = time.perf_counter()
            engine.collect(step(engine.scan(lake.files(CLOUD_COSTS))))
            stages[name] = time.perf_counter() - clock
    accepted = int(warehouse.read(INGESTED_FILES)["rows_accepted"].sum())
    return {"seconds": seconds, "stages": stages, "totals": [accepted, len(bill), *(str(bill[c].sum()) for c in COSTS)]}


def plain(landing: Path, out: Path, memory: str) -> dict[str, object]:
    """The plain SQL script: one format by heart."""
    import duckdb

    started = time.perf_counter()
    db = duckdb.connect(config={"memory_limit": memory, "temp_directory": str(out / "spill")})
    source = f"read_parquet('{landing}/focus/cost_and_usage/bill.parquet')"
    header = [row[0] for row in db.execute(f"DESCRIBE SELECT * FROM {source}").fetchall()]
    known = {file: ours for ours, file in NAMES.items()}
    typed = {"PricingQuantity", "ListUnitPrice", "ContractedUnitPrice", "ConsumedQuantity"}
    columns = ", ".join(
        f"to_json({h})::VARCHAR AS {known[h]}" if h == "Tags"
        else f"{h}::DECIMAL(38, 15) AS {known[h]}" if h in typed else f"{h} AS {known[h]}"
        for h in header
    )  # fmt: skip
    required = " OR ".join(
        f"{NAMES[c]} IS NULL"
        for c in ("provider", "invoice_issuer", "billing_account_id", "currency", "billing_period_start", *COSTS[:2],
                  "billing_period_end", "charge_period_start", "charge_period_end", "service_category", "service_name")
    )  # fmt: skip
    bad = f"{required} OR ChargeCategory NOT IN ('Usage', 'Purchase', 'Tax', 'Credit', 'Adjustment')"
    db.execute(
        f"CREATE TABLE lines AS SELECT strftime(BillingPeriodStart, '%Y-%m') AS period, {columns}, "
        f"coalesce(Tags['cost_center'], Tags['business_unit'], Tags['team'], Tags['application']) AS allocation_key, "
        f"({bad}) AS fail, CASE WHEN {bad} THEN to_json(t) END AS raw FROM {source} AS t"
    )
    sums = ", ".join(f"sum({c})" for c in COSTS)
    source_totals = db.execute(f"SELECT currency, {sums} FROM lines GROUP BY 1").fetchall()
    for (period,) in db.execute("SELECT DISTINCT period FROM lines WHERE NOT fail ORDER BY 1").fetchall():
        folder = out / f"period={period}"
        folder.mkdir()
        db.execute(
            f"COPY (SELECT * EXCLUDE (fail, raw), row_number() OVER () AS row_number FROM lines WHERE NOT fail AND "
            f"period = '{period}') TO '{folder}/data.parquet' (FORMAT parquet, COMPRESSION zstd)"
        )
    lake = f"read_parquet('{out}/period=*/data.parquet', hive_partitioning = false)"
    stored = db.execute(f"SELECT currency, {sums} FROM {lake} GROUP BY 1").fetchall()
    out_totals = db.execute(f"SELECT currency, {sums} FROM lines WHERE fail GROUP BY 1").fetchall()
    if not source_totals or not stored or out_totals is None:
        raise SystemExit("nothing was read")
    db.execute(f"CREATE TABLE bill AS SELECT {', '.join(KEY)}, {sums.replace('sum(', 'sum(')} FROM {lake} GROUP BY ALL")
    rows = db.execute("SELECT count(*) FROM bill").fetchall()[0][0]
    accepted = db.execute(f"SELECT count(*) FROM {lake}").fetchall()[0][0]
    totals = next(row[1:] for row in stored)
    return {"seconds": time.perf_counter() - started, "stages": {}, "totals": [accepted, rows, *map(str, totals)]}


if __name__ == "__main__":
    contest.hold(__file__, __doc__, write_bill, plain, ours, "rows, rows of the bill, four costs")
