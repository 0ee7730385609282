from __future__ import annotations

import struct
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.errors import ImageError, NotAnImage, TooManyPixels, TruncatedImage
from inference.images.coded_size import av1_sizes
from inference.images.decode import load_pixels
from inference.images.heif_header import HeifPicture, check_heif
from tests.support.heifs import box, full_box, heif, property_of, size_property
from tests.support.images import FILES, GREEN, RED, corners, encode, quadrants, with_alpha, with_item_size

HEIC = encode(quadrants(128, 128), "HEIF", quality=90)
AVIF = encode(quadrants(128, 128), "AVIF", quality=90)
HEVC_DATA, AV1_DATA = (data[data.index(b"mdat") + 4 :] for data in (HEIC, AVIF))
HEVC_CONFIGURATION, AV1_CONFIGURATION = property_of(HEIC, b"hvcC"), property_of(AVIF, b"av1C")


def grid(columns: int, rows: int, width: int, height: int) -> bytes:
    return struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)


def grid_of(columns: int, rows: int, width: int, height: int, tiles: list[int] | None = None) -> bytes:
    """A picture that repeats one tile of 128 x 128 pixels."""
    return heif(
        [(b"grid", grid(columns, rows, width, height), [2]), (b"hvc1", HEVC_DATA, [1, 3])],
        [HEVC_CONFIGURATION, size_property(width, height), size_property(128, 128)],
        [(b"dimg", 1, tiles or [2] * (columns * rows))],
    )


@pytest.mark.parametrize("kind", [kind for kind in FILES if kind.startswith(("heic", "avif"))])
def test_what_encoders_write_is_let_through(kind: str) -> None:
    picture = check_heif(FILES[kind](quadrants(128, 64)))
    assert picture is not None
    assert (picture.width, picture.height) == (128, 64)


def test_transparency_is_told() -> None:
    image = Image.new("RGBA", (64, 64), (9, 9, 9, 9))
    for kind in ("HEIF", "AVIF"):
        assert check_heif(encode(image, kind)) == HeifPicture(64, 64, alpha=True)


def test_a_grid_of_tiles_is_read() -> None:
    data = grid_of(2, 1, 256, 128)
    assert check_heif(data) == HeifPicture(256, 128, alpha=False)
    shown = load_pixels(data, height=32, width=64, crop=1.0)
    for column in (4, 36):
        assert abs(shown[4, column].astype(int) - RED).max() < 24
    tiled = encode(quadrants(300, 200), "HEIF", tile_size=128)
    assert check_heif(tiled) == HeifPicture(300, 200, alpha=False)
    assert abs(corners(load_pixels(tiled, height=32, width=32, crop=1.0))[1].astype(int) - GREEN).max() < 24


@pytest.mark.parametrize(
    ("claimed", "kind", "configuration", "data"),
    [(32, b"hvc1", HEVC_CONFIGURATION, HEVC_DATA), (32, b"av01", AV1_CONFIGURATION, AV1_DATA)],
)
def test_a_picture_that_is_larger_than_announced_is_refused(
    claimed: int, kind: bytes, configuration: bytes, data: bytes
) -> None:
    brand = b"heic" if kind == b"hvc1" else b"avif"
    for properties in ([configuration, size_property(claimed, claimed)], [size_property(claimed, claimed)]):
        numbers = list(range(1, len(properties) + 1))
        file = heif([(kind, data, numbers)], properties, brand=brand)
        if kind == b"hvc1" and len(properties) == 1:
            # A decoder cannot start without its configuration.
            with pytest.raises(ImageError):
                load_pixels(file, height=8, width=8, crop=1.0)
        else:
            with pytest.raises(TruncatedImage, match="as its header says"):
                check_heif(file)


