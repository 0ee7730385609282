from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from inference.training.from_scratch.averaging import WeightAverage


def model_of(value: float) -> keras.Model:
    """A network whose only weight is one number."""
    image = keras.Input((1,))
    initial = keras.initializers.Constant(value)
    return keras.Model(image, keras.layers.Dense(1, use_bias=False, kernel_initializer=initial)(image))


def weight(model: keras.Model) -> float:
    return float(model.get_weights()[0].item())


def test_the_average_follows_the_weights_fast_at_first_and_at_its_own_pace_later() -> None:
    model = model_of(0.0)
    average = WeightAverage(model, 0.9)
    model.set_weights([np.ones((1, 1), np.float32)])
    average.update(tf.constant(0))
    with average.applied():
        # The first steps keep the share (1 + step) / (10 + step) of the average.
        assert weight(model) == pytest.approx(0.9)
    for step in range(1000, 1010):
        average.update(tf.constant(step))
    average.apply()
    assert weight(model) == pytest.approx(1 - 0.1 * 0.9**10)


def test_a_model_has_its_own_weights_back_even_after_an_error() -> None:
    model = model_of(2.0)
    average = WeightAverage(model, 0.5)
    model.set_weights([np.full((1, 1), 3.0, np.float32)])
    with pytest.raises(ZeroDivisionError), average.applied():
        model.set_weights([np.full((1, 1), 1 / (weight(model) - 2.0), np.float32)])
    assert weight(model) == 3.0
