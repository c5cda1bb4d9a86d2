"""Chance that is the same everywhere: whole numbers from a keyed PCG64 stream, and no floats.

NumPy promises the raw stream of a bit generator for all time, but not what its distributions make of it, and a machine's
sine may differ from another's in the last bit. So everything random in the sample comes from `below`.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

Whole = npt.NDArray[np.int64]
Choice = TypeVar("Choice")


class Chance:
    """A stream of whole numbers named by its keys: the same keys give the same numbers, whoever drew before."""

    def __init__(self, *keys: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([key & 0xFFFFFFFF for key in keys]))

    def below(self, bound: int, size: int) -> Whole:
        """`size` numbers from 0 to `bound - 1`; a longer draw begins with the numbers of a shorter one."""
        raw = self._bits.random_raw(size)
        return (raw % np.uint64(bound)).astype(np.int64)

    def one(self, bound: int) -> int:
        """One number from 0 to `bound - 1`."""
        return int(self.below(bound, 1)[0])

    def between(self, low: int, high: int) -> int:
        """One number from `low` to `high`, both included."""
        return low + self.one(high - low + 1)

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of the choices."""
        return choices[self.one(len(choices))]
