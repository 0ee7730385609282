"""Limits of time and memory for images, and isolation of failures."""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import ImageError, TruncatedImage
from inference.images.decode import load_pixels
from inference.images.header import APPLICATION_DATA, SEARCHED_BYTES, START_OF_SCAN, count_markers
from tests.support.decoding import measure
from tests.support.examples import examples
from tests.support.images import FILES, bombs, encode, png, quadrants, turned


def test_bombs_are_refused_or_left_unread_within_300_mb(tmp_path: Path) -> None:
    for name, data in bombs().items():
        assert len(data) < 2**20
        (tmp_path / name).write_bytes(data)
    outcomes = measure(tmp_path)
    assert list(outcomes) == sorted(path.name for path in tmp_path.iterdir())
    for name, (error, _, peak_mb) in outcomes.items():
        if name.startswith(("png-ztxt", "png-itxt", "png-iccp")):
            assert error is None, f"{name}: texts and profiles are not unpacked"
        else:
            too_large = name.endswith(("-pixels", "-screen", "-canvas"))
            assert error == ("TooManyPixels" if too_large else "TruncatedImage"), name
        assert peak_mb < 300, name


def test_the_largest_images_that_are_read_fit_into_300_mb(tmp_path: Path) -> None:
    width = 5700
    shape = (4300, width)
    for name, data in {
        "alpha.png": png(np.zeros((*shape, 4), np.uint8), depth=8, colour=6),
        "transparent.png": png(np.zeros((*shape, 3), np.uint8), depth=8, colour=2, chunks=((b"tRNS", bytes(6)),)),
        "progressive.jpg": encode(Image.new("RGB", shape), "JPEG", progressive=True, subsampling=0),
        "alpha.webp": encode(Image.new("RGBA", (3900, 4000)), "WEBP", lossless=True, method=0),
    }.items():
        (tmp_path / name).write_bytes(data)
    for name, (error, _, peak_mb) in measure(tmp_path).items():
        assert error is None, name
        assert peak_mb < 300, name


def test_a_jpeg_without_its_end_takes_the_memory_of_a_whole_one(tmp_path: Path) -> None:
    """It is decoded several times. Its sides are too unequal to decode it at reduced size."""
    whole = encode(Image.new("RGB", (65_000, 500), "grey"), "JPEG")
    peaks_mb = []
    for name, data in {"whole": whole, "cut": whole[:-2]}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "long.jpg").write_bytes(data)
        ((error, _, peak_mb),) = measure(tmp_path / name).values()
        assert error is None
        peaks_mb.append(peak_mb)
    assert peaks_mb[1] < 1.2 * peaks_mb[0]


@pytest.mark.filterwarnings("ignore:Tag data larger than file")
def test_metadata_that_overlaps_is_not_read_again_and_again(tmp_path: Path) -> None:
    """Each of thousands of entries points to all the others."""
    for kind, entries in {"JPEG": 5_000, "PNG": 60_000, "WEBP": 60_000, "AVIF": 60_000, "HEIF": 60_000}.items():
        size = entries * 10
        exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", entries)
        exif += b"".join(struct.pack("<HHII", 1000 + number, 7, size, 8) for number in range(entries)) + bytes(4)
        (tmp_path / kind).write_bytes(encode(quadrants(), kind, exif=exif))
    for name, (error, _, peak_mb) in measure(tmp_path).items():
        assert error is None, name
        assert peak_mb < 150, name


def test_a_jpeg_with_thousands_of_pieces_of_exif_is_refused() -> None:
    jpeg = encode(quadrants(), "JPEG")
    piece = b"\xff\xe1\0\x10Exif\0\0" + bytes(8)
    assert load_pixels(jpeg[:2] + piece * 20 + jpeg[2:], height=8, width=8, crop=1.0).shape == (8, 8, 3)
    # For each chunk, Pillow copies all earlier ones.
    with pytest.raises(TruncatedImage, match="Exif"):
        load_pixels(jpeg[:2] + piece * 5_000 + jpeg[2:], height=8, width=8, crop=1.0)


def bmp_of_runs(width: int, height: int, runs: bytes) -> bytes:
    bmp = bytearray(encode(Image.new("P", (width, height)), "BMP"))
    start = int.from_bytes(bmp[10:14], "little")
    bmp[30:34] = b"\1\0\0\0"
    return bytes(bmp[:start]) + runs


