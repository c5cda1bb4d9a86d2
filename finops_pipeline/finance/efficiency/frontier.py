"""Data-envelopment analysis: how much less input the best of comparable units would need for the same output.

Here: the two input-oriented models as linear programs. Not here: which cost centers are comparable (`table`).

A unit's score is the least factor that its inputs can shrink by while some mixture of all units still makes its outputs:

    minimize θ   so that   Σ λ(j) x(i,j) <= θ x(i,o)   for each input i of the unit o
                           Σ λ(j) y(r,j) >=   y(r,o)   for each output r,        λ >= 0

With constant returns to scale (Charnes, Cooper and Rhodes) units may be scaled at will; with variable returns (Banker,
Charnes and Cooper) the weights sum to 1, and a unit is compared with units of its size. Worked example, one input and one
output: B makes 3 of 3, D 3 of 4. With B's ratio D needs 3, so its score is 0.75; the weight of its peer B is 1.

Source: Charnes, Cooper and Rhodes (1978); Banker, Charnes and Cooper (1984).
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

Matrix = npt.NDArray[np.float64]
Returns = Literal["constant", "variable"]

_SOLVED_TO = 1e-6
"""How closely the solver's scores and weights can be read."""


@dataclass(frozen=True, slots=True)
class Frontier:
    """`scores`: one per unit, in (0, 1]. `weights`: unit x unit, how its peers mix to the point it is compared with."""

    scores: Matrix
    weights: Matrix


def frontier(inputs: Matrix, outputs: Matrix, returns: Returns = "constant") -> Frontier:
    """Every unit against the frontier of all.

    Shape: inputs are unit x input, outputs unit x output. Unit: any, of each column its own; scores do not depend on it.
    Raises: ValueError for an input that is not positive, or a unit without any output.
    """
    if (inputs <= 0).any() or (outputs < 0).any() or not (outputs > 0).any(axis=1).all():
        raise ValueError("units are compared by positive inputs and by outputs of which one at least is positive")
    x, y = inputs / inputs.max(axis=0), outputs / np.maximum(outputs.max(axis=0), np.finfo(float).tiny)
    size, width = len(x), len(x) + 1  # of each unit's own program: its factor, then the weights of all units
    blocks = [_block(x[unit], -x, y) for unit in range(size)]
    limits = np.concatenate([np.concatenate((np.zeros(x.shape[1]), -y[unit])) for unit in range(size)])
    sums = np.concatenate(([0.0], np.ones(size)))[np.newaxis]
    whole: Any = sparse.block_diag([sums] * size, format="csc") if returns == "variable" else None
    below: Any = sparse.block_diag(blocks, format="csc")
    solved: Any = linprog(
        np.tile(np.concatenate(([1.0], np.zeros(size))), size),
        A_ub=below,
        b_ub=limits,
        A_eq=whole,
        b_eq=None if whole is None else np.ones(size),
        method="highs",
    )
    found = solved.x.reshape(size, width)
    scores = np.where(found[:, 0] > 1 - _SOLVED_TO, 1.0, found[:, 0])
    return Frontier(scores, np.where(found[:, 1:] < _SOLVED_TO, 0.0, found[:, 1:]))


def _block(own: Matrix, minus_inputs: Matrix, outputs: Matrix) -> Matrix:
    """The constraints of one unit's program: inputs below its shrunk own, outputs at least its own."""
    by_input = np.column_stack((-own, -minus_inputs.T))
    by_output = np.column_stack((np.zeros(outputs.shape[1]), -outputs.T))
    return np.vstack((by_input, by_output))
