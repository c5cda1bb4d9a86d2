"""The command line `finops`: it parses, calls and prints; nothing is decided here.

Exit codes: 0 good; 1 a blocking check failed (which one is said); 2 the command or the configuration cannot be used.
Everything heavy is imported by the command that needs it, so that `finops --help` answers at once.
"""

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import wraps
from pathlib import Path
from typing import Any, ParamSpec

import click

from finops_pipeline import __version__
from finops_pipeline.errors import CheckFailedError, ConfigurationError, FinopsError

P = ParamSpec("P")
_DIRECTORY = click.Path(path_type=Path, file_okay=False)


def _told_in_words(command: Callable[P, None]) -> Callable[P, None]:
    """Errors of ours become one message and an exit code; a defect keeps its traceback."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except FinopsError as error:
            click.echo(f"Error: {error}", err=True)
            sys.exit(2 if isinstance(error, ConfigurationError) else 1)

    return run


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="finops")
def main() -> None:
    """The nightly close: from extract files to validated, published finance reports."""


@main.command()
@click.option("--out", type=_DIRECTORY, required=True, help="Landing folder to write into.")
@click.option("--months", type=click.IntRange(min=1), default=30, show_default=True, help="Months of history.")
@click.option(
    "--journal-lines", type=click.IntRange(min=1), default=60_000, show_default=True, help="At least so many."
)
@click.option("--seed", type=int, default=7, show_default=True, help="The same seed gives the same bytes.")
@click.option("--faults/--no-faults", default=True, show_default=True, help="Plant a documented set of bad rows.")
@_told_in_words
def sample(out: Path, months: int, journal_lines: int, seed: int, faults: bool) -> None:
    """Write a make-believe company as native extracts."""
    from finops_pipeline import console  # noqa: PLC0415
    from finops_pipeline.sample import write_sample  # noqa: PLC0415

    with console.progress("Writing the sample company") as tell:
        made = write_sample(
            out, months=months, journal_lines=journal_lines, seed=seed, faults=faults, progress=tell
        )  # fmt: skip
    planted = f", {made.planted} planted faults (see {out / 'planted_faults.csv'})" if made.planted else ""
    click.echo(
        f"{made.files} files with {sum(made.rows.values()):,} rows from {made.first_period} to {made.last_period} in "
        f"{out}{planted}"
    )


@main.command()
@click.option("--landing", type=_DIRECTORY, help="Folder the extracts are in; <home>/landing if not given.")
@click.option("--home", type=_DIRECTORY, help="Folder of lake, warehouse and run history; FINOPS_HOME or data.")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day the reports are made for; today if not given.")
@click.option("--period", "periods", multiple=True, metavar="YYYY-MM", help="Make these months again (repeatable).")
@_told_in_words
def run(landing: Path | None, home: Path | None, as_of: datetime | None, periods: tuple[str, ...]) -> None:
    """Take in what is new, make what it affects, publish, and say what came of it."""
    from finops_pipeline import console, nightly  # noqa: PLC0415
    from finops_pipeline.settings import load  # noqa: PLC0415

    day: date | None = as_of.date() if as_of else None
    settings = load(landing=landing, home=home, as_of=day)
    with console.progress("Closing") as tell:
        outcome = nightly.close(settings, periods, tell)
    console.summary(settings, outcome)
    if outcome.broken:
        raise CheckFailedError(console.failure(outcome))


@main.command()
@click.option("--source", type=click.Choice(["quickbooks", "netsuite"]), help="Only this system; all configured ones.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Also what changed from this day on.")
@click.option("--whole", is_flag=True, help="Everything again, not only what has changed.")
@click.option("--landing", type=_DIRECTORY, help="Folder the files land in; <home>/landing if not given.")
@click.option("--home", type=_DIRECTORY, help="Folder of lake, warehouse and run history; FINOPS_HOME or data.")
@_told_in_words
def pull(source: str | None, since: datetime | None, whole: bool, landing: Path | None, home: Path | None) -> None:
    """Ask QuickBooks Online and NetSuite for what is new, and land it as files."""
    from finops_pipeline import console  # noqa: PLC0415
    from finops_pipeline.pull.extra import needing  # noqa: PLC0415
    from finops_pipeline.settings import load  # noqa: PLC0415

    settings = load(landing=landing, home=home)
    pulling = needing("finops_pipeline.pull.pulling")
    asked = pulling.asking(settings.pull, since.date() if since else None, whole=whole)
    with console.progress("Pulling") as tell:
        done = pulling.pull(
            settings.pull, pulling.Places(settings.pull_path, settings.landing_path), asked, source, tell
        )
    for table in done:
        if table.rows:
            click.echo(f"{table.source}/{table.table}: {table.rows:,} rows, {table.files or 'no'} new files")
    click.echo(f"{sum(table.files for table in done) or 'no'} new files in {settings.landing_path}")


@main.command()
@click.argument("table")
@click.option("--period", "periods", multiple=True, metavar="YYYY-MM", help="Only these months (repeatable).")
@click.option("--where", multiple=True, metavar="COLUMN=VALUE", help="Only rows with this value (repeatable).")
@click.option("--limit", type=click.IntRange(min=0), help="At most so many rows.")
@click.option("--format", "form", type=click.Choice(["table", "csv", "json"]), default="table", show_default=True)
@click.option("--home", type=_DIRECTORY, help="Folder of lake, warehouse and run history; FINOPS_HOME or data.")
@_told_in_words
def show(
    table: str, periods: tuple[str, ...], where: tuple[str, ...], limit: int | None, form: str, home: Path | None
) -> None:
    """Print a published TABLE, amounts exact in major units."""
    from finops_pipeline import showing  # noqa: PLC0415
    from finops_pipeline.settings import load  # noqa: PLC0415

    rows: Any = showing.rows(load(home=home), table, periods, where, limit)
    click.echo(showing.FORMATS[form](rows), nl=False)


@main.command()
@click.argument("what", type=click.Choice(["contract"]))
@click.argument("identifier")
@click.option("--as-of", type=click.DateTime(["%Y-%m-%d"]), help="Day whose knowledge counts; today if not given.")
@click.option("--home", type=_DIRECTORY, help="Folder of lake, warehouse and run history; FINOPS_HOME or data.")
@_told_in_words
def explain(what: str, identifier: str, as_of: datetime | None, home: Path | None) -> None:
    """Say where the revenue of a contract comes from: the five steps, the schedule, the journal."""
    from finops_pipeline import explaining  # noqa: PLC0415
    from finops_pipeline.settings import load  # noqa: PLC0415

    del what  # contracts are what can be explained
    settings = load(home=home)
    day = as_of.date() if as_of else settings.as_of or datetime.now(tz=UTC).date()
    click.echo("\n".join(explaining.contract(settings, identifier, day)))
