from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from inference.training.from_scratch.augmentation import Augmentation, augment, blur

VARIED = Augmentation(crop=0.75)
UNSCALED = Augmentation(crop=0.75, scaled=0.0, brightness=0.0, contrast=0.0)


def noise(seed: int = 0) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """An image of 16 pixels that has no two parts alike."""
    return np.random.default_rng(seed).uniform(-1, 1, (16, 16, 3)).astype(np.float32)


def test_augmentation_is_a_function_of_its_seed_and_differs_between_images() -> None:
    images = tf.constant(np.stack([noise()] * 8))
    first = augment(images, 16, tf.constant([0, 5]), VARIED)
    assert first.shape == (8, 12, 12, 3)
    np.testing.assert_array_equal(first, augment(images, 16, tf.constant([0, 5]), VARIED))
    assert len({image.tobytes() for image in first.numpy()}) > 1
    assert not np.allclose(first, augment(images, 16, tf.constant([0, 6]), VARIED))


def test_augmentation_shows_the_pixels_that_evaluation_shows_more_or_less_sharp() -> None:
    image = noise()
    squares = np.stack([image[y : y + 12, x : x + 12] for y in range(5) for x in range(5)])
    squares = np.concatenate([squares, squares[:, :, ::-1]])
    soft = blur(tf.constant(squares)).numpy()
    sharpest = []
    for cropped in augment(tf.constant(np.stack([image] * 16)), 16, tf.constant([3, 4]), UNSCALED).numpy():
        # For each possible square: the best share of the sharp square, and the remaining difference.
        along = squares - soft
        shares = ((cropped - soft) * along).sum((1, 2, 3)) / (along**2).sum((1, 2, 3))
        rest = np.abs(soft + shares[:, None, None, None] * along - cropped).max((1, 2, 3))
        assert rest.min() < 1e-4
        sharpest.append(shares[rest.argmin()])
    assert 0 <= min(sharpest) < 0.3
    assert 0.7 < max(sharpest) <= 1


def test_softening_keeps_even_areas_and_evens_out_the_finest_pattern() -> None:
    even = tf.fill([1, 4, 4, 3], 7.0)
    np.testing.assert_allclose(blur(even), even)
    stripes = tf.constant(np.tile([[[[0.0]], [[2.0]]]], (1, 3, 4, 3)).astype(np.float32))
    np.testing.assert_allclose(blur(stripes)[:, 1:-1], 1.0)


def test_light_and_contrast_move_a_plain_image_within_their_limits_and_to_both_sides() -> None:
    augmentation = Augmentation(crop=0.75, brightness=0.2, contrast=0.5)
    plain = augment(tf.fill([200, 16, 16, 3], 0.4), 16, tf.constant([1, 2]), augmentation).numpy()
    levels = plain[:, 0, 0, 0]
    np.testing.assert_allclose(plain, np.broadcast_to(levels[:, None, None, None], plain.shape), atol=1e-5)
    assert levels.min() == pytest.approx(0.0, abs=0.1)
    assert levels.max() == pytest.approx(0.8, abs=0.1)
    assert np.all((levels > 0.0) & (levels < 0.8))


@pytest.mark.parametrize(("scaled", "expected"), [(0.0, {1}), (1.0, {1, 2, 3})])
def test_squares_of_several_sizes_reach_from_edge_to_edge(scaled: float, expected: set[int]) -> None:
    """Each pixel of a ramp tells where it comes from."""
    ramp = np.tile(np.arange(16, dtype=np.float32)[None, None, :, None], (300, 16, 1, 3))
    augmentation = Augmentation(crop=0.5, scaled=scaled, smallest=0.25, brightness=0.0, contrast=0.0)
    squares = augment(tf.constant(ramp), 16, tf.constant([1, 2]), augmentation).numpy()
    steps = np.abs(squares[:, 4, 5, 0] - squares[:, 4, 4, 0])
    assert {max(1, round(float(step * 7 / 5))) for step in steps} == expected
    assert squares.min() == pytest.approx(0.0, abs=0.3)
    assert squares.max() == pytest.approx(15.0, abs=0.3)
