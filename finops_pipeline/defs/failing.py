"""What an error means to Dagster: a transient one is tried again, every other one is final.

This is the only place that knows both trees. Assets declare no retry policy, because a policy retries every exception.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from finops_pipeline.errors import PermanentError, TransientError

RETRIES = 3
SECONDS = 2.0


@contextmanager
def retrying_only_transient() -> Iterator[None]:
    """Ask Dagster to try again for a TransientError; fail for good for a PermanentError.

    Any other exception is a defect of ours: it passes as it is, with its traceback, and is not retried either.
    """
    try:
        yield
    except TransientError as error:
        raise dg.RetryRequested(max_retries=RETRIES, seconds_to_wait=SECONDS) from error
    except PermanentError as error:
        raise dg.Failure(description=f"{type(error).__name__}: {error}", allow_retries=False) from error
