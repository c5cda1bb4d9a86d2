"""The one `defs` object that Dagster loads."""

from finops_pipeline.defs.assembly import build_definitions
from finops_pipeline.settings import load

defs = build_definitions(load())
