from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tensorflow as tf
from PIL import Image

from inference.training.dataset import load_records
from inference.training.errors import DatasetError


def write_records(path: Path, examples: list[tuple[bytes, int]]) -> Path:
    with tf.io.TFRecordWriter(str(path)) as writer:
        for encoded, label in examples:
            feature = {
                "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded])),
                "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
            }
            writer.write(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())
    return path


def plain(colour: tuple[int, int, int], height: int = 16, width: int = 16) -> npt.NDArray[np.uint8]:
    return np.broadcast_to(np.array(colour, np.uint8), (height, width, 3)).copy()


def webp(pixels: npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", lossless=True)
    return buffer.getvalue()


def test_formats_are_told_by_content_and_the_order_is_that_of_the_files(tmp_path: Path) -> None:
    red, green, blue = plain((255, 0, 0)), plain((0, 255, 0)), plain((0, 0, 255))
    first = write_records(tmp_path / "a", [(tf.io.encode_png(red).numpy(), 2), (webp(green), 0)])
    second = write_records(tmp_path / "b", [(tf.io.encode_jpeg(blue, quality=100).numpy(), 1)])
    data = load_records([first, second], image_size=16)
    assert data.images.dtype == np.uint8
    assert data.images.shape == (3, 16, 16, 3)
    assert data.labels.tolist() == [2, 0, 1]
    np.testing.assert_allclose(data.images.mean(axis=(1, 2)), [[255, 0, 0], [0, 255, 0], [0, 0, 255]], atol=3)


def test_another_shape_is_cropped_to_its_centre_and_resized(tmp_path: Path) -> None:
    wide = np.concatenate([plain((0, 0, 0), 32, 16), plain((200, 200, 200), 32, 32), plain((0, 0, 0), 32, 16)], axis=1)
    path = write_records(tmp_path / "a", [(tf.io.encode_png(wide).numpy(), 0)])
    np.testing.assert_array_equal(load_records([path], image_size=16).images, plain((200, 200, 200))[None])


def test_nothing_to_load_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="at least one TFRecord file"):
        load_records([], image_size=16)
    with pytest.raises(DatasetError, match="only empty ones"):
        load_records([write_records(tmp_path / "empty", [])], image_size=16)
