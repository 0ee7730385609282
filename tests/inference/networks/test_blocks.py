from __future__ import annotations

import keras
import numpy as np
import pytest

from inference.networks.blocks import FusedBatchNormalization

INPUTS = np.random.default_rng(0).normal(3.0, 2.0, (8, 5, 5, 4)).astype("float32")


@pytest.mark.parametrize("scale", [True, False])
def test_fused_batch_normalisation_agrees_with_keras_in_training_and_in_its_moving_averages(scale: bool) -> None:
    fused, reference = (
        kind(momentum=0.9, epsilon=1e-3, scale=scale)
        for kind in (FusedBatchNormalization, keras.layers.BatchNormalization)
    )
    np.testing.assert_allclose(fused(INPUTS, training=True), reference(INPUTS, training=True), atol=1e-4)
    np.testing.assert_allclose(fused.moving_mean, reference.moving_mean, atol=1e-5)
    # The fused kernel corrects the variance for the sample (n / (n - 1)); Keras does not.
    np.testing.assert_allclose(fused.moving_variance, reference.moving_variance, rtol=1 / (8 * 5 * 5 - 1) + 1e-3)
    assert len(fused.weights) == len(reference.weights)


def test_a_frozen_batch_normalisation_uses_its_moving_averages_and_leaves_them() -> None:
    frozen = FusedBatchNormalization(momentum=0.9)
    expected = frozen(INPUTS, training=False)
    frozen.trainable = False
    np.testing.assert_array_equal(frozen(INPUTS, training=True), expected)
    np.testing.assert_array_equal(frozen.moving_mean, np.zeros(4))
