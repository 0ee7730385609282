"""How often a headline speaks, and how often it is right: `pytest -m benchmark -s tests/benchmarks/test_headlines.py`.

The sample photos are ones that the networks were trained on, which they know better than any other. Two stand-ins for
new photos have the accuracy that was published for the network: the same photos degraded, and the photos as they are,
with the wrong guesses counted as much more often as they are too rare.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageFilter

from inference.catalog.install import install_file
from inference.images.decode import load_pixels
from inference.models.bundle import Bundle
from inference.models.defaults import DEFAULT_MODEL
from inference.models.engine import load_engine
from inference.models.store import ModelStore
from inference.naming.class_names import class_names
from inference.naming.headline import choose_headline, find_kind
from inference.naming.kinds import ModelKinds, imagenet_kinds
from inference.training.evaluation.calibrate import apply_temperature, fit_temperature

pytestmark = [pytest.mark.benchmark, pytest.mark.shared]

MOBILENET = "mobilenet_v2_1.0_224_quant"
THRESHOLDS = (0.35, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8)
BARS = (0.7, 0.75, 0.8, 0.85, 0.9)
# What a headline that claims to be sure should be.
WANTED_RIGHT = 0.9
# Things that are no class: each class is wrong, though a wallaby is much like a kangaroo.
UNKNOWN = {"raccoon": ("mammal", "animal"), "kangaroo": ("marsupial", "mammal", "animal")}
DRAWS = 4
BISECTIONS = 5


@dataclass(frozen=True, slots=True)
class Setting:
    """A network's top-1 on ImageNet's validation set, and the temperature and the threshold that suit it."""

    published: float
    temperature: float
    threshold: float


SETTINGS = {DEFAULT_MODEL: Setting(0.744, 0.8, 0.75), MOBILENET: Setting(0.708, 1.0, 0.65)}

Probabilities = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Measured:
    """Answers for photos: probabilities (photos, classes), what is right for each, and the weight of each."""

    probabilities: Probabilities
    right: list[frozenset[str]]
    weights: npt.NDArray[np.float64]


def degrade(photo: bytes, strength: float, rng: np.random.Generator) -> bytes:
    """Cut, blur and compress a photo and add noise, each as much as chance says, up to the strength in [0, 1]."""
    image = Image.open(io.BytesIO(photo)).convert("RGB")
    image.thumbnail((500, 500))
    cut, blur, noise, loss = strength * rng.random() * rng.random(4)
    side = 1 - 0.9 * float(cut)
    left, top = (float(start) * (1 - side) for start in rng.random(2))
    width, height = image.size
    image = image.crop((left * width, top * height, (left + side) * width, (top + side) * height))
    image = image.filter(ImageFilter.GaussianBlur(float(blur) * min(image.size) / 30))
    pixels = np.asarray(image, np.float32)
    pixels = pixels + rng.standard_normal(pixels.shape, np.float32) * np.float32(90 * noise)
    file = io.BytesIO()
    quality = round(90 - 85 * float(loss))
    Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(file, "JPEG", quality=quality)
    return file.getvalue()


def runner(bundle: Bundle) -> Callable[[bytes], Probabilities]:
    engine, spec = load_engine(bundle), bundle.spec

    def run(photo: bytes) -> Probabilities:
        pixels = load_pixels(photo, height=spec.height, width=spec.width, crop=spec.crop)
        # A background output stands before the classes.
        return engine.run(pixels[None]).probabilities[0, -1000:]

    return run


def labelled_photos(shared: Path) -> tuple[list[bytes], npt.NDArray[np.int64]]:
    photos, truth = [], []
    for name in ("imagenet-sample", "imagenet-calibration"):
        folder = shared / "images" / name
        with (folder / "labels.csv").open(newline="") as file:
            for row in csv.DictReader(file):
                photos.append((folder / row["file"]).read_bytes())
                truth.append(int(row["imagenet_index"]))
    return photos, np.array(truth)


def run_degraded(
    run: Callable[[bytes], Probabilities], photos: list[bytes], strength: float, draws: int
) -> Probabilities:
    rng = np.random.default_rng(0)
    return np.stack([run(degrade(photo, strength, rng)) for _ in range(draws) for photo in photos])


def top1(probabilities: Probabilities, truth: npt.NDArray[np.int64]) -> float:
    return float(np.mean(probabilities.argmax(1) == truth))


def find_strength(
    run: Callable[[bytes], Probabilities], photos: list[bytes], truth: npt.NDArray[np.int64], accuracy: float
) -> float:
    low, high = 0.0, 1.0
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        found = top1(run_degraded(run, photos, middle, DRAWS // 2), np.tile(truth, DRAWS // 2))
        low, high = (middle, high) if found > accuracy else (low, middle)
    return (low + high) / 2


def outcome(measured: Measured, temperature: float, threshold: float, bar: float) -> dict[str, tuple[float, float]]:
    """Share of headlines of each level, and the share of these that are right; and of those that claim to be sure."""
    synsets = tuple(class_names())
    kinds = ModelKinds.of(synsets)
    counts = dict.fromkeys(("class", "kind", "unsure"), (0.0, 0.0))
    scores = apply_temperature(measured.probabilities, temperature)
    for row, right, weight in zip(scores, measured.right, measured.weights, strict=True):
        best = int(row.argmax())
        kind = find_kind(row, kinds, bar=bar)
        headline = choose_headline(synsets[best], float(row[best]), threshold, kind)
        share, correct = counts[headline.level]
        counts[headline.level] = (share + weight, correct + weight * (headline.key in right))
    counts["sure"] = (
        counts["class"][0] + counts["kind"][0],
        counts["class"][1] + counts["kind"][1],
    )
    return {level: (share, correct / max(share, 1e-9)) for level, (share, correct) in counts.items()}


def line(measured: Measured, temperature: float, threshold: float, bar: float) -> str:
    parts = outcome(measured, temperature, threshold, bar)
    return "  ".join(f"{level} {share:6.1%} ({right:6.1%} right)" for level, (share, right) in parts.items())


def equally(probabilities: Probabilities, right: list[frozenset[str]]) -> Measured:
    return Measured(probabilities, right, np.full(len(right), 1 / len(right)))


def weighted(clean: Probabilities, truth: npt.NDArray[np.int64], accuracy: float) -> npt.NDArray[np.float64]:
    """Weights of the photos with which the guesses are as often right as was published."""
    correct = clean.argmax(1) == truth
    weights = np.where(correct, accuracy / correct.mean(), (1 - accuracy) / (1 - correct.mean()))
    return np.asarray(weights / weights.sum(), np.float64)


@pytest.mark.parametrize("model", SETTINGS)
def test_the_trade_off_of_headlines(tmp_path: Path, built: Path, shared: Path, model: str) -> None:
    setting = SETTINGS[model]
    store = ModelStore(built)
    if model != DEFAULT_MODEL:
        store = ModelStore(tmp_path)
        install_file(store, shared / f"models/{model}.tflite", labels=shared / "models/imagenet_labels.txt", name=model)
    run = runner(store.find(model))
    photos, truth = labelled_photos(shared)
    synsets = tuple(class_names())
    right = [frozenset((synsets[index], *imagenet_kinds()[synsets[index]])) for index in truth]

    clean = np.stack([run(photo) for photo in photos])
    strength = find_strength(run, photos, truth, setting.published)
    degraded = run_degraded(run, photos, strength, DRAWS)
    degraded_truth = np.tile(truth, DRAWS)
    sets = {
        "degraded": equally(degraded, right * DRAWS),
        "reweighted": Measured(clean, right, weighted(clean, truth, setting.published)),
        "as they are": equally(clean, right),
    }
    for name, keys in UNKNOWN.items():
        files = sorted((shared / "data/few-shot" / name).glob("*.jpg"))
        answers = np.stack([run(file.read_bytes()) for file in files])
        sets[name] = equally(answers, [frozenset(keys)] * len(files))

    print(
        f"\n{model}, strength {strength:.2f}, temperature {setting.temperature}; fitted on photos as they are", end=" "
    )
    print(f"{fit_temperature(clean, truth):.2f}, degraded {fit_temperature(degraded, degraded_truth):.2f}")
    print(f"top-1 as they are {top1(clean, truth):.1%}, degraded {top1(degraded, degraded_truth):.1%}")
    for name, measured in sets.items():
        print(name)
        for threshold in THRESHOLDS:
            print(f"  threshold {threshold:.2f} bar 0.80  {line(measured, setting.temperature, threshold, 0.8)}")
        for bar in BARS:
            outcomes = line(measured, setting.temperature, setting.threshold, bar)
            print(f"  threshold {setting.threshold:.2f} bar {bar:.2f}  {outcomes}")
    for name in ("degraded", "reweighted"):
        share, correct = outcome(sets[name], setting.temperature, setting.threshold, 0.8)["sure"]
        assert share > 0.7
        assert correct >= WANTED_RIGHT
