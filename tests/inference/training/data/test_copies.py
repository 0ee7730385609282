from __future__ import annotations

import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from inference.training.data.copies import _originals, find_copies
from inference.training.data.folders import find_images
from tests.support.images import encode


def scene(seed: int) -> Image.Image:
    """A picture of coloured patches that looks like no other one."""
    patches = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC)


def saved(folder: Path, name: str, image: Image.Image, kind: str = "JPEG", **how: int) -> str:
    file = io.BytesIO()
    image.save(file, kind, **how)
    (folder / name).write_bytes(file.getvalue())
    return name


@pytest.mark.parametrize(
    ("size", "kind", "quality"),
    [((320, 240), "JPEG", 30), ((80, 60), "JPEG", 90), ((640, 480), "WEBP", 50), ((321, 239), "PNG", 0)],
)
def test_a_photo_that_was_resized_or_saved_again_is_a_copy(
    tmp_path: Path, size: tuple[int, int], kind: str, quality: int
) -> None:
    names = [saved(tmp_path, f"{seed}.jpg", scene(seed)) for seed in range(20)]
    how = {"quality": quality} if quality else {}
    copy = saved(tmp_path, "again", scene(7).resize(size), kind, **how)
    assert find_copies(tmp_path, dict.fromkeys([*names, copy], 0)).originals == {"again": "7.jpg"}


def test_plain_pictures_are_copies_only_if_their_files_are_equal(tmp_path: Path) -> None:
    for name, colour in (("a", (9, 9, 9)), ("b", (200, 9, 9)), ("c", (9, 9, 9))):
        (tmp_path / name).write_bytes(encode(Image.new("RGB", (40, 30), colour), "PNG"))
    assert find_copies(tmp_path, {"a": 0, "b": 0, "c": 0}).originals == {"c": "a"}


def test_photos_of_different_classes_and_files_that_cannot_be_read_are_no_copies(tmp_path: Path) -> None:
    for name in ("a", "b"):
        saved(tmp_path, name, scene(1))
    (tmp_path / "broken").write_bytes((tmp_path / "a").read_bytes()[:400])
    assert find_copies(tmp_path, {"a": 0, "b": 1, "broken": 0, "absent": 0}).originals == {}


def test_a_copy_of_a_copy_belongs_to_the_first_photo_and_a_slow_change_is_no_group(tmp_path: Path) -> None:
    first, last = np.asarray(scene(1), np.float32), np.asarray(scene(2), np.float32)
    frames = [Image.fromarray((first + (last - first) * step / 40).astype(np.uint8)) for step in range(41)]
    names = [saved(tmp_path, f"{number:02d}.jpg", frame, quality=95) for number, frame in enumerate(frames)]
    found = find_copies(tmp_path, dict.fromkeys(names, 0)).originals
    assert found["01.jpg"] == "00.jpg"
    assert not set(found.values()) & set(found)
    assert found.get("40.jpg") != "00.jpg"


def test_photos_of_a_fixed_camera_are_no_copies_unless_their_files_are_equal(tmp_path: Path) -> None:
    """Each kind has a class of its own."""
    view = np.asarray(scene(1), np.int16)
    names: dict[str, int] = {}
    for number in range(12):
        frame = view.copy()
        frame[20 * number : 20 * number + 20, 100:140] += 40
        for label, image in enumerate((Image.fromarray(np.clip(frame, 0, 255).astype(np.uint8)), scene(number))):
            names[saved(tmp_path, f"{label}-{number:02d}.jpg", image)] = label
    for label in range(2):
        (tmp_path / f"{label}-again.jpg").write_bytes((tmp_path / f"{label}-03.jpg").read_bytes())
        names[f"{label}-again.jpg"] = label
        names[saved(tmp_path, f"{label}-small.jpg", scene(1).resize((80, 60)))] = label
    found = find_copies(tmp_path, names)
    assert found.uniform == (0,)
    assert found.originals == {"0-again.jpg": "0-03.jpg", "1-again.jpg": "1-03.jpg", "1-small.jpg": "1-01.jpg"}


def test_many_saved_copies_of_each_photo_stay_copies(tmp_path: Path) -> None:
    """As in data sets that were augmented before."""
    names = [
        saved(tmp_path, f"{seed}-{width}.jpg", scene(seed).resize((width, 3 * width // 4)))
        for seed in range(4)
        for width in (100, 160, 240)
    ]
    found = find_copies(tmp_path, dict.fromkeys(names, 0))
    assert (len(found.originals), found.uniform) == (8, ())


def test_thousands_of_photos_that_look_alike_are_compared_in_little_memory() -> None:
    random = np.random.default_rng(0)
    hashes = (10 * random.normal(size=768) + random.normal(size=(3000, 768))).astype(np.float32)
    hashes[1::7] = random.normal(size=(len(hashes[1::7]), 768))
    hashes[2990] = hashes[8]
    hashes /= np.linalg.norm(hashes, axis=1, keepdims=True)
    expected = np.zeros(3000, np.int64)
    expected[1::7] = np.arange(3000)[1::7]
    expected[2990] = 8
    tracemalloc.start()
    found = _originals(hashes)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, expected)
    assert peak < 30_000_000


@pytest.mark.shared
def test_real_photos_that_were_collected_twice_are_found(shared: Path) -> None:
    found = find_images(shared / "data" / "few-shot")
    groups = {file.name: file.group for file in found.files}
    assert found.copies == 6
    assert groups["raccoon/raccoon-198.jpg"] == groups["raccoon/raccoon-162.jpg"]
    assert groups["raccoon/raccoon-172.jpg"] == groups["raccoon/raccoon-148.jpg"] == groups["raccoon/raccoon-146.jpg"]
