"""The pull is an optional part of the installation: who wants it asks here, and is told how to get it."""

from importlib import import_module
from typing import Any

from finops_pipeline.errors import ConfigurationError

_BROUGHT = ("dlt", "dagster_dlt", "jwt", "cryptography")


def needing(module: str) -> Any:
    """A module that needs the extra `pull`. Raises: ConfigurationError where it is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in _BROUGHT:
            raise
        raise ConfigurationError(
            f"pulling needs {error.name}, which is not installed: pip install 'finops-pipeline[pull]'"
        ) from None
