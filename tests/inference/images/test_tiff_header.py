from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import numpy as np
import pytest

from inference.errors import ImageError, NotAnImage, TooManyPixels, TruncatedImage
from inference.images.decode import load_pixels
from inference.images.tiff_header import MAX_SEGMENTS, check_tiff
from tests.support.decoding import measure
from tests.support.images import FILES, quadrants, turned
from tests.support.tiffs import plain_entries, tiff


@pytest.mark.parametrize(("order", "big"), [("<", False), (">", False), ("<", True)])
def test_plain_files_of_either_size_and_order_are_read(order: str, big: bool) -> None:
    rows = np.arange(64, dtype=np.uint8).reshape(8, 8)
    data = tiff(plain_entries(8, 8), pixels=rows.tobytes(), order=order, big=big)
    np.testing.assert_array_equal(load_pixels(data, height=8, width=8, crop=1.0)[:, :, 0], rows)


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind.startswith("tiff")])
def test_what_writers_write_is_let_through(kind: str) -> None:
    assert not check_tiff(FILES[kind](quadrants())).turned


def test_a_bigtiff_that_two_libraries_read_differently_is_no_image() -> None:
    with pytest.raises(NotAnImage):
        load_pixels(tiff(plain_entries(8, 8), pixels=bytes(64), order=">", big=True), height=8, width=8, crop=1.0)


def test_a_file_that_is_not_upright_is_told() -> None:
    assert check_tiff(turned(quadrants(), 6, "TIFF")).turned


HOSTILE = {
    "strips of no bytes": (plain_entries(1, 60_000, rows=[1], offsets=[8] * 60_000, counts=[0] * 60_000), "strips"),
    "more strips than listed": (plain_entries(8, 60_000, rows=[1]), "strips"),
    "more offsets than strips": (plain_entries(8, 8, offsets=[16] * 30_000), "strips"),
    "more counts than strips": (plain_entries(8, 8, counts=[1] * 30_000), "strips"),
    "no rows in a strip": (plain_entries(8, 8, rows=[0]), "rows in a strip"),
    "a plane a sample": (plain_entries(8, 8_000, rows=[1], samples=[4], planes=[2]), "strips"),
    "tiles of one pixel": (plain_entries(200, 200, tile_width=[1], tile_height=[1], tile_offsets=[16]), "tiles"),
    "wide tiles": (plain_entries(8, 8, tile_width=[65_000], tile_height=[64], tile_offsets=[16]), "pixels in a tile"),
    "tall tiles": (plain_entries(8, 8, tile_width=[16], tile_height=[2**31], tile_offsets=[16]), "rows in a tile"),
    "tiles without a width": (plain_entries(8, 8, tile_offsets=[16]), "columns in a tile"),
    "samples": (plain_entries(8, 8, samples=[65_535]), "samples"),
    "bits": (plain_entries(8, 8, bits=[65_535]), "bits"),
    "fewer bytes than pixels": (plain_entries(20_000, 1_000), "bytes of pixels"),
    "numbers": ([*plain_entries(8, 8), (700, 3, [1] * 300_000)], "numbers"),
    "entries": ([*plain_entries(8, 8), *((tag, 4, [1]) for tag in range(1000, 3000))], "entries"),
    "no size": (plain_entries(8, 8)[1:], "a width and a height"),
}


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_directory_that_costs_too_much_is_refused(name: str, big: bool) -> None:
    entries, reason = HOSTILE[name]
    with pytest.raises(TruncatedImage, match=f"expected .*{reason}"):
        check_tiff(tiff(entries, pixels=bytes(64), big=big))


@pytest.mark.parametrize(("width", "height"), [(1, 24_000_000), (24_000_000, 1), (1, 65_536)])
def test_a_side_that_is_too_long_is_refused(width: int, height: int) -> None:
    with pytest.raises(TooManyPixels):
        check_tiff(tiff(plain_entries(width, height, compression=[4])))


def test_values_that_overlap_are_refused() -> None:
    data = tiff([*plain_entries(8, 8), *((tag, 1, [0] * 5_000) for tag in range(1000, 1100))])
    first = data.index(b"\xe8\x03\x01\0\x88\x13\0\0") + 8
    for number in range(100):
        place = first + 12 * number
        data = data[:place] + data[first : first + 4] + data[place + 4 :]
    with pytest.raises(TruncatedImage, match="bytes of metadata"):
        check_tiff(data[: len(data) // 10])


def test_as_many_strips_as_rows_are_read() -> None:
    height = 2_000
    entries = plain_entries(4, height, rows=[1], offsets=[16 + 4 * row for row in range(height)], counts=[4] * height)
    assert load_pixels(tiff(entries, pixels=bytes([90]) * 4 * height), height=4, width=4, crop=1.0).max() == 90
    assert height < MAX_SEGMENTS


def test_scans_of_jpegs_within_are_counted() -> None:
    data = FILES["tiff-jpeg"](quadrants())
    with pytest.raises(TruncatedImage, match="scans"):
        check_tiff(data + b"\xff\xda\0\x04" * 5_000)


@pytest.mark.shared
def test_attacks_are_refused(shared: Path) -> None:
    attacks = shared / "cases/attack"
    files = {path.name: path.read_bytes() for path in attacks.glob("*.tif")}
    files["strips"] = gzip.decompress((attacks / "tiff_strips_3000000.tif.gz").read_bytes())
    assert len(files) > 4
    for data in files.values():
        with pytest.raises(ImageError):
            check_tiff(data)


@pytest.mark.shared
def test_a_raw_photo_is_let_through(shared: Path) -> None:
    check_tiff((shared / "cases/tiff_cfa_like_raw_dng.dng").read_bytes())


@pytest.mark.parametrize(("samples", "photometric", "side"), [(4, 5, 5000), (3, 2, 7000)])
def test_a_strip_that_is_unpacked_as_a_whole_counts(samples: int, photometric: int, side: int, tmp_path: Path) -> None:
    strip = zlib.compress(bytes(side * side * samples))
    layout = {"samples": [samples], "bits": [8] * samples, "photometric": [photometric], "compression": [8]}
    (tmp_path / "strip.tif").write_bytes(tiff(plain_entries(side, side, counts=[len(strip)], **layout), pixels=strip))
    ((_, _, peak_mb),) = measure(tmp_path).values()
    assert peak_mb < 300
