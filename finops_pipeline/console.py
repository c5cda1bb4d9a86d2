"""What a person sees in the terminal: progress while it works, and a summary of the close."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from finops_pipeline import showing
from finops_pipeline.contracts import catalog
from finops_pipeline.errors import MissingRateError
from finops_pipeline.finance.currency import Rates
from finops_pipeline.settings import Settings
from finops_pipeline.storage.lake import Lake

if TYPE_CHECKING:
    from finops_pipeline.defs.closing import Outcome
    from finops_pipeline.nightly import Nothing

_OUT = Console(highlight=False, width=None if sys.stdout.isatty() else 120)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """A bar for what is being done; called with what, how much of it is done, and how much there is."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as shown:
        task = shown.add_task(title, total=None)

        def tell(what: str, done: int, total: int) -> None:
            shown.update(task, description=f"{title}: {what}", completed=done, total=total or None)

        yield tell


def failure(outcome: "Outcome | Nothing") -> str:
    """What failed, by step and check, with the numbers."""
    told = []
    for broken in outcome.broken:
        checks = f" (blocking check {', '.join(broken.checks)})" if broken.checks else ""
        told.append(f"{broken.step}{checks}: {broken.message}")
    return "the close stopped; nothing that stands on this was published\n" + "\n".join(told)


def summary(settings: Settings, outcome: "Outcome | Nothing") -> None:
    """The close in one page, read from the published tables."""
    read = _Reader(settings)
    months = list(outcome.months)
    nothing = "nothing, the close stopped" if outcome.broken else "nothing to publish, all is current"
    told = f"{months[0]} to {months[-1]} ({len(months)} month{'s' * (len(months) > 1)})" if months else nothing
    _OUT.rule("[bold]Close")
    _said("Published", told)
    _intake(read)
    _group(read, settings.group_entity)
    _variances(read)
    _revenue(read)
    _forecast(read)
    _alerts(read)
    _OUT.print()
    _said("Where to look next", "finops show budget_variance --period YYYY-MM · finops show quarantine · make ui")


def _said(label: str, text: str) -> None:
    """One line of the page; a long text stays in its column."""
    line = Grid.grid(padding=(0, 2))
    line.add_column(width=18, style="bold")
    line.add_column()
    line.add_row(label, text)
    _OUT.print(line)


class _Reader:
    """Published tables; an empty frame for one that has no rows yet."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def __call__(self, table: str, *where: str) -> pd.DataFrame:
        return showing.rows(self.settings, table, (), where)

    def lake(self, table: str) -> pd.DataFrame:
        """A table of the lake, as stored."""
        return Lake(self.settings.lake_path).read(catalog.table(table))


def _intake(read: _Reader) -> None:
    files = read("ingested_files")
    sums = {c: int(files[c].astype("int64").sum()) for c in files.columns if c.startswith("rows_")}
    rejected = int((files["status"] == "rejected").sum())
    _said(
        "Rows in",
        f"{sums['rows_read']:,} in {len(files)} files ({rejected} rejected): {sums['rows_accepted']:,} accepted, "
        f"{sums['rows_duplicate']:,} duplicate, {sums['rows_quarantined']:,} quarantined",
    )
    quarantine = read("quarantine")
    if len(quarantine):
        counts = quarantine.groupby("rule_id").size().sort_values(ascending=False, kind="stable")
        _said("Quarantine", ", ".join(f"{rule} {rows}" for rule, rows in counts.items()))
    totals = read("reconciliation")
    differences = sum((abs(Decimal(str(v))) for v in totals["difference"]), Decimal(0))
    verdict = "[green]exact[/]" if differences == 0 else f"[red]difference {differences}[/]"
    _said("Reconciliation", f"{len(totals)} control totals by file, currency and measure: {verdict}")


def _grid(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    grid = Grid(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    for name in columns:
        is_amount = name.startswith(("actual", "budget", "variance", "p0", "p5", "p9", "amount", "ytd"))
        grid.add_column(name, justify="right" if is_amount else "left", no_wrap=is_amount)
    for row in rows:
        grid.add_row(*(f"{v:,}" if isinstance(v, Decimal) else "" if pd.isna(v) else str(v) for v in row))
    _OUT.print()
    _OUT.print(grid)


def _group(read: _Reader, name: str) -> None:
    """The group's last month in a few lines; nothing where there is no group."""
    shown = [
        ("income_statement", ("Total revenue", "Gross profit", "Operating income", "Net income")),
        ("cash_flow", ("Net cash from operating activities", "Net change in cash", "Cash at the end of the period")),
    ]
    tables = [(read(table, f"entity_id={name}"), lines) for table, lines in shown if name]
    month = max((str(found["period"].max()) for found, _ in tables if len(found)), default="")
    rows = [
        [row["line"], row["currency"], row["amount"], row.get("ytd_amount")]
        for found, lines in tables
        for row in found[(found["period"] == month) & found["line"].isin(lines)].to_dict("records")
        if row["line_kind"] == "subtotal"
    ]
    if rows:
        _grid(f"{name}: {month}", ["line", "currency", "amount", "ytd amount"], rows)


