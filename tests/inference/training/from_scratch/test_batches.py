from __future__ import annotations

from dataclasses import replace
from itertools import chain

import numpy as np
import pytest

from inference.training.data.dataset import LabelledImages
from inference.training.errors import DatasetError
from inference.training.from_scratch.batches import Batches, blend, content_digest
from inference.training.from_scratch.config import Phase, TrainingConfig

CONFIG = TrainingConfig(phases=(Phase(8, 3),), batch_size=4, seed=5)


def numbered(count: int) -> LabelledImages:
    """Images whose pixels are their number."""
    images = np.broadcast_to(np.arange(count, dtype=np.uint8)[:, None, None, None], (count, 2, 2, 3)).copy()
    return LabelledImages(images, (np.arange(count) % 3).astype(np.int32))


def order(batches: Batches, epoch: int, first: int = 0) -> list[list[int]]:
    return [images[:, 0, 0, 0].tolist() for images, _ in batches.epoch(epoch, first=first)]


def test_an_epoch_shows_each_image_at_most_once_and_drops_less_than_a_batch() -> None:
    batches = Batches(numbered(11), classes=3, config=CONFIG)
    seen = list(chain.from_iterable(order(batches, 0)))
    assert batches.steps_per_epoch == 2
    assert len(seen) == len(set(seen)) == 8


def test_the_order_is_a_function_of_seed_and_epoch_and_an_epoch_can_begin_anywhere() -> None:
    batches = Batches(numbered(40), classes=3, config=CONFIG)
    assert order(batches, 1) == order(Batches(numbered(40), classes=3, config=CONFIG), 1)
    assert order(batches, 1) != order(batches, 2)
    assert order(batches, 1) != order(Batches(numbered(40), classes=3, config=replace(CONFIG, seed=6)), 1)
    assert order(batches, 1, first=7) == order(batches, 1)[7:]


def test_images_keep_their_labels_and_their_teachers_scores() -> None:
    data = numbered(12)
    teacher_scores = np.zeros((12, 3), np.float16)
    teacher_scores[np.arange(12), (np.arange(12) + 1) % 3] = 1.0
    plain = Batches(data, classes=3, config=CONFIG)
    blended = Batches(data, classes=3, config=replace(CONFIG, teacher_share=0.25), teacher_scores=teacher_scores)
    for (images, targets), (_, mixed) in zip(plain.epoch(0), blended.epoch(0), strict=True):
        own = images[:, 0, 0, 0] % 3
        np.testing.assert_array_equal(targets, np.eye(3)[own])
        np.testing.assert_allclose(mixed, 0.75 * np.eye(3)[own] + 0.25 * np.eye(3)[(own + 1) % 3])


def test_a_blended_target_keeps_its_sum_where_the_teacher_sees_what_the_student_has_no_class_for() -> None:
    target, teacher_scores = np.array([[0.0, 1.0]], np.float32), np.array([[0.5, 0.1]], np.float32)
    np.testing.assert_allclose(blend(target, teacher_scores, 0.5), [[0.25, 0.75]])
    np.testing.assert_allclose(blend(target, teacher_scores, 0.0), target)


def test_scores_of_other_images_or_classes_are_refused() -> None:
    with pytest.raises(DatasetError, match=r"scores of \(12, 3\)\. Received: \(11, 3\)"):
        Batches(numbered(12), classes=3, config=CONFIG, teacher_scores=np.zeros((11, 3), np.float16))


def test_a_digest_changes_with_any_pixel_any_label_the_order_and_the_teacher() -> None:
    data = numbered(6)
    digests = {content_digest(data), content_digest(data, np.zeros((6, 3), np.float16))}
    for images, labels in ((data.images.copy(), data.labels), (data.images, data.labels.copy())):
        (images if images is not data.images else labels)[-1] += 1
        digests.add(content_digest(LabelledImages(images, labels)))
    digests.add(content_digest(LabelledImages(data.images[::-1], data.labels)))
    assert len(digests) == 5
    assert content_digest(numbered(6)) == content_digest(data)
