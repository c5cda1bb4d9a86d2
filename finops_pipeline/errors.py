"""The exception tree: what went wrong, with the values, and the next step for whoever reads it.

    FinopsError
    ├── TransientError        the same call may succeed later (a locked database, a network time-out): retried
    └── PermanentError        repeating cannot help: never retried
        ├── ConfigurationError    settings or command line: the command line exits with 2
        ├── MissingRateError      a rate, driver, price or calendar is not there; nothing is assumed in its place
        ├── SourceError           another system refuses, or does not say, what it was asked for
        ├── ContractError         data break the contract of a table on their way to it
        └── CheckFailedError      a blocking check failed: the command line exits with 1

Bad *data* are not errors: they are findings (`finance.findings`) and quarantine rows.
"""


class FinopsError(Exception):
    """Root of everything this package raises on purpose."""


class TransientError(FinopsError):
    """A failure that may pass: the caller may try again."""


class PermanentError(FinopsError):
    """A failure that stays until somebody changes data, settings or code."""


class ConfigurationError(PermanentError):
    """Settings or arguments that cannot be used as they are."""


class MissingRateError(PermanentError):
    """A rate, driver, price or calendar that the computation needs and does not have."""


class SourceError(PermanentError):
    """Another system refuses what it was asked for, or answers in a way that nothing can be made of."""


class ContractError(PermanentError):
    """A frame that does not keep its table's contract."""


class CheckFailedError(PermanentError):
    """A blocking check failed, so nothing that stands on it was published."""
