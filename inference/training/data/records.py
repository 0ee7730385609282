"""Conversion of folders of images to TFRecord files: shuffled, in parallel, and resumable."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from inference.errors import ImageError
from inference.images.decode import decode_image
from inference.images.header import image_format
from inference.models.labels import format_labels
from inference.training.data.cores import map_on_all_cores
from inference.training.data.examples import LABELS_FILE
from inference.training.data.folders import ImageFile, ImageFolders, Skipped
from inference.training.data.record_files import count_records, image_record, write_records
from inference.training.data.splits import SPLITS, Split
from inference.training.errors import DatasetError

# Name of the file that marks a folder of records. The file holds the fingerprint of the plan.
PLAN_FILE = ".plan"
# Image formats that every reader of TFRecords can decode. Images in other formats become JPEG files, in a quality
# without visible loss.
KEPT_FORMATS = {"JPEG": "jpeg", "PNG": "png"}
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Shard:
    """A planned TFRecord file and its images."""

    file_name: str
    split: Split
    images: tuple[ImageFile, ...]


@dataclass(frozen=True, slots=True)
class WrittenRecords:
    """Summary of a folder of TFRecords.

    Attributes:
        labels: name of each class.
        counts: number of images in each split.
        files: number of TFRecord files.
        skipped: images that were left out. If an earlier run completed a file, the undecodable images of this file are
            not listed.
    """

    labels: tuple[str, ...]
    counts: dict[Split, int]
    files: int
    skipped: tuple[Skipped, ...]


def write_dataset(
    images: ImageFolders, data: Path, out: Path, *, shards: int, seed: int, advance: Callable[[], None]
) -> WrittenRecords:
    """Write TFRecord files and labels.txt; files from an earlier run with the same images are kept.

    Each image is decoded once as a check, so that the records contain only images that training can read.

    Args:
        images: result of `find_images`.
        data: folder of the images.
        out: folder of the TFRecord files; created if absent.
        shards: number of files for the training split; smaller splits get fewer files, in proportion to their size.
        seed: random seed for the order of the images.
        advance: called after each image, by several threads.

    Raises:
        DatasetError: `out` lies inside `data`, belongs to another plan, or contains other files.
        OSError: an image cannot be read or a file cannot be written; complete files are kept.
    """
    if out.resolve().is_relative_to(data.resolve()):
        raise DatasetError(f"expected a folder outside of {data} for the records. Received: {out}")
    plan = plan_shards(images, shards=shards, seed=seed)

    def write(shard: Shard) -> list[Skipped]:
        path = out / shard.file_name
        if not path.exists():
            return _write_shard(path, shard, data, images.labels, advance)
        for _ in shard.images:
            advance()
        return []

    with _claimed(out, _fingerprint(plan, data, images.labels)):
        skipped = [item for part in map_on_all_cores(write, plan) for item in part]
        with _replacing(out / LABELS_FILE) as partial:
            partial.write_text(format_labels(images.labels), encoding="utf-8")
    counts = dict.fromkeys(SPLITS, 0)
    for shard in plan:
        counts[shard.split] += count_records(out / shard.file_name)
    return WrittenRecords(images.labels, counts, len(plan), (*images.skipped, *skipped))


def plan_shards(images: ImageFolders, *, shards: int, seed: int) -> tuple[Shard, ...]:
    """Shuffle the images of each split, and distribute them over files; for the arguments, see `write_dataset`."""
    plan: list[Shard] = []
    of_split = {split: [file for file in images.files if file.split == split] for split in SPLITS}
    for number, (split, files) in enumerate(of_split.items()):
        order = np.random.default_rng([seed, number]).permutation(len(files))
        share = len(files) / max(len(of_split["train"]), 1)
        count = min(len(files), max(1, math.ceil(shards * min(share, 1.0))))
        plan += [
            Shard(
                f"{split}-{shard:05d}-of-{count:05d}.tfrecord",
                split,
                tuple(files[index] for index in order[shard::count]),
            )
            for shard in range(count)
        ]
    return tuple(plan)


def _write_shard(
    path: Path, shard: Shard, data: Path, labels: tuple[str, ...], advance: Callable[[], None]
) -> list[Skipped]:
    skipped: list[Skipped] = []

    def contents() -> Iterator[bytes]:
        for file in shard.images:
            try:
                yield _convert((data / file.name).read_bytes(), file, labels[file.label])
            except ImageError as error:
                skipped.append(Skipped(file.name, str(error)))
            advance()

    with _replacing(path) as partial:
        write_records(partial, contents())
    return skipped


def _convert(encoded: bytes, file: ImageFile, text: str) -> bytes:
    """Return the content of a record for an image.

    Raises:
        ImageError: the image cannot be decoded.
    """
    image = decode_image(encoded)
    pixels = image.pixels if image.turn is None else image.pixels.transpose(image.turn)
    kind = KEPT_FORMATS.get(image_format(encoded) or "")
    if kind is None or image.turn is not None:
        kind, buffer = "jpeg", io.BytesIO()
        pixels.convert("RGB").save(buffer, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        encoded = buffer.getvalue()
    return image_record(
        encoded,
        kind=kind,
        height=pixels.height,
        width=pixels.width,
        label=file.label,
        text=text,
        filename=file.name,
    )


def _fingerprint(plan: tuple[Shard, ...], data: Path, labels: tuple[str, ...]) -> str:
    """Return a hash of everything that decides the content of the files."""
    content = [
        [shard.file_name, [[file.name, file.label, *_state(data / file.name)] for file in shard.images]]
        for shard in plan
    ]
    return hashlib.sha256(json.dumps([labels, content]).encode()).hexdigest()


def _state(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@contextmanager
def _claimed(out: Path, fingerprint: str) -> Iterator[None]:
    """Lock a folder of records for this process. Each folder belongs to one plan.

    Args:
        out: folder of the TFRecord files; created if absent.
        fingerprint: hash of the plan.

    Raises:
        DatasetError: the folder belongs to another plan, or contains other files.
    """
    out.mkdir(parents=True, exist_ok=True)
    if not (out / PLAN_FILE).exists() and any(out.iterdir()):
        raise DatasetError(f"expected a new or an empty folder. Received: {out}, which holds other files")
    with (out / PLAN_FILE).open("a+") as plan:
        fcntl.flock(plan, fcntl.LOCK_EX)
        plan.seek(0)
        known = plan.read()
        if known not in ("", fingerprint):
            raise DatasetError(
                "expected the images and the options with which the records were begun, or a new folder. "
                f"Received others for {out}"
            )
        if not known:
            plan.write(fingerprint)
            plan.flush()
        yield


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path. The file at this path replaces `path` after success, and is removed after an error."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