def test_runs_beyond_the_pixels_are_refused() -> None:
    plain = bmp_of_runs(16, 16, b"\x10\0\0\0" * 16 + b"\0\1")
    assert load_pixels(plain, height=8, width=8, crop=1.0).shape == (8, 8, 3)
    with pytest.raises(TruncatedImage, match="runs"):
        load_pixels(bmp_of_runs(16, 16, b"\x10\0" * 4_000_000), height=8, width=8, crop=1.0)


def damaged(data: bytes) -> st.SearchStrategy[bytes]:
    """The file cut off, or with some of its bytes changed, mostly in the header, or with a piece taken out."""
    place = st.integers(0, len(data) - 1) | st.integers(0, min(len(data), 200) - 1)

    def change(edits: list[tuple[int, int]]) -> bytes:
        copy = bytearray(data)
        for position, value in edits:
            copy[position] = value
        return bytes(copy)

    return (
        place.map(lambda end: data[:end])
        | st.lists(st.tuples(place, st.integers(0, 255)), min_size=1, max_size=8).map(change)
        | st.tuples(place, st.integers(1, 64)).map(lambda cut: data[: cut[0]] + data[sum(cut) :])
    )


@cache
def whole_files() -> dict[str, bytes]:
    image = Image.effect_noise((40, 30), 90).convert("RGB")
    image.paste(quadrants(20, 20))
    with_metadata = {f"exif-{kind}": turned(image, 6, kind) for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF")}
    return {name: make(image) for name, make in FILES.items()} | with_metadata


@pytest.mark.parametrize("name", whole_files())
@settings(max_examples=examples(40), deadline=5000, suppress_health_check=[HealthCheck.too_slow])
@given(choice=st.data())
def test_damage_anywhere_is_an_image_error_or_harmless(name: str, choice: st.DataObject) -> None:
    damaged_file = choice.draw(damaged(whole_files()[name]))
    try:
        pixels = load_pixels(damaged_file, height=9, width=7, crop=0.9)
    except ImageError:
        return
    assert pixels.shape == (9, 7, 3)


@settings(deadline=5000)
@given(st.binary(max_size=300), st.sampled_from(list(whole_files())))
def test_random_bytes_after_any_signature_are_an_image_error(noise: bytes, name: str) -> None:
    for data in (noise, whole_files()[name][:16] + noise):
        with pytest.raises(ImageError):
            load_pixels(data, height=9, width=7, crop=0.9)


@given(st.lists(st.sampled_from([b"\xff", b"\xda", b"\xe1", b"\0"]), max_size=20), st.integers(0, 20))
def test_markers_are_counted_wherever_they_are(pieces: list[bytes], shift: int) -> None:
    data = bytes(max(SEARCHED_BYTES - shift, 0)) + b"".join(pieces)
    assert count_markers(data, START_OF_SCAN, APPLICATION_DATA) == (data.count(b"\xff\xda"), data.count(b"\xff\xe1"))
    short = b"".join(pieces)
    assert count_markers(short, START_OF_SCAN) == (short.count(b"\xff\xda"),)


def test_many_segments_are_refused_only_if_they_are_exif() -> None:
    photo = encode(quadrants(20, 20), "JPEG")

    def with_segments(start: bytes) -> bytes:
        segment = b"\xff\xe1" + (2 + len(start)).to_bytes(2, "big") + start
        return photo[:2] + segment * 101 + photo[2:]

    assert load_pixels(with_segments(b"http://ns.adobe.com/xap/1.0/\0"), height=8, width=8, crop=1.0).shape == (8, 8, 3)
    with pytest.raises(TruncatedImage, match=r"at most 100 segments of Exif\. Received: 101"):
        load_pixels(with_segments(b"Exif\0\0"), height=8, width=8, crop=1.0)


def test_segments_between_the_scans_of_a_jpeg_are_counted() -> None:
    scan, comment = b"\xff\xda\0\2", b"\xff\xfe\0\2"
    with pytest.raises(TruncatedImage, match="20,000 segments"):
        load_pixels(b"\xff\xd8\xff\xe0\0\2" + scan + comment * 20_000 + scan * 41, height=8, width=8, crop=1.0)
    with pytest.raises(TruncatedImage, match=r"scans\. Received: 41"):
        load_pixels(b"\xff\xd8\xff\xe0\0\2" + scan + comment * 100 + scan * 40, height=8, width=8, crop=1.0)
