"""From folders of images to TFRecord files: shuffled, in parallel, and again from where it was stopped."""

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
from inference.training.data.examples import LABELS_FILE, SPLITS
from inference.training.data.folders import ImageFile, ImageFolders, Skipped
from inference.training.data.record_files import count_records, image_record, write_records
from inference.training.data.splits import Split
from inference.training.errors import DatasetError

# Tells a folder that was begun from one that holds something else.
PLAN_FILE = ".plan"
# What every reader of TFRecords decodes; other formats are encoded anew, so well that no one sees it.
KEPT_FORMATS = {"JPEG": "jpeg", "PNG": "png"}
JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class Shard:
    """A file to be, and the images in it."""

    file_name: str
    split: Split
    images: tuple[ImageFile, ...]


@dataclass(frozen=True, slots=True)
class WrittenRecords:
    """What lies in a folder of TFRecords.

    Attributes:
        labels: name of each class.
        counts: number of images in each split.
        files: number of files.
        skipped: images that were left out; those in files that an earlier run had finished are not among them.
    """

    labels: tuple[str, ...]
    counts: dict[Split, int]
    files: int
    skipped: tuple[Skipped, ...]


def write_dataset(
    images: ImageFolders, data: Path, out: Path, *, shards: int, seed: int, advance: Callable[[], None]
) -> WrittenRecords:
    """Write TFRecord files and labels.txt, or what an earlier run for the same images has not got to.

    Each image is decoded once, so that none is in the records that training could not read.

    Args:
        images: what `find_images` found.
        data: the folder that it looked at.
        out: folder of the files; made if absent.
        shards: number of files of training; other splits get fewer, in proportion to their size.
        seed: of the images' order.
        advance: called once an image, from several threads.

    Raises:
        DatasetError: `out` lies in `data`, or holds something else.
        OSError: an image cannot be read or a file cannot be written; files that are whole stay.
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
    """Shuffle each split, and deal it out to its files."""
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
    """Make a record of an image.

    Raises:
        ImageError: it cannot be decoded.
    """
    image = decode_image(encoded, side=math.inf)
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
    """A hash of all that decides what the files hold."""
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
    """Keep a folder for one plan, and for one process at a time.

    Raises:
        DatasetError: it holds what another plan, or something else, has made.
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
    """Lend a name beside a file's, which becomes the file when all went well, and is gone otherwise."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        yield partial
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
