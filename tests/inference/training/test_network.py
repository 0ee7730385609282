from __future__ import annotations

import keras
import numpy as np
import pytest

from inference.training.networks.blocks import FusedBatchNormalization, with_outputs
from inference.training.networks.inception_mini import inception_mini


def test_outputs_have_the_documented_shapes_and_probabilities_sum_to_one() -> None:
    model = with_outputs(inception_mini(7))
    outputs = model.predict(np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("float32"), verbose=0)
    assert outputs["probabilities"].shape == (2, 7)
    assert outputs["features"].shape[:3] == (2, 4, 4)
    assert outputs["embedding"].shape == (2, outputs["features"].shape[-1])
    np.testing.assert_allclose(outputs["probabilities"].sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(outputs["embedding"], outputs["features"].mean(axis=(1, 2)), atol=1e-4)


def test_the_documented_number_of_parameters() -> None:
    assert inception_mini(200).count_params() == pytest.approx(2.97e6, rel=0.005)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match=r"at least 2 classes.*classes=1"):
        inception_mini(1)


def test_fused_batch_normalisation_agrees_with_keras_in_training_and_in_its_moving_averages() -> None:
    inputs = np.random.default_rng(0).normal(3.0, 2.0, (8, 5, 5, 4)).astype("float32")
    fused, reference = (
        kind(momentum=0.9, epsilon=1e-3) for kind in (FusedBatchNormalization, keras.layers.BatchNormalization)
    )
    np.testing.assert_allclose(fused(inputs, training=True), reference(inputs, training=True), atol=1e-4)
    np.testing.assert_allclose(fused.moving_mean, reference.moving_mean, atol=1e-5)
    # The fused kernel corrects the variance for the sample (n / (n - 1)); Keras does not.
    np.testing.assert_allclose(fused.moving_variance, reference.moving_variance, rtol=1 / (8 * 5 * 5 - 1) + 1e-3)
