"""Data-envelopment analysis against textbook examples, ratios by hand, and what must hold of every frontier."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_pipeline.finance.efficiency.frontier import frontier

# Eight stores, employees and sales: the opening example of Cooper, Seiford and Tone, Data Envelopment Analysis.
EMPLOYEES = np.array([[2, 3, 3, 4, 5, 5, 6, 8]], dtype=float).T
SALES = np.array([[1, 3, 2, 3, 4, 2, 3, 5]], dtype=float).T
# Six units with two inputs for one unit of output each. By hand: the frontier is C (8,1), D (4,2), E (2,4); A (4,3) meets
# the line D to E, x + y = 6, at 6/7 of itself, B (7,3) the line C to D, x + 4y = 12, at 12/19; F (10,1) stands on the
# frontier's edge beyond C.
TWO_INPUTS = np.array([[4, 3], [7, 3], [8, 1], [4, 2], [2, 4], [10, 1]], dtype=float)


def test_one_input_and_one_output_are_ratios_to_the_best() -> None:
    scores = frontier(EMPLOYEES, SALES).scores
    assert scores == pytest.approx([1 / 2, 1, 2 / 3, 3 / 4, 4 / 5, 2 / 5, 1 / 2, 5 / 8])
    assert frontier(EMPLOYEES, SALES).weights[3] == pytest.approx([0, 1, 0, 0, 0, 0, 0, 0])


def test_with_variable_returns_units_are_compared_at_their_size() -> None:
    # A (2,1), B (3,3), E (5,4) and H (8,5) are the frontier; C and F make 2, halfway from A to B, with 2.5 of input
    scores = frontier(EMPLOYEES, SALES, "variable").scores
    assert scores == pytest.approx([1, 1, 2.5 / 3, 3 / 4, 1, 2.5 / 5, 3 / 6, 1])


def test_two_inputs_by_hand() -> None:
    result = frontier(TWO_INPUTS, np.ones((6, 1)))
    assert result.scores == pytest.approx([6 / 7, 12 / 19, 1, 1, 1, 1])
    assert set(np.nonzero(result.weights[0])[0]) == {3, 4}


def test_a_unit_alone_is_its_own_best() -> None:
    assert frontier(np.array([[7.0]]), np.array([[3.0]])).scores.tolist() == [1.0]
    assert frontier(np.array([[7.0]]), np.array([[3.0, 0.0]]), "variable").scores.tolist() == [1.0]


@pytest.mark.parametrize(
    ("inputs", "outputs"), [([[0.0]], [[1.0]]), ([[1.0]], [[0.0]]), ([[1.0]], [[-1.0]]), ([[-1.0]], [[1.0]])]
)
def test_units_that_cannot_be_compared_are_refused(inputs: list, outputs: list) -> None:
    with pytest.raises(ValueError, match="positive"):
        frontier(np.array(inputs), np.array(outputs))


units = st.lists(st.tuples(*[st.integers(1, 1000)] * 4), min_size=1, max_size=8)


@settings(max_examples=60)
@given(rows=units, factor=st.sampled_from([0.01, 3.0, 1e6]))
def test_what_holds_for_every_frontier(rows: list[tuple[int, int, int, int]], factor: float) -> None:
    table = np.array(rows, dtype=float)
    x, y = table[:, :2], table[:, 2:]
    constant, variable = frontier(x, y), frontier(x, y, "variable")
    assert constant.scores.max() == pytest.approx(1.0)  # somebody is best
    assert ((constant.scores > 0) & (constant.scores <= 1)).all()
    assert (constant.scores <= variable.scores + 1e-6).all()  # fewer comparisons can only flatter
    for result in (constant, variable):  # the mixture of peers makes the outputs with the shrunk inputs
        assert (result.weights @ y >= y * (1 - 1e-4)).all()
        assert (result.weights @ x <= result.scores[:, None] * x * (1 + 1e-4) + 1e-4 * x.max(axis=0)).all()
    assert frontier(x * factor, y).scores == pytest.approx(constant.scores, abs=1e-5)
    assert frontier(x[::-1], y[::-1]).scores == pytest.approx(constant.scores[::-1], abs=1e-5)
