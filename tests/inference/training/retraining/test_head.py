from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from inference.training.errors import InvalidSetting, TrainingDiverged
from inference.training.retraining.embeddings import LabelledEmbeddings
from inference.training.retraining.head import (
    HeadConfig,
    HeadEpoch,
    ParallelHeads,
    TrainedHead,
    class_weights,
    train_head,
    with_ones,
)

CONFIG = HeadConfig(learning_rates=(0.1, 1.0, 3.0), max_epochs=8)


def clusters(counts: tuple[int, ...], *, seed: int = 0, spread: float = 1.0, channels: int = 16) -> LabelledEmbeddings:
    """Embeddings around a centre a class, far from zero and on no usual scale."""
    centres = 50 + 20 * np.random.default_rng(99).normal(size=(len(counts), channels))
    truth = np.repeat(np.arange(len(counts)), counts)
    noise = 20 * spread * np.random.default_rng(seed).normal(size=(len(truth), channels))
    return LabelledEmbeddings((centres[truth] + noise).astype(np.float32), truth)


def train(training: LabelledEmbeddings, validation: LabelledEmbeddings, config: HeadConfig = CONFIG) -> TrainedHead:
    classes = int(training.truth.max()) + 1
    return train_head(training, validation, classes=classes, config=config, report=lambda *_: None)


def accuracy(trained: TrainedHead, data: LabelledEmbeddings) -> float:
    return float((trained.head.logits(data.embeddings).argmax(axis=1) == data.truth).mean())


def test_a_head_tells_classes_apart_on_embeddings_as_they_are() -> None:
    trained = train(clusters((30, 30, 30)), clusters((10, 10, 10), seed=1))
    assert accuracy(trained, clusters((50, 50, 50), seed=2)) > 0.95
    assert trained.head.weights.shape == (16, 3)
    assert trained.learning_rate in CONFIG.learning_rates
    assert [epoch.epoch for epoch in trained.history] == list(range(1, len(trained.history) + 1))
    assert trained.history[-1].accuracy > 0.95


def test_the_same_seed_gives_the_same_head() -> None:
    data = clusters((20, 20)), clusters((9, 9), seed=1)
    first, second, other = train(*data), train(*data), train(*data, config=replace(CONFIG, seed=1))
    np.testing.assert_array_equal(first.head.weights, second.head.weights)
    assert not np.array_equal(first.head.weights, other.head.weights)


def test_each_rate_trains_as_it_would_alone() -> None:
    data = clusters((20, 20)), clusters((9, 9), seed=1)
    together = train(*data)
    alone = train(*data, config=replace(CONFIG, learning_rates=(together.learning_rate,)))
    assert together.epoch == alone.epoch
    np.testing.assert_allclose(together.head.weights, alone.head.weights, rtol=1e-4, atol=1e-7)


def test_a_rate_at_which_training_diverges_does_not_disturb_the_others() -> None:
    data = clusters((20, 20)), clusters((9, 9), seed=1)
    calm = train(*data, config=replace(CONFIG, learning_rates=(1.0,)))
    beside = train(*data, config=replace(CONFIG, learning_rates=(1.0, 1e30)))
    assert beside.learning_rate == 1.0
    np.testing.assert_allclose(beside.head.weights, calm.head.weights, rtol=1e-4, atol=1e-7)
    with pytest.raises(TrainingDiverged, match="no learning rate"):
        train(*data, config=replace(CONFIG, learning_rates=(1e30,), l2=1.0))


def test_a_rate_whose_scores_are_no_numbers_is_no_head() -> None:
    data = clusters((20, 20), spread=4.0), clusters((30, 30), seed=1, spread=4.0)
    for wild in (1e20, 1e37, 1e300):
        trained = train(*data, config=replace(CONFIG, learning_rates=(wild, 1.0), l2=0.0, max_epochs=3))
        assert trained.learning_rate == 1.0, wild


def batch(count: int, channels: int, classes: int) -> tuple[Any, Any, Any]:
    """Embeddings with ones, their classes and their weights."""
    rng = np.random.default_rng(5)
    embeddings = rng.normal(size=(count, channels)).astype(np.float32)
    return (
        with_ones(embeddings),
        rng.integers(0, classes, count),
        rng.uniform(0.5, 2.0, count).astype(np.float32),
    )


