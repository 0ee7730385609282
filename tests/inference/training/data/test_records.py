from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from inference.training.data.examples import Example, open_examples
from tests.support.full_disk import small_files_only
from tests.support.image_folders import write_images
from tests.support.images import FILES, corners, encode, quadrants, turned
from tests.support.pictures import picture
from tests.support.processes import HANG_S
from tests.support.program import Program

PROGRAM = Path(sys.executable).with_name("labelbot")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_images(tmp_path / "photos", {"ants": 40, "bees": 30})


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def content(examples: Iterator[Example]) -> Counter[tuple[bytes, int]]:
    return Counter((example.encoded, example.label) for example in examples)


def test_records_hold_what_the_folders_do(program: Program, photos: Path, tmp_path: Path) -> None:
    written = program("records", photos, tmp_path / "out", "--shards", "3")
    assert (written.status, written.err) == (0, "")
    for split in ("train", "validation", "test"):
        before, after = open_examples(photos, split=split), open_examples(tmp_path / "out", split=split)
        assert f"{len(before)} {split}" in written.out
        assert before.labels == after.labels == ("ants", "bees")
        assert content(iter(before)) == content(iter(after))
    assert sorted(path.name for path in (tmp_path / "out").glob("train-*")) == [
        f"train-0000{shard}-of-00003.tfrecord" for shard in range(3)
    ]


def test_each_record_has_the_keys_of_slim(program: Program, photos: Path, tmp_path: Path) -> None:
    program("records", photos, tmp_path / "out", "--shards", "1")
    (first, *_) = tf.data.TFRecordDataset([str(tmp_path / "out" / "test-00000-of-00001.tfrecord")]).as_numpy_iterator()
    feature = tf.train.Example.FromString(first).features.feature
    numbers = {key: value.int64_list.value[0] for key, value in feature.items() if value.int64_list.value}
    texts = {key: value.bytes_list.value[0] for key, value in feature.items() if value.bytes_list.value}
    name = texts["image/filename"].decode()
    label = ("ants", "bees").index(name.partition("/")[0])
    assert numbers == {"image/height": 30, "image/width": 40, "image/channels": 3, "image/class/label": label}
    assert texts == {
        "image/encoded": (photos / name).read_bytes(),
        "image/filename": name.encode(),
        "image/format": b"jpeg",
        "image/colorspace": b"RGB",
        "image/class/text": name.partition("/")[0].encode(),
    }


def test_the_order_is_shuffled_by_the_seed_alone(program: Program, photos: Path, tmp_path: Path) -> None:
    for out, seed in (("first", 1), ("again", 1), ("other", 2)):
        assert program("records", photos, tmp_path / out, "--shards", "2", "--seed", str(seed)).status == 0
    first, again, other = (files_of(tmp_path / out) for out in ("first", "again", "other"))
    assert first == again
    assert first != other
    shard = "train-00000-of-00002.tfrecord"
    labels = [item.label for item in open_examples(tmp_path / "first", split="train") if item.name.startswith(shard)]
    assert labels != sorted(labels)


def test_every_kind_of_image_becomes_one_that_all_readers_know(program: Program, tmp_path: Path) -> None:
    photos = write_images(tmp_path / "train", {"plain": 1, "quadrants": 0})
    write_images(tmp_path / "val", {"plain": 1}, seed=1)
    for kind, encode_as in FILES.items():
        (photos / "quadrants" / kind).write_bytes(encode_as(quadrants()))
    for orientation in range(1, 9):
        (photos / "quadrants" / f"turned-{orientation}").write_bytes(turned(quadrants(), orientation, "JPEG"))
    written = program("records", tmp_path, tmp_path.with_name("records"), "--shards", "2")
    assert re.fullmatch("labelbot: most photos look almost the same in: quadrants; .*\n", written.err)
    pixels = [
        tf.io.decode_image(example.encoded, channels=3, expand_animations=False).numpy()
        for example in open_examples(tmp_path.with_name("records"), split="train")
        if example.label == 1
    ]
    assert len(pixels) == len(FILES) + 8
    upright = corners(np.asarray(quadrants())).astype(int)
    alike = sum(bool((abs(corners(image).astype(int) - upright) <= 30).all()) for image in pixels)
    # Of the eight files with an EXIF orientation, only the first shows the quadrants; the others show them turned.
    assert alike == len(FILES) + 1


