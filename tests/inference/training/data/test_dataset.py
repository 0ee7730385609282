from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.images.decode import load_pixels
from inference.training.data.dataset import load_images
from inference.training.data.examples import open_examples
from inference.training.errors import DatasetError
from tests.support.image_folders import write_images
from tests.support.images import BLUE, GREEN, RED, encode, quadrants
from tests.support.pictures import picture


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A photo of each class, of sizes and kinds of its own."""
    write_images(tmp_path, {"a blue": 0, "b green": 0, "c red": 0})
    for name, colour, kind, size in (
        ("c red/1.jpg", RED, "JPEG", (640, 480)),
        ("b green/1.heic", GREEN, "HEIF", (64, 96)),
        ("a blue/1.webp", BLUE, "WEBP", (20, 20)),
    ):
        (tmp_path / name).write_bytes(encode(Image.new("RGB", size, colour), kind))
    return tmp_path


def test_images_of_every_kind_are_loaded_in_the_order_of_the_examples(photos: Path) -> None:
    data, skipped = load_images(open_examples(photos, split="all"), image_size=16)
    assert data.images.dtype == np.uint8
    assert (data.images.shape, skipped) == ((3, 16, 16, 3), ())
    assert data.labels.tolist() == [0, 1, 2]
    np.testing.assert_allclose(data.images.mean(axis=(1, 2)), [BLUE, GREEN, RED], atol=24)


def test_images_are_what_the_network_will_see(photos: Path) -> None:
    photo = encode(quadrants(300, 200), "JPEG")
    (photos / "a blue" / "0.jpg").write_bytes(photo)
    data, _ = load_images(open_examples(photos, split="all"), image_size=32)
    np.testing.assert_array_equal(data.images[0], load_pixels(photo, height=32, width=32, crop=1.0))


def test_more_images_than_are_read_ahead_keep_their_order(tmp_path: Path) -> None:
    write_images(tmp_path, {"ants": 100, "bees": 100}, width=8, height=8)
    examples = open_examples(tmp_path, split="all")
    data, _ = load_images(examples, image_size=8)
    expected = [load_pixels(example.encoded, height=8, width=8, crop=1.0) for example in examples]
    np.testing.assert_array_equal(data.images, expected)
    assert data.labels.tolist() == [0] * 100 + [1] * 100


def test_an_image_that_cannot_be_decoded_is_left_out(photos: Path) -> None:
    (photos / "b green" / "0.jpg").write_bytes(picture(1)[:1500])
    data, skipped = load_images(open_examples(photos, split="all"), image_size=16)
    assert data.labels.tolist() == [0, 1, 2]
    np.testing.assert_allclose(data.images.mean(axis=(1, 2)), [BLUE, GREEN, RED], atol=24)
    assert [item.name for item in skipped] == ["b green/0.jpg"]
    assert "damaged or incomplete" in skipped[0].reason


def test_nothing_but_damage_is_an_error(tmp_path: Path) -> None:
    for name in ("ants", "bees"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "0.jpg").write_bytes(picture(ord(name[0]))[:1500])
    with pytest.raises(DatasetError, match=r"can be decoded\. Received: ants/0\.jpg: the image is damaged"):
        load_images(open_examples(tmp_path, split="all"), image_size=16)


@pytest.mark.shared
def test_the_development_data_can_all_be_decoded(shared: Path) -> None:
    data, skipped = load_images(open_examples(shared / "data" / "ants-bees", split="validation"), image_size=32)
    assert (len(data), skipped) == (153, ())
