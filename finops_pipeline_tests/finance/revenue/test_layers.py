"""Layers: what goes out takes the oldest, or the end of that which it names."""

import numpy as np
import pandas as pd

from finops_pipeline.finance.revenue.layers import Layers, taken


def test_first_layers_are_earned_first() -> None:
    # 100 at 1.50 and 50 at 1.80: 120 are earned at 150 + 36, then 30 at 54
    layers = Layers.of(np.array([0, 0]), np.array([100, 50]), np.array([150, 90]), 2)
    owner, units = np.array([0, 0, 0, 1]), np.array([0, 120, 150, 0])
    assert np.diff(layers.worth(owner, units)).tolist() == [186, 54, 0]


def test_what_names_its_layer_takes_the_end_of_it_and_what_is_not_there_the_oldest() -> None:
    # 100 at 1.50 and 50 at 1.80. First 120 go: 150 + 36. Then 40 of the second by name: 30 are there, at 54, and 10 more come in
    # at 2.00 of which the rest takes all: 20. No layer is named twice over.
    layers = pd.DataFrame({"row": [0, 0, 2], "amount": [100, 50, 10], "value": [150, 90, 20]})
    out = np.array([[0, 0, 0], [0, 0, 120], [0, 40, 0]])
    went = taken(np.zeros(3, np.int64), layers, out, [(2, 1, 40)])
    assert went.value.tolist() == [[0, 0, 0], [0, 0, 186], [0, 74, 0]]
    assert went.left.tolist() == [240, 54, 0]
    assert went.back.tolist() == [0, 30, 0]