def test_a_bad_image_is_listed_and_skipped(program: Program, photos: Path, tmp_path: Path) -> None:
    (photos / "ants" / "cut.jpg").write_bytes(picture(99)[:1500])
    (photos / "bees" / "notes.txt").write_text("not a photo")
    shutil.copy(photos / "ants" / "001.jpg", photos / "bees" / "copy.jpg")
    written = program("records", photos, tmp_path / "out")
    assert written.status == 0
    lines = sorted(written.err.splitlines())
    assert [line.partition(": ")[2].partition(": ")[0] for line in lines] == [
        "left out ants/001.jpg", "left out ants/cut.jpg", "left out bees/copy.jpg", "left out bees/notes.txt",
    ]  # fmt: skip
    assert len(open_examples(tmp_path / "out", split="all")) == 69


def test_finished_files_are_not_written_again(program: Program, photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = program("records", photos, out, "--shards", "4")
    missing = out / "train-00002-of-00004.tfrecord"
    whole = files_of(out)
    kept = {path.name: path.stat().st_ino for path in out.iterdir() if path not in (missing, out / "labels.txt")}
    missing.unlink()
    assert program("records", photos, out, "--shards", "4") == first
    assert files_of(out) == whole
    assert kept.items() <= {path.name: path.stat().st_ino for path in out.iterdir()}.items()


@pytest.mark.slow
def test_after_kill_9_the_same_command_completes_the_folder(program: Program, tmp_path: Path) -> None:
    photos = write_images(tmp_path / "photos", {"ants": 40, "bees": 40}, width=2000, height=1500)
    out, reference = tmp_path / "out", tmp_path / "reference"
    arguments = ("records", photos, out, "--shards", "12")
    with subprocess.Popen([PROGRAM, *map(str, arguments)]) as process:
        deadline = time.monotonic() + HANG_S
        while len(list(out.glob("*.tfrecord"))) < 3:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.005)
        os.kill(process.pid, signal.SIGKILL)
    finished = {path.name: path.stat().st_ino for path in out.glob("*.tfrecord")}
    assert not (out / "labels.txt").exists()
    assert program(*arguments).status == 0
    assert program("records", photos, reference, "--shards", "12").status == 0
    assert files_of(out) == files_of(reference)
    assert finished.items() <= {path.name: path.stat().st_ino for path in out.iterdir()}.items()


def test_a_full_disk_leaves_no_half_file(program: Program, tmp_path: Path) -> None:
    photos = write_images(tmp_path / "photos", {"ants": 20, "bees": 20})
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    (photos / "ants" / "large.png").write_bytes(encode(Image.fromarray(noise), "PNG"))
    out = tmp_path / "out"
    with small_files_only(100_000):
        refused = program("records", photos, out)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "File too large" in refused.err
    assert not (out / "labels.txt").exists()
    assert not list(out.glob("*.partial"))
    assert program("records", photos, out).status == 0
    assert len(open_examples(out, split="all")) == 41


def test_a_folder_of_something_else_is_refused(program: Program, photos: Path, tmp_path: Path) -> None:
    begun, other = tmp_path / "begun", tmp_path / "other"
    program("records", photos, begun)
    other.mkdir()
    (other / "diary.txt").write_text("dear diary")
    (tmp_path / "file").touch()
    before = files_of(begun)
    for arguments, sentence in (
        ((photos, begun, "--seed", "1"), "expected the images and the options with which the records were begun"),
        ((photos, begun, "--shards", "1"), "expected the images and the options with which the records were begun"),
        ((photos, other), "expected a new or an empty folder"),
        ((photos, photos / "ants" / "out"), "expected a folder outside of"),
        ((photos, photos), "expected a folder outside of"),
        ((photos, tmp_path / "file"), "File exists"),
        ((tmp_path / "absent", tmp_path / "out"), "No such file or directory"),
        ((photos / "ants", tmp_path / "out"), "expected one folder per class"),
    ):
        refused = program("records", *arguments)
        assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1), refused
        assert sentence in refused.err
    assert files_of(begun) == before
    assert files_of(other) == {"diary.txt": b"dear diary"}
    assert not (tmp_path / "out").exists()


def test_a_changed_image_is_not_mixed_with_the_old_ones(program: Program, photos: Path, tmp_path: Path) -> None:
    program("records", photos, tmp_path / "out")
    (photos / "ants" / "000.jpg").write_bytes(picture(77, width=40, height=30))
    assert "expected the images and the options" in program("records", photos, tmp_path / "out").err


def test_fewer_files_than_one_is_a_usage_error(program: Program, photos: Path, tmp_path: Path) -> None:
    assert program("records", photos, tmp_path / "out", "--shards", "0").status == 2
