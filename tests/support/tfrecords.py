"""TFRecord files in the style of other programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import tensorflow as tf


def example(encoded: bytes, label: int, text: str | None = None) -> bytes:
    """A record of an image with the two keys that all programs write, and perhaps the class's name."""
    feature = {
        "image/encoded": tf.train.Feature(bytes_list=tf.train.BytesList(value=[encoded])),
        "image/class/label": tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
    }
    if text is not None:
        feature["image/class/text"] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
    return bytes(tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString())


def write_tfrecord(path: Path, contents: Sequence[bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as writer:
        for content in contents:
            writer.write(content)
    return path


def write_dataset(folder: Path, labels: Sequence[str], **splits: Sequence[tuple[bytes, int]]) -> Path:
    """Write a file for each split, of images and their classes, and labels.txt; returns the folder."""
    for split, images in splits.items():
        write_tfrecord(
            folder / f"{split}-00000-of-00001.tfrecord", [example(encoded, label) for encoded, label in images]
        )
    (folder / "labels.txt").write_text("".join(f"{label}\n" for label in labels))
    return folder
