from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference.errors import ModelNotFound
from inference.models.store import ModelStore
from inference.training.data.examples import Example
from inference.training.data.folders import Skipped
from inference.training.errors import DatasetError
from inference.training.from_scratch.distillation import teacher_targets
from tests.support.colour_models import install_colours, plain

COLOURS = ("red", "green", "blue")


class Pictures:
    """Red, green, blue, red, ...; counts how often it is read."""

    skipped: tuple[Skipped, ...] = ()

    def __init__(self, labels: tuple[str, ...], count: int) -> None:
        self.labels = labels
        self.readings = 0
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Example]:
        self.readings += 1
        for number in range(self._count):
            yield Example(str(number), plain(COLOURS[number % 3]), label=0)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    store = ModelStore(tmp_path / "home")
    install_colours(store, tmp_path)
    return store


def targets(store: ModelStore, cache: Path, pictures: Pictures, teacher: str = "colours") -> npt.NDArray[np.float16]:
    return teacher_targets(store, teacher, pictures, cache=cache, report=lambda _: None)


def test_each_image_gets_the_teachers_scores_of_the_students_classes(store: ModelStore, tmp_path: Path) -> None:
    teacher_scores = targets(store, tmp_path, Pictures(("blue", "car", "red", "green"), 5))
    assert teacher_scores.argmax(axis=1).tolist() == [2, 3, 0, 2, 3]
    assert np.all(teacher_scores[:, 1] == 0)
    np.testing.assert_allclose(teacher_scores.astype(float).sum(axis=1), 1.0, atol=0.01)


def test_a_teacher_that_sees_something_else_says_little(store: ModelStore, tmp_path: Path) -> None:
    red, _, blue = targets(store, tmp_path, Pictures(("red", "car"), 3))[:, 0].tolist()
    assert red == pytest.approx(1.0, abs=0.01)
    assert blue < 0.9


def test_scores_are_read_again_unless_the_images_are_others(store: ModelStore, tmp_path: Path) -> None:
    pictures = Pictures(COLOURS, 5)
    first = targets(store, tmp_path, pictures)
    np.testing.assert_array_equal(targets(store, tmp_path, pictures), first)
    assert pictures.readings == 1
    assert len(targets(store, tmp_path, Pictures(COLOURS, 4))) == 4


def test_a_teacher_that_knows_none_of_the_labels_or_is_not_there_is_refused(store: ModelStore, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"'car'.*Received: 'colours'"):
        targets(store, tmp_path, Pictures(("car", "cat"), 3))
    with pytest.raises(ModelNotFound):
        targets(store, tmp_path, Pictures(COLOURS, 3), teacher="nobody")
    assert list(tmp_path.glob("*.npy")) == []