def test_parameters_within_the_pixels_count_too() -> None:
    """A decoder takes the last that it meets."""
    large = encode(Image.new("RGB", (640, 640)), "HEIF")
    configuration = property_of(large, b"hvcC")
    start = configuration.index(b"\x42\x01")
    unit = configuration[start : start + int.from_bytes(configuration[start - 2 : start], "big")]
    data = struct.pack(">I", len(unit)) + unit + HEVC_DATA
    file = heif([(b"hvc1", data, [1, 2])], [HEVC_CONFIGURATION, size_property(128, 128)])
    with pytest.raises(TruncatedImage, match="640 x 640"):
        check_heif(file)


@pytest.mark.parametrize(
    ("columns", "rows", "width", "height"), [(100, 100, 128, 128), (2, 2, 60_000, 60_000), (200, 10, 2000, 128)]
)
def test_a_grid_that_costs_too_much_is_refused(columns: int, rows: int, width: int, height: int) -> None:
    with pytest.raises((TruncatedImage, TooManyPixels)):
        load_pixels(grid_of(columns, rows, width, height), height=8, width=8, crop=1.0)


def test_a_grid_with_too_few_tiles_is_refused() -> None:
    with pytest.raises(TruncatedImage, match="expected 4 tiles"):
        check_heif(grid_of(2, 2, 256, 256, tiles=[2, 2]))


@pytest.mark.parametrize("kind", [b"iovl", b"unci", b"jpeg", b"tmap"])
def test_other_ways_to_compose_a_picture_are_refused(kind: bytes) -> None:
    file = heif(
        [(kind, b"\0" * 64, [2]), (b"hvc1", HEVC_DATA, [1, 2])],
        [HEVC_CONFIGURATION, size_property(128, 128)],
        [(b"dimg", 1, [2])],
    )
    with pytest.raises(NotAnImage, match=kind.decode()):
        check_heif(file)


def test_pictures_that_lead_to_each_other_are_refused() -> None:
    items = [(b"iden", b"", [1]), (b"iden", b"", [1])]
    with pytest.raises(NotAnImage):
        check_heif(heif(items, [size_property(8, 8)], [(b"dimg", 1, [2]), (b"dimg", 2, [1])]))


def test_thousands_of_items_and_boxes_are_refused() -> None:
    tile = (b"hvc1", HEVC_DATA, [1, 2])
    properties = [HEVC_CONFIGURATION, size_property(128, 128)]
    with pytest.raises(TruncatedImage, match="items"):
        check_heif(heif([tile] * 1_500, properties))
    with pytest.raises(TruncatedImage, match="bytes of items"):
        check_heif(heif([tile] * 500, properties, shared_data=True))
    with pytest.raises(TruncatedImage, match="boxes"):
        check_heif(HEIC + box(b"free", b"") * 30_000)


def configuration_of(unit: bytes, count: int) -> bytes:
    """Write the configuration of a HEIC picture with so many sets of parameters."""
    start = bytearray(HEVC_CONFIGURATION[8:31])
    start[22] = 1
    return box(b"hvcC", bytes(start) + struct.pack(">BH", 33, count) + (struct.pack(">H", len(unit)) + unit) * count)


def test_numbers_that_hardly_end_are_refused() -> None:
    """Each bit of one would cost as much as all that follow."""
    unit = b"\x42\x01" + bytes([1] * 13) + bytes(7_000) + b"\xff" * 8_000
    file = heif([(b"hvc1", HEVC_DATA, [1, 2])], [configuration_of(unit, 20), size_property(128, 128)])
    with pytest.raises(TruncatedImage, match="more than 32 bits"):
        check_heif(file)


def test_thousands_of_headers_are_refused() -> None:
    start = HEVC_CONFIGURATION.index(b"\x42\x01")
    unit = HEVC_CONFIGURATION[start : start + int.from_bytes(HEVC_CONFIGURATION[start - 2 : start], "big")]
    shared = [configuration_of(unit, 100), size_property(128, 128)]
    with pytest.raises(TruncatedImage, match="4,000 headers"):
        check_heif(heif([(b"hvc1", HEVC_DATA, [1, 2])] * 100, shared))
    check_heif(heif([(b"hvc1", HEVC_DATA, [1, 2])] * 30, shared))
    with pytest.raises(TruncatedImage, match="too many parameter sets"):
        check_heif(heif([(b"hvc1", HEVC_DATA, [1, 2])], [configuration_of(b"", 60_000), size_property(128, 128)]))


