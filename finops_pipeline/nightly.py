"""The close as the command line asks for it: find out cheaply whether there is anything to do, and only then do it.

Dagster is imported only when there is.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from finops_pipeline.defs.house import House
from finops_pipeline.defs.outbox import Outbox, basis
from finops_pipeline.errors import ConfigurationError
from finops_pipeline.finance import periods as calendar
from finops_pipeline.settings import Settings
from finops_pipeline.sources import registry

if TYPE_CHECKING:
    from finops_pipeline.defs.closing import Outcome
else:
    Outcome = object

Progress = Callable[[str, int, int], None]


class Nothing:
    """The outcome of a close that had nothing to do."""

    months: tuple[str, ...] = ()
    broken: tuple[()] = ()


def close(settings: Settings, forced: Sequence[str], progress: Progress) -> "Outcome | Nothing":
    """Take in what is new and publish what is out of date; months in `forced` are made again, and only those.

    Raises: ConfigurationError for a landing folder that is not there and for months without data.
    """
    for period in forced:
        if not calendar.is_label(period):
            raise ConfigurationError(f"{period!r} is not a period: write it as YYYY-MM")
    new = _is_anything_new(settings)
    if not new and not forced and not _out_of_date(settings):
        return Nothing()
    from finops_pipeline.defs import closing  # noqa: PLC0415 - Dagster takes seconds to import

    return closing.close(settings, ingest=new, forced=forced, progress=progress)


def _is_anything_new(settings: Settings) -> bool:
    from finops_pipeline.intake.deriving import is_declared_anew  # noqa: PLC0415
    from finops_pipeline.intake.ingest import pending  # noqa: PLC0415

    if not settings.landing_path.is_dir():
        raise ConfigurationError(
            f"there is no landing folder {settings.landing_path}: create it with `finops sample --out "
            f"{settings.landing_path}`, or name another one with --landing"
        )
    house = House(settings)
    try:
        if is_declared_anew(settings.lake_path, registry.derivations(settings.options)):
            return True
        return bool(pending(settings, house.warehouse, datetime.now(tz=UTC)))
    finally:
        house.close()


def _out_of_date(settings: Settings) -> list[str]:
    return Outbox.of(settings).out_of_date(House(settings).months(), basis(settings))
