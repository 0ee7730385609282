"""Published classifiers from ../shared, on photos."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from inference.catalog.install import install_file
from inference.images.decode import load_pixels
from inference.models.bundle import Bundle, read_labels
from inference.models.engine import Engine, load_engine
from inference.models.prediction import Prediction, best_predictions
from inference.models.store import ModelStore

pytestmark = pytest.mark.shared

# Networks with their label files, the size of the embedding and the side of the features.
MODELS = {
    "mobilenet_v2_1.0_224_quant": ("imagenet_labels", 1280, 7),
    "tf2_mobilenet_v2_1.0_224_ptq": ("imagenet_labels", 1280, 7),
    "mobilenet_v1_0.25_128_quant": ("imagenet_labels", 256, 4),
    "mobilenet_v2_1.0_224_inat_bird_quant": ("inat_bird_labels", 1280, 7),
    "mobilenet_v2_1.0_224_inat_insect_quant": ("inat_insect_labels", 1280, 7),
}


@pytest.fixture(scope="module")
def real_store(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> ModelStore:
    store = ModelStore(tmp_path_factory.mktemp("home"))
    for name, (labels, _, _) in MODELS.items():
        install_file(store, shared / f"models/{name}.tflite", labels=shared / f"models/{labels}.txt", name=name)
    return store


class Labeller:
    def __init__(self, bundle: Bundle) -> None:
        self._spec = bundle.spec
        self._labels = read_labels(bundle)
        self.engine: Engine = load_engine(bundle)

    def pixels(self, image: Path) -> np.ndarray:
        spec = self._spec
        return load_pixels(image.read_bytes(), height=spec.height, width=spec.width, crop=spec.crop)

    def __call__(self, image: Path) -> tuple[Prediction, ...]:
        return best_predictions(self.engine.run(self.pixels(image)[None]).probabilities[0], self._labels, 5)


@pytest.mark.parametrize("name", MODELS)
def test_a_public_model_exposes_all_three_outputs(real_store: ModelStore, shared: Path, name: str) -> None:
    bundle = real_store.find(name)
    labeller = Labeller(bundle)
    answer = labeller.engine.run(labeller.pixels(shared / "images/photos/parrot.jpg")[None], features=True)
    _, channels, side = MODELS[name]
    assert bundle.spec.outputs == ("probabilities", "embedding", "features")
    assert answer.probabilities.shape == (1, bundle.spec.classes)
    assert answer.embedding is not None
    assert answer.features is not None
    assert answer.embedding.shape == (1, channels)
    assert answer.features.shape == (1, side, side, channels)
    step = answer.embedding.max() / 100
    np.testing.assert_allclose(answer.features.mean(axis=(1, 2)), answer.embedding, atol=step)


@pytest.mark.parametrize("name", ["mobilenet_v2_1.0_224_quant", "tf2_mobilenet_v2_1.0_224_ptq"])
def test_the_sample_of_imagenet_is_labelled(real_store: ModelStore, shared: Path, name: str) -> None:
    labeller = Labeller(real_store.find(name))
    folder = shared / "images/imagenet-sample"
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    answers = [[prediction.label for prediction in labeller(folder / row["file"])] for row in rows]
    top1 = sum(row["name"] == labels[0] for row, labels in zip(rows, answers, strict=True))
    top5 = sum(row["name"] in labels for row, labels in zip(rows, answers, strict=True))
    assert len(rows) == 48
    assert top1 >= 0.85 * len(rows)
    assert top5 >= 0.95 * len(rows)


@pytest.mark.parametrize(
    ("photo", "label"),
    [("cat_720p.jpg", "Egyptian cat"), ("parrot.jpg", "macaw"), ("hot_dog.jpg", "hotdog"), ("bird.bmp", "chickadee")],
)
def test_photos_come_out_right(real_store: ModelStore, shared: Path, photo: str, label: str) -> None:
    best = Labeller(real_store.find("mobilenet_v2_1.0_224_quant"))(shared / "images/photos" / photo)[0]
    assert best.name == label
    assert best.score > 0.9


def test_a_photo_of_no_bird_is_not_called_background(real_store: ModelStore, shared: Path) -> None:
    birds = Labeller(real_store.find("mobilenet_v2_1.0_224_inat_bird_quant"))
    assert birds(shared / "images/photos/bird.bmp")[0].name == "Poecile atricapillus (Black-capped Chickadee)"
    assert birds(shared / "images/photos/hot_dog.jpg")[0].score < 0.3