def _variances(read: _Reader) -> None:
    """The five that cost most; of several budget versions the one whose name sorts last."""
    rows = read("budget_variance", "basis=mtd")
    last = rows[rows["period"] == rows["period"].max()]
    newest = last.groupby("entity_id")["version"].transform("max")
    bad = last[(last["version"] == newest) & last["profit_effect"].map(lambda effect: effect < 0).astype(bool)]
    if bad.empty:
        return
    period = str(bad["period"].iloc[0])
    worth = _worth(read, period, sorted(bad["currency"].unique()))
    columns = ["entity_id", "account_name", "department", "currency", "actual", "budget", "variance"]
    for note, group in [("", bad)] if worth else [(f", in {c}", g) for c, g in bad.groupby("currency")]:
        weight = [v * worth.get(c, 1) for v, c in zip(group["profit_effect"], group["currency"], strict=True)]
        worst = group.assign(weight=weight).sort_values("weight", kind="stable").head(5)
        title = f"Largest unfavorable variances of {period}, month to date{note}"
        _grid(title, columns, worst[columns].to_numpy().tolist())


def _worth(read: _Reader, period: str, currencies: list[str]) -> dict[str, Decimal]:
    """What one unit of each currency is worth in one of them, at average rates; nothing where they have no such rate."""
    rates = Rates.of(read.lake("fx_rates"))
    for target in currencies:
        try:
            return {c: rates.rate(c, target, "average", period) for c in currencies}
        except MissingRateError:
            continue
    return {}


def _revenue(read: _Reader) -> None:
    rows = read("recognized_revenue")
    if rows.empty:
        return
    last = rows[rows["period"] == rows["period"].max()]
    sums = _sums(last, ["entity_id", "currency"], {"recognized": "amount", "recognized_ytd": "ytd amount"})
    _grid(f"Recognized revenue of {last['period'].iloc[0]}", ["entity_id", "currency", "amount", "ytd amount"], sums)


def _forecast(read: _Reader) -> None:
    rows = read("forecast")
    if rows.empty:
        return
    ahead = rows[rows["period"] == rows["period"].min()]
    # The total of an entity; a measure that only one department has is its own total.
    total = ahead.assign(of=ahead["department"].notna()).sort_values("of", kind="stable")
    total = total.drop_duplicates(["measure", "entity_id"]).sort_values(["measure", "entity_id"])
    columns = ["measure", "entity_id", "currency", "p05", "p50", "p95"]
    _grid(
        f"Forecast for {ahead['period'].iloc[0]}: median and 90 % interval", columns, total[columns].to_numpy().tolist()
    )


def _alerts(read: _Reader) -> None:
    rows = read("alerts", "status=open")
    counts = Counter(zip(rows["severity"], rows["kind"], strict=True))
    told = ", ".join(f"{n} {severity} {kind}" for (severity, kind), n in sorted(counts.items())) or "none"
    _OUT.print()
    _said("Open alerts", told)


def _sums(rows: pd.DataFrame, keys: list[str], columns: dict[str, str]) -> list[list[Any]]:
    return [
        [*key, *(sum((Decimal(str(v)) for v in group[c]), Decimal(0)) for c in columns)]
        for key, group in rows.groupby(keys)
    ]
