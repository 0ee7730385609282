from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import tensorflow as tf

from inference.training.from_scratch.config import Optimizer
from inference.training.from_scratch.optimizers import USUAL_RATES, build_optimizer
from tests.support.training import CONFIG, tiny_network


@pytest.mark.parametrize("name", get_args(Optimizer))
def test_without_gradients_only_kernels_decay_by_rate_times_decay(name: Optimizer) -> None:
    rate, decay = USUAL_RATES[name]
    model = tiny_network()
    for variable in model.trainable_variables:
        variable.assign(np.ones(variable.shape))
    optimizer = build_optimizer(model, replace(CONFIG, optimizer=name, peak_learning_rate=rate, weight_decay=decay))
    optimizer.apply([tf.zeros(variable.shape) for variable in model.trainable_variables], model.trainable_variables)
    for variable in model.trainable_variables:
        expected = 1 - rate * decay if variable.path.endswith("kernel") else 1.0
        np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-6)


def test_each_optimiser_is_the_one_of_its_name() -> None:
    kinds = {
        name: type(build_optimizer(tiny_network(), replace(CONFIG, optimizer=name))).__name__
        for name in get_args(Optimizer)
    }
    assert kinds == {"sgd": "SGD", "adamw": "AdamW", "rmsprop": "RMSprop"}
