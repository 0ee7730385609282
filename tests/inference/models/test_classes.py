"""The classes of a model's outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from inference.errors import ModelError
from inference.models.bundle import LITERT_FILE, Bundle, content_version, read_labels
from inference.models.classes import ModelClasses
from inference.models.store import ModelStore
from inference.naming.class_names import class_names
from inference.naming.headline import Headline, KindScore, Level
from tests.support.colour_models import install_colours

PLANTS = ("Pepper,_bell___healthy", "Pepper,_bell___Bacterial_spot", "n02099601-golden_retriever")


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "home")


def answer_of(bundle: Bundle, *scores: float) -> tuple[list[tuple[str, str]], KindScore | None]:
    best, kind = ModelClasses.read(bundle).answer(np.array(scores, np.float32), len(scores))
    return [(found.class_id, found.name) for found in best], kind


def test_labels_of_other_models_are_ids_and_have_short_unique_names(store: ModelStore, tmp_path: Path) -> None:
    found, kind = answer_of(install_colours(store, tmp_path, labels=PLANTS), 0.5, 0.3, 0.2)
    assert kind is None
    assert found == [
        (PLANTS[0], "Pepper, bell - healthy"),
        (PLANTS[1], "Pepper, bell - Bacterial spot"),
        ("n02099601", "golden retriever"),
    ]


def test_classes_of_imagenet_have_kinds_in_any_model(store: ModelStore, tmp_path: Path) -> None:
    labels = ("tabby, tabby cat", "Egyptian cat", "golden retriever")
    found, kind = answer_of(install_colours(store, tmp_path, labels=labels), 0.5, 0.4, 0.1)
    assert [class_id for class_id, _ in found] == ["n02123045", "n02124075", "n02099601"]
    assert kind is not None
    assert (kind.kind, round(kind.probability, 3)) == ("cat", 0.9)


@pytest.mark.parametrize(
    ("level", "key", "agreeing"), [("kind", "cat", 2), ("class", "n02123045", 1), ("unsure", "n02123045", 1)]
)
def test_a_frame_agrees_if_its_best_class_is_in_the_headline(
    store: ModelStore, tmp_path: Path, level: Level, key: str, agreeing: int
) -> None:
    labels = ("tabby, tabby cat", "Egyptian cat", "golden retriever")
    classes = ModelClasses.read(install_colours(store, tmp_path, labels=labels))
    frames = np.array([[0.9, 0.1, 0.0], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]], np.float32)
    best = classes.answer(frames[0], 1)[0][0]
    assert classes.agreeing(frames, Headline(key, level, 0.5), best) == agreeing


def test_the_starter_knows_classes_of_imagenet() -> None:
    classes = ModelClasses.read(ModelStore(Path("none")).find("starter"))
    assert set(classes.kinds.class_ids) <= set(class_names())
    assert not any(classes.names)


def test_names_of_ones_own_are_read_and_another_version(store: ModelStore, tmp_path: Path) -> None:
    plain = install_colours(store, tmp_path, labels=PLANTS)
    named = store.add(
        plain.spec,
        network=plain.directory / LITERT_FILE,
        labels=read_labels(plain),
        extras={"labels.de.txt": b"Paprika, gesund\nPaprika, fleckig\nHund\n"},
        replace=True,
    )
    assert named.spec.version == content_version(named) != plain.spec.version
    best, _ = ModelClasses.read(named).answer(np.array([0.2, 0.3, 0.5], np.float32), 3)
    assert [found.name_in("de") for found in best] == ["Hund", "Paprika, fleckig", "Paprika, gesund"]
    assert [found.name_in("es") for found in best[1:]] == ["Pepper, bell - Bacterial spot", "Pepper, bell - healthy"]
    (named.directory / "labels.de.txt").write_text("one\n")
    with pytest.raises(ModelError, match=r"labels\.de\.txt: expected 3 lines\. Received: 1"):
        ModelClasses.read(named)
