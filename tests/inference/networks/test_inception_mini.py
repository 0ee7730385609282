from __future__ import annotations

import numpy as np
import pytest

from inference.networks.blocks import with_outputs
from inference.networks.inception_mini import inception_mini


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