def test_the_gradient_is_the_slope_of_the_loss() -> None:
    rates, l2 = (0.3, 2.0), 0.05
    embeddings, truth, counts = batch(12, 4, 3)
    heads = ParallelHeads(5, 3, HeadConfig(learning_rates=rates, l2=l2))
    heads.weights[:] = np.random.default_rng(6).normal(size=heads.weights.shape)

    def loss(weights: Any) -> float:
        logits = np.einsum("bc,crk->brk", embeddings.astype(np.float64), weights)
        own = np.take_along_axis(logits, truth[:, None, None], axis=2)[:, :, 0]
        entropies = np.log(np.exp(logits).sum(axis=2)) - own
        penalties = l2 * np.square(weights[:-1]).sum(axis=(0, 2))
        return float(((counts[:, None] * entropies).mean(axis=0) + penalties) @ np.array(rates))

    slopes = np.zeros(heads.weights.shape)
    for place in np.ndindex(slopes.shape):
        step = np.zeros(slopes.shape)
        step[place] = 1e-5
        slopes[place] = (loss(heads.weights + step) - loss(heads.weights - step)) / 2e-5
    np.testing.assert_allclose(heads.gradient(embeddings, truth, counts), slopes, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_a_step_is_one_of_keras_with_nesterovs_momentum() -> None:
    import keras

    rates, l2, classes = (0.1, 1.0), 0.01, 3
    embeddings, truth, counts = batch(32, 6, classes)
    heads = ParallelHeads(7, classes, HeadConfig(learning_rates=rates, l2=l2))
    for _ in range(20):
        heads.step(embeddings, truth, counts)
    for place, rate in enumerate(rates):
        layer = keras.layers.Dense(classes, kernel_initializer="zeros", kernel_regularizer=keras.regularizers.L2(l2))
        model = keras.Sequential([keras.Input((6,)), layer])
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(keras.optimizers.SGD(rate, momentum=0.9, nesterov=True), loss=loss)
        for _ in range(20):
            model.train_on_batch(embeddings[:, :-1], truth, sample_weight=counts)
        kernel, bias = layer.get_weights()
        np.testing.assert_allclose(heads.weights[:-1, place], kernel, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(heads.weights[-1, place], bias, rtol=1e-3, atol=1e-5)


def test_a_rare_class_counts_as_much_as_a_frequent_one() -> None:
    training = clusters((400, 20), spread=2.5, channels=4)
    trained = train(training, clusters((100, 100), seed=1, spread=2.5, channels=4))
    fresh = clusters((400, 400), seed=2, spread=2.5, channels=4)
    guesses = trained.head.logits(fresh.embeddings).argmax(axis=1)
    frequent, rare = (float((guesses[fresh.truth == label] == label).mean()) for label in (0, 1))
    assert abs(frequent - rare) < 0.3, (frequent, rare)


def test_weights_make_up_for_counts() -> None:
    np.testing.assert_allclose(class_weights(np.array([0, 0, 0, 1]), 2), [4 / 6, 2])
    np.testing.assert_allclose(class_weights(np.array([0, 0, 2, 2]), 3), [1, 0, 1])


def test_training_ends_when_validation_gets_no_better_and_keeps_the_best() -> None:
    training = clusters((12, 12), spread=4.0)
    validation = clusters((200, 200), seed=1, spread=4.0)
    config = replace(CONFIG, learning_rates=(3.0,), max_epochs=200, patience=3, l2=0.0)
    trained = train(training, validation, config)
    losses = [epoch.validation_loss for epoch in trained.history]
    assert len(losses) == trained.epoch + 3 < 200
    assert losses[trained.epoch - 1] == pytest.approx(min(losses), rel=0.02)
    own = train(training, validation, replace(config, max_epochs=trained.epoch))
    np.testing.assert_allclose(own.head.weights, trained.head.weights, rtol=1e-5)


def test_training_ends_when_a_loss_near_zero_still_gets_smaller() -> None:
    easy = clusters((20, 20), spread=0.1), clusters((9, 9), seed=1, spread=0.1)
    trained = train(*easy, config=replace(CONFIG, learning_rates=(0.1,), max_epochs=60, patience=3, l2=0.0))
    assert len(trained.history) < 40
    assert trained.history[-1].validation_loss < 0.01


def test_l2_keeps_weights_small() -> None:
    data = clusters((20, 20)), clusters((9, 9), seed=1)
    norms = [
        np.abs(train(*data, config=HeadConfig(learning_rates=(1.0,), max_epochs=5, l2=l2)).head.weights).sum()
        for l2 in (0.0, 0.1)
    ]
    assert norms[1] < 0.7 * norms[0]


def test_embeddings_that_are_all_the_same_end_in_a_head_all_the_same() -> None:
    same = LabelledEmbeddings(np.ones((6, 4), np.float32), np.array([0, 1] * 3))
    trained = train(same, same)
    assert np.isfinite(trained.head.weights).all()


def test_each_epoch_is_reported_with_its_best_head() -> None:
    reports: list[tuple[HeadEpoch, Any]] = []
    data = clusters((20, 20)), clusters((9, 9), seed=1)
    trained = train_head(*data, classes=2, config=CONFIG, report=lambda epoch, head: reports.append((epoch, head)))
    assert [epoch for epoch, _ in reports] == list(trained.history)
    for epoch, head in reports:
        guesses = head.logits(data[1].embeddings).argmax(axis=1)
        assert epoch.validation_accuracy == pytest.approx((guesses == data[1].truth).mean())


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("learning_rates", (), "learning rates"),
        ("learning_rates", (1.0, 0.0), "learning rates"),
        ("learning_rates", (float("inf"),), "learning rates"),
        ("l2", -1.0, "l2"),
        ("l2", float("nan"), "l2"),
        ("max_epochs", 0, "max_epochs"),
        ("patience", 0, "patience"),
        ("batch_size", 0, "batch_size"),
        ("seed", -1, "seed"),
    ],
)
def test_settings_out_of_range_are_named(setting: str, value: object, name: str) -> None:
    settings: dict[str, Any] = {setting: value}
    with pytest.raises(InvalidSetting, match=f"^{name}: expected "):
        HeadConfig(**settings)
