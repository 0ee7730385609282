"""Raw files of cameras show their preview, or say that they have none."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from inference.errors import CameraRaw, TruncatedImage
from inference.images.decode import load_pixels
from tests.support.images import BLUE, GREEN, RED, YELLOW, corners, encode, quadrants
from tests.support.tiffs import Entry, plain_entries, tiff

SIDE = 64
CFA, LINEAR = 32803, 34892
DNG = (50706, 1, [1, 6, 0, 0])


def preview(width: int = 96, height: int = 96) -> bytes:
    return encode(quadrants(width, height), "JPEG", quality=95)


def load_corners(data: bytes) -> list[tuple[int, ...]]:
    pixels = load_pixels(data, height=SIDE, width=SIDE, crop=1.0)
    return [tuple(int(value) for value in colour) for colour in corners(pixels)]


def assert_shows(data: bytes, colours: list[tuple[int, int, int]]) -> None:
    for seen, expected in zip(load_corners(data), colours, strict=True):
        assert max(abs(a - b) for a, b in zip(seen, expected, strict=True)) < 24


def raw(jpeg: bytes, *extra: Entry, photometric: int = CFA) -> bytes:
    """A raw file whose first directory has both the sensor's values and the tags of a preview."""
    pixels = bytes(32 * 32)
    at = 16 + len(pixels)
    entries = [
        *plain_entries(32, 32, photometric=[photometric]),
        (513, 4, [at]),
        (514, 4, [len(jpeg)]),
        *extra,
    ]
    return tiff(sorted(entries), pixels=pixels + jpeg)


@pytest.mark.parametrize("photometric", [CFA, LINEAR])
def test_the_preview_is_shown(photometric: int) -> None:
    assert_shows(raw(preview(), photometric=photometric), [RED, GREEN, BLUE, YELLOW])


def test_a_preview_is_turned_as_the_raw_file_says() -> None:
    upside_down = [YELLOW, BLUE, GREEN, RED]
    assert_shows(raw(preview(), (274, 3, [3]), DNG), upside_down)


def test_a_picture_of_a_dng_that_is_a_jpeg_is_shown() -> None:
    jpeg = preview()
    entries = plain_entries(96, 96, photometric=[6], compression=[7], counts=[len(jpeg)])
    assert_shows(tiff([*entries, DNG], pixels=jpeg), [RED, GREEN, BLUE, YELLOW])


def test_the_largest_of_the_previews_below_is_shown() -> None:
    """Nikon's files have a thumbnail in the first directory and the preview in one below it."""
    jpeg = preview()
    body = bytes(32 * 32) + jpeg
    below = 16 + len(body)
    directory = struct.pack("<HHHIIHHIIHHIII", 3, 262, 3, 1, CFA, 513, 4, 1, 16 + 32 * 32, 514, 4, 1, len(jpeg), 0)
    entries = [*plain_entries(32, 32), (330, 4, [below])]
    assert_shows(tiff(sorted(entries), pixels=body + directory), [RED, GREEN, BLUE, YELLOW])


def test_fujifilms_preview_is_shown() -> None:
    head = b"FUJIFILMCCD-RAW 0201FF389501".ljust(84, b"\0")
    jpeg = preview()
    assert_shows(head + struct.pack(">II", 100, len(jpeg)) + bytes(8) + jpeg, [RED, GREEN, BLUE, YELLOW])


@pytest.mark.parametrize(
    "data",
    [
        tiff(plain_entries(32, 32, photometric=[CFA]), pixels=bytes(1024)),
        tiff([*plain_entries(32, 32), DNG], pixels=bytes(1024)),
        raw(b"\xff\xd8\xff no JPEG after all"),
        raw(preview()[:40]),
        b"\0\0\0\x18ftypcrx " + bytes(64),
        b"IIRO" + bytes(64),
        b"FUJIFILMCCD-RAW ".ljust(92, b"\xff"),
        b"FUJIFILMCCD-RAW ",
    ],
    ids=["mosaic", "dng", "no JPEG", "no frame", "cr3", "olympus", "fujifilm, wild offset", "fujifilm, short"],
)
def test_without_a_preview_it_is_called_a_raw_file(data: bytes) -> None:
    with pytest.raises(CameraRaw, match="raw file without a preview"):
        load_corners(data)


def test_half_a_preview_is_refused() -> None:
    jpeg = encode(quadrants(640, 480), "JPEG", quality=95)
    with pytest.raises(TruncatedImage):
        load_corners(raw(jpeg[: len(jpeg) // 2]))


@pytest.mark.parametrize(
    "extra",
    [(330, 4, [2**31]), (330, 4, [8] * 50), (330, 4, list(range(2000))), (274, 3, [99]), (330, 1, [1])],
    ids=["outside", "itself", "many", "no orientation", "of bytes"],
)
def test_odd_directories_below_do_not_matter(extra: Entry) -> None:
    assert_shows(raw(preview(), extra), [RED, GREEN, BLUE, YELLOW])


def test_a_preview_of_countless_segments_is_left_alone() -> None:
    """Each segment takes time, and a raw file may name the same preview several times."""
    head = b"FUJIFILMCCD-RAW 0201FF389501".ljust(84, b"\0")
    jpeg = b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000 + preview()[2:]
    with pytest.raises(CameraRaw):
        load_corners(head + struct.pack(">II", 100, len(jpeg)) + bytes(8) + jpeg)
    with pytest.raises(CameraRaw):
        load_corners(raw(jpeg, (330, 4, [8] * 8)))


@pytest.mark.shared
def test_a_dng_of_a_phone_without_a_preview(shared: Path) -> None:
    with pytest.raises(CameraRaw):
        load_corners((shared / "cases" / "tiff_cfa_like_raw_dng.dng").read_bytes())
