from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.projector import ProjectorConfig
from tensorboard.util import tensor_util

from inference.training.evaluation.summaries import MAX_CARDS, Summaries
from tests.support.images import BLUE, GREEN, RED


def read_back(folder: Path) -> EventAccumulator:
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return events


def plain(colours: list[tuple[int, int, int]], side: int = 16) -> np.ndarray:
    return np.stack([np.full((side, side, 3), colour, np.uint8) for colour in colours])


def test_every_point_of_a_curve_is_in_the_event_file(tmp_path: Path) -> None:
    with Summaries(tmp_path / "new" / "run") as summaries:
        for step in (10, 20, 30):
            summaries.scalars(step, {"loss/training": 1 / step, "accuracy": 0.5})
    points = read_back(tmp_path / "new" / "run").Tensors("loss/training")
    assert [point.step for point in points] == [10, 20, 30]
    values = [float(tensor_util.make_ndarray(point.tensor_proto)) for point in points]
    np.testing.assert_allclose(values, [1 / 10, 1 / 20, 1 / 30], rtol=1e-6)


def test_a_reader_sees_what_was_written_before_the_end(tmp_path: Path) -> None:
    with Summaries(tmp_path) as summaries:
        summaries.scalars(1, {"loss": 2.0})
        assert len(read_back(tmp_path).Tensors("loss")) == 1


def test_a_histogram_holds_all_numbers(tmp_path: Path) -> None:
    with Summaries(tmp_path) as summaries:
        summaries.histograms(3, {"head/weights": np.array([[-1.0, 0.0], [0.5, 1.0]], np.float32)})
    (point,) = read_back(tmp_path).Tensors("head/weights")
    buckets = tensor_util.make_ndarray(point.tensor_proto)
    assert point.step == 3
    assert buckets[0, 0] == -1
    assert buckets[-1, 1] == 1
    assert buckets[:, 2].sum() == 4


def test_images_are_cards_with_a_caption_below(tmp_path: Path) -> None:
    with Summaries(tmp_path) as summaries:
        summaries.images(5, "misclassified", plain([RED, BLUE]), ["red taken for green: 蚂蚁/a.jpg", ""])
        summaries.images(6, "none", np.zeros((0, 8, 8, 3), np.uint8), [])
    events = read_back(tmp_path)
    assert events.Tags()["tensors"] == ["misclassified"]
    (point,) = events.Tensors("misclassified")
    width, height, *encoded = tensor_util.make_ndarray(point.tensor_proto).tolist()
    red, blue = (np.asarray(Image.open(io.BytesIO(image)).convert("RGB")) for image in encoded)
    assert red.shape == blue.shape == (int(height), int(width), 3)
    assert int(height) > int(width)
    assert tuple(red[100, 100]) == RED
    assert tuple(blue[100, 100]) == BLUE
    captions = [card[int(width) :] for card in (red, blue)]
    assert captions[0].min() < 64, "dark letters"
    assert captions[1].min() == 255, "no letters"


def test_of_many_images_the_first_are_shown(tmp_path: Path) -> None:
    with Summaries(tmp_path) as summaries:
        summaries.images(1, "many", plain([RED] * 100), ["x"] * 100)
    (point,) = read_back(tmp_path).Tensors("many")
    assert len(tensor_util.make_ndarray(point.tensor_proto)) == 2 + MAX_CARDS


def test_the_projector_finds_points_labels_and_thumbnails(tmp_path: Path) -> None:
    embeddings = np.random.default_rng(0).normal(size=(5, 7)).astype(np.float32)
    colours = [RED, GREEN, BLUE, GREEN, RED]
    with Summaries(tmp_path) as summaries:
        summaries.projector(embeddings, ["ant", "bee", "蚂蚁", "bee", "ant"], plain(colours, 32))
    config = text_format.Parse((tmp_path / "projector_config.pbtxt").read_text(), ProjectorConfig())
    (shown,) = config.embeddings
    np.testing.assert_allclose(np.loadtxt(tmp_path / shown.tensor_path, delimiter="\t"), embeddings, rtol=1e-5)
    assert (tmp_path / shown.metadata_path).read_text(encoding="utf-8").splitlines()[2] == "蚂蚁"
    sprite = np.asarray(Image.open(tmp_path / shown.sprite.image_path))
    side = shown.sprite.single_image_dim[0]
    assert sprite.shape == (3 * side, 3 * side, 3)
    for place, colour in enumerate(colours):
        row, column = divmod(place, 3)
        assert tuple(sprite[row * side + side // 2, column * side + side // 2]) == colour


@pytest.mark.slow
def test_thumbnails_of_many_images_fit_into_one_texture(tmp_path: Path) -> None:
    with Summaries(tmp_path) as summaries:
        summaries.projector(np.zeros((40_000, 1), np.float32), ["x"] * 40_000, np.zeros((40_000, 1, 1, 3), np.uint8))
    with Image.open(tmp_path / "embedding-thumbnails.png") as sprite:
        assert sprite.size == (8000, 8000)


def test_counts_that_differ_are_refused(tmp_path: Path) -> None:
    with Summaries(tmp_path) as summaries, pytest.raises(ValueError, match="2 embeddings, 1 labels, 2 thumbnails"):
        summaries.projector(np.zeros((2, 3), np.float32), ["ant"], plain([RED, RED]))
