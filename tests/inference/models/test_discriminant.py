"""The discriminant against the same regression, solved without a closed form."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from inference.models.discriminant import PENALTY, Others, direction, discriminant, prior_of, turn
from inference.models.last_layer import last_layer
from inference.models.store import ModelStore

CHANNELS = 12
RANDOM = np.random.default_rng(0)
OTHERS = RANDOM.normal(size=(20, CHANNELS)).astype(np.float32)
PHOTOS = (RANDOM.normal(size=(5, CHANNELS)) + 1).astype(np.float32)
SHARES = (np.arange(1, 21) / 210).astype(np.float32)
LAST_LAYER = RANDOM.normal(size=(7, CHANNELS)).astype(np.float32)


def regression(
    photos: npt.NDArray[np.float32], prior: npt.NDArray[np.float32] | None
) -> tuple[npt.NDArray[np.float64], float]:
    """Weighted ridge regression from the definition, with an intercept that is not penalised."""
    covariance = np.eye(CHANNELS) if prior is None else np.eye(CHANNELS) + prior.T.astype(np.float64) @ prior
    penalty = PENALTY * float(SHARES @ np.einsum("ij,jk,ik->i", OTHERS, covariance, OTHERS))
    rows = np.column_stack([np.concatenate([photos, OTHERS]), np.ones(len(photos) + len(OTHERS))])
    targets = np.repeat([1.0, -1.0], [len(photos), len(OTHERS)])
    weights = np.concatenate([np.full(len(photos), 0.5 / len(photos)), SHARES / 2])
    regular = np.zeros((CHANNELS + 1, CHANNELS + 1))
    regular[:CHANNELS, :CHANNELS] = penalty * np.linalg.inv(covariance)
    solution = np.linalg.solve((rows * weights[:, None]).T @ rows + regular, rows.T @ (weights * targets))
    return solution[:-1], float(solution[-1])


@pytest.mark.parametrize("layer", [None, LAST_LAYER])
def test_the_direction_is_that_of_the_regression(layer: npt.NDArray[np.float32] | None) -> None:
    prior = prior_of(layer)
    others = Others.of(OTHERS, SHARES, prior)
    for photos in (PHOTOS, PHOTOS[:1]):
        weights, bias = direction(photos, turn(photos, prior), others.background)
        expected, shift = regression(photos, prior)
        np.testing.assert_allclose(weights, expected, rtol=1e-3, atol=1e-4)
        assert bias == pytest.approx(shift, abs=1e-3)


def test_each_photo_is_scored_by_what_did_not_learn_from_it() -> None:
    others = Others.of(OTHERS, SHARES)
    found = discriminant(PHOTOS, PHOTOS, others, np.array([0, 1, 2, 4]))
    for place in range(5):
        learnt = [each for each in (0, 1, 2, 4) if each != place]
        weights, bias = regression(PHOTOS[learnt], None)
        assert found.detector.own[place] == pytest.approx(PHOTOS[place] @ weights + bias, abs=1e-3)
    assert len(found.others) == len(OTHERS)
    assert np.isnan(discriminant(PHOTOS[:1], PHOTOS[:1], others, np.array([0])).detector.own).all()


def test_the_last_layer_of_a_built_in_model_gives_its_scores(home: object, tmp_path: object) -> None:
    from inference.images.sample_photos import sample_photos
    from inference.models.classifier import Classifier
    from inference.models.engine import softmax

    bundle = ModelStore(tmp_path).find("starter")  # type: ignore[arg-type]
    answer = Classifier().classify(sample_photos()[1].read_bytes(), bundle, 3, embedding=True)
    layer = last_layer(bundle)
    assert layer is not None
    assert answer.embedding is not None
    scores = softmax((layer.weights @ answer.embedding + layer.bias)[None] / bundle.spec.temperature)[0]
    for prediction in answer.predictions:
        assert scores[prediction.index] == pytest.approx(prediction.score, abs=2e-3)