def test_dozens_of_tracks_are_refused() -> None:
    moov = box(b"moov", box(b"trak", b"") * 9)
    with pytest.raises(TruncatedImage, match="8 tracks"):
        check_heif(box(b"ftyp", b"avis" + bytes(4) + b"avis") + moov)


def test_transparency_that_is_larger_than_the_picture_is_refused() -> None:
    items = [(b"hvc1", HEVC_DATA, [1, 2]), (b"hvc1", HEVC_DATA, [1, 3, 4])]
    sizes = [size_property(128, 128), size_property(9000, 9000)]
    for meaning in (b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"):
        kind = full_box(b"auxC", meaning + b"\0")
        with pytest.raises(TruncatedImage, match="transparency"):
            check_heif(heif(items, [HEVC_CONFIGURATION, *sizes, kind], [(b"auxl", 2, [1])]))


@pytest.mark.parametrize("kind", [b"iovl", b"unci", b"mski", b"tmap"])
@pytest.mark.parametrize("wrapped", [False, True])
def test_transparency_that_is_composed_in_other_ways_is_refused(kind: bytes, wrapped: bool) -> None:
    """An overlay announces a canvas of its own, of any size, and may show one picture hundreds of times."""
    picture = (b"hvc1", HEVC_DATA, [1, 2])
    alpha = full_box(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0")
    canvas = bytes(10) + struct.pack(">HH", 30_000, 30_000) + bytes(4)
    overlay = (kind, canvas, [3, 4])
    properties = [HEVC_CONFIGURATION, size_property(128, 128), alpha, size_property(30_000, 30_000)]
    if wrapped:
        items = [picture, (b"iden", b"", [2, 3]), overlay, picture]
        references = [(b"auxl", 2, [1]), (b"dimg", 2, [3]), (b"dimg", 3, [4])]
    else:
        items = [picture, overlay, picture]
        references = [(b"auxl", 2, [1]), (b"dimg", 2, [3])]
    with pytest.raises(NotAnImage, match=kind.decode()):
        check_heif(heif(items, properties, references))


def test_transparency_that_is_another_picture_counts_with_its_size() -> None:
    alpha = full_box(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0")
    sizes = [size_property(128, 128), size_property(9000, 9000)]
    items = [(b"hvc1", HEVC_DATA, [1, 2]), (b"iden", b"", [2, 4]), (b"hvc1", HEVC_DATA, [1, 3])]
    references = [(b"auxl", 2, [1]), (b"dimg", 2, [3])]
    with pytest.raises(TruncatedImage, match="transparency"):
        check_heif(heif(items, [HEVC_CONFIGURATION, *sizes, alpha], references))


def test_transparency_below_another_picture_counts() -> None:
    alpha = full_box(b"auxC", b"urn:mpeg:hevc:2015:auxid:1\0")
    sizes = [size_property(128, 128), size_property(9000, 9000)]
    grid = (b"grid", b"\0\0\0\0" + struct.pack(">HH", 128, 128), [2])
    items = [(b"iden", b"", [2]), grid, (b"hvc1", HEVC_DATA, [1, 2]), (b"hvc1", HEVC_DATA, [1, 3, 4])]
    references = [(b"dimg", 1, [2]), (b"dimg", 2, [3]), (b"auxl", 4, [3])]
    with pytest.raises(TruncatedImage, match="transparency"):
        check_heif(heif(items, [HEVC_CONFIGURATION, *sizes, alpha], references))


def test_a_gain_map_of_a_phone_is_no_transparency() -> None:
    items = [(b"hvc1", HEVC_DATA, [1, 2]), (b"hvc1", HEVC_DATA, [1, 2, 3])]
    kind = full_box(b"auxC", b"urn:com:apple:photo:2020:aux:hdrgainmap\0")
    picture = check_heif(heif(items, [HEVC_CONFIGURATION, size_property(128, 128), kind], [(b"auxl", 2, [1])]))
    assert picture is not None
    assert picture.plain


@cache
def whole_files() -> dict[str, bytes]:
    return {
        "heic": HEIC,
        "heic-alpha": FILES["heic-alpha"](with_alpha(quadrants())),
        "avif": AVIF,
        "grid": grid_of(2, 1, 256, 128),
        "animation": encode(quadrants(), "AVIF", save_all=True, append_images=[Image.new("RGB", (96, 96))]),
    }


@pytest.mark.parametrize("name", ["heic", "heic-alpha", "avif", "grid", "animation"])
@settings(deadline=5000)
@given(choice=st.data())
def test_damage_is_an_image_error_or_harmless(name: str, choice: st.DataObject) -> None:
    data = whole_files()[name]
    changed = bytearray(data)
    for _ in range(choice.draw(st.integers(1, 3))):
        place = choice.draw(st.integers(8, min(len(data), 700) - 1))
        size = choice.draw(st.sampled_from([1, 2, 4]))
        changed[place : place + size] = choice.draw(st.binary(min_size=size, max_size=size))
    try:
        check_heif(bytes(changed[: choice.draw(st.integers(0, len(changed)))]))
    except ImageError:
        return


def test_an_animation_that_is_larger_than_announced_is_refused() -> None:
    frames = [Image.new("RGB", (640, 640))] * 2
    data = bytearray(encode(frames[0], "AVIF", save_all=True, append_images=frames[1:]))
    assert check_heif(bytes(data)) == HeifPicture(640, 640, alpha=True)
    entry = data.rindex(b"av01") + 28
    assert struct.unpack_from(">HH", data, entry) == (640, 640)
    struct.pack_into(">HH", data, entry, 64, 64)
    with pytest.raises(TruncatedImage, match="as their track says"):
        check_heif(bytes(data))


def test_sizes_that_a_header_announces_are_compared_with_the_limits() -> None:
    for kind in ("AVIF", "HEIF"):
        with pytest.raises(TooManyPixels):
            load_pixels(with_item_size(encode(Image.new("RGB", (64, 64)), kind), 30_000), height=8, width=8, crop=1.0)


def test_the_size_in_a_header_of_av1_is_read() -> None:
    for size in ((16, 16), (97, 71), (1000, 3), (4096, 100)):
        data = encode(Image.new("RGB", size), "AVIF", speed=10)
        assert set(av1_sizes(data[data.index(b"mdat") + 4 :])) == {size}


@pytest.mark.shared
def test_attacks_are_refused(shared: Path) -> None:
    for path in (shared / "cases/attack").glob("*.avif"):
        with pytest.raises(TruncatedImage, match="16000 x 16000"):
            check_heif(path.read_bytes())


@pytest.mark.parametrize(
    ("options", "plane_bytes"), [({"subsampling": "4:2:0"}, 1.5), ({"subsampling": "4:4:4"}, 3), ({}, 1.5)]
)
def test_unusual_colours_of_an_avif_count(options: dict[str, str], plane_bytes: float) -> None:
    picture = check_heif(encode(quadrants(), "AVIF", **options))
    assert picture is not None
    assert (picture.plane_bytes, picture.plain) == (plane_bytes, plane_bytes == 1.5)


def test_unusual_colours_of_a_heic_count() -> None:
    for chroma, plane_bytes in ((420, 1.5), (422, 2), (444, 3)):
        picture = check_heif(encode(quadrants(), "HEIF", chroma=chroma))
        assert picture is not None
        assert picture.plane_bytes == plane_bytes


def test_lists_that_two_decoders_read_differently_are_refused() -> None:
    meta = property_of(HEIC, b"meta")
    with pytest.raises(TruncatedImage, match="one list"):
        check_heif(HEIC + meta)
    for kind in (b"iloc", b"iinf", b"iprp", b"pitm"):
        inner = property_of(HEIC, kind)
        longer = struct.pack(">I", len(meta) + len(inner)) + meta[4:] + inner
        with pytest.raises(TruncatedImage, match="several"):
            check_heif(HEIC.replace(meta, longer))
