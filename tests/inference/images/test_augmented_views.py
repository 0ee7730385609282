from __future__ import annotations

from math import ceil, nan

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from inference.images.augmented_views import STANDARD_VIEW, View
from inference.images.decode import cut_pixels, load_pixels, load_views
from inference.images.decoders import DecodedImage
from inference.images.pillow_files import UPRIGHT
from tests.support.examples import examples
from tests.support.images import FILES, GREEN, RED, YELLOW, corners, encode, quadrants, turned


def looks(image: bytes, *views: View, crop: float = 1.0) -> list[npt.NDArray[np.uint8]]:
    return load_views(image, height=32, width=32, crop=crop, views=views)


def test_a_variant_is_another_part_of_the_image_mirrored_or_in_another_light() -> None:
    image = FILES["png"](quadrants())
    plain, flipped, red, yellow, bright = looks(
        image,
        STANDARD_VIEW,
        View(flip=True),
        View(scale=0.5, x=-1.0, y=-1.0),
        View(scale=0.5, x=1.0, y=1.0),
        View(brightness=1.2),
    )
    np.testing.assert_array_equal(plain, load_pixels(image, height=32, width=32, crop=1.0))
    np.testing.assert_array_equal(flipped, plain[:, ::-1])
    assert (red[:-2, :-2] == RED).all()
    assert (yellow[2:, 2:] == YELLOW).all()
    np.testing.assert_array_equal(corners(bright)[0], (255, 24, 24))


def test_a_crop_leaves_room_in_which_variants_move() -> None:
    right = looks(FILES["png"](quadrants()), View(x=1.0), crop=0.5)[0]
    assert (right[4, 2:] == GREEN).all()
    assert (right[-4, 2:] == YELLOW).all()


@given(
    st.lists(
        st.builds(
            View,
            flip=st.booleans(),
            scale=st.floats(0.05, 1.0),
            x=st.floats(-1, 1),
            y=st.floats(-1, 1),
            brightness=st.floats(0.5, 2.0),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(sorted(UPRIGHT)),
    st.sampled_from([0.5, 0.875, 1.0]),
)
def test_a_variant_does_not_depend_on_those_beside_it(views: list[View], orientation: int, crop: float) -> None:
    image = turned(quadrants(301, 203), orientation, "JPEG")
    together = looks(image, *views, crop=crop)
    for view, pixels in zip(views, together, strict=True):
        np.testing.assert_array_equal(pixels, looks(image, view, crop=crop)[0])
    np.testing.assert_array_equal(
        looks(image, STANDARD_VIEW, crop=crop)[0], load_pixels(image, height=32, width=32, crop=crop)
    )


@pytest.mark.parametrize("size", [(600, 450), (450, 600), (500, 375), (1024, 683)])
@pytest.mark.parametrize("side", [224, 299])
def test_a_whole_photo_of_an_ordinary_size_is_cut(size: tuple[int, int], side: int) -> None:
    image = encode(Image.new("RGB", size), "JPEG")
    assert load_pixels(image, height=side, width=side, crop=1.0).shape == (side, side, 3)


@settings(max_examples=examples(400), deadline=5000)
@given(
    size=st.tuples(st.integers(1, 5000), st.integers(1, 5000)),
    target=st.tuples(st.integers(1, 600), st.integers(1, 600)),
    crop=st.sampled_from([1.0, 0.875, 0.5]) | st.floats(1e-6, 1.0),
    reduced=st.sampled_from([1, 2, 4, 8, 3, 7]),
    turn=st.sampled_from([None, *UPRIGHT.values()]),
    view=st.just(STANDARD_VIEW)
    | st.builds(
        View,
        scale=st.sampled_from([1.0, 0.3, 1e-300]) | st.floats(1e-9, 1.0),
        x=st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1),
        y=st.sampled_from([-1.0, 0.0, 1.0]) | st.floats(-1, 1),
    ),
)
def test_no_size_crop_turn_or_reduction_leads_beyond_an_edge(
    size: tuple[int, int],
    target: tuple[int, int],
    crop: float,
    reduced: int,
    turn: Image.Transpose | None,
    view: View,
) -> None:
    extent = size[0] / reduced, size[1] / reduced
    pixels = Image.new("L", (ceil(extent[0]), ceil(extent[1])))
    width, height = target
    cut = cut_pixels(DecodedImage(pixels, extent, turn), height=height, width=width, crop=crop, view=view)
    assert cut.shape == (height, width, 3)


def test_a_small_part_of_a_jpeg_is_as_sharp_as_the_image() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::16] = stripes[:, 1::16] = stripes[:, 2::16] = stripes[:, 3::16] = 255
    part = looks(encode(Image.fromarray(stripes), "JPEG", quality=95), View(scale=0.125))[0]
    assert part.min() < 30
    assert part.max() > 225


@pytest.mark.parametrize(("scale", "x", "brightness"), [(0, 0, 1), (1.1, 0, 1), (1, -1.1, 1), (1, 0, 0), (nan, 0, 1)])
def test_a_variant_out_of_range_is_refused(scale: float, x: float, brightness: float) -> None:
    with pytest.raises(ValueError, match=r"expected a scale in \(0, 1\]"):
        View(scale=scale, x=x, brightness=brightness)
    with pytest.raises(ValueError, match=r"expected a scale in \(0, 1\]"):
        View(scale=scale, y=x, brightness=brightness)
