from __future__ import annotations

from math import nan

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from inference.decoders import UPRIGHT
from inference.image import load_pixels, load_variants
from inference.variants import AS_LABELLED, Variant
from tests.support.images import FILES, GREEN, RED, YELLOW, corners, encode, quadrants, turned


def looks(image: bytes, *variants: Variant, crop: float = 1.0) -> list[npt.NDArray[np.uint8]]:
    return load_variants(image, height=32, width=32, crop=crop, variants=variants)


def test_a_variant_is_another_part_of_the_image_mirrored_or_in_another_light() -> None:
    image = FILES["png"](quadrants())
    plain, flipped, red, yellow, bright = looks(
        image,
        AS_LABELLED,
        Variant(flip=True),
        Variant(scale=0.5, x=-1.0, y=-1.0),
        Variant(scale=0.5, x=1.0, y=1.0),
        Variant(brightness=1.2),
    )
    np.testing.assert_array_equal(plain, load_pixels(image, height=32, width=32, crop=1.0))
    np.testing.assert_array_equal(flipped, plain[:, ::-1])
    assert (red[:-2, :-2] == RED).all()
    assert (yellow[2:, 2:] == YELLOW).all()
    np.testing.assert_array_equal(corners(bright)[0], (255, 24, 24))


def test_a_crop_leaves_room_in_which_variants_move() -> None:
    right = looks(FILES["png"](quadrants()), Variant(x=1.0), crop=0.5)[0]
    assert (right[4, 2:] == GREEN).all()
    assert (right[-4, 2:] == YELLOW).all()


@given(
    st.lists(
        st.builds(
            Variant,
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
def test_a_variant_does_not_depend_on_those_beside_it(variants: list[Variant], orientation: int, crop: float) -> None:
    image = turned(quadrants(301, 203), orientation, "JPEG")
    together = looks(image, *variants, crop=crop)
    for variant, pixels in zip(variants, together, strict=True):
        np.testing.assert_array_equal(pixels, looks(image, variant, crop=crop)[0])
    np.testing.assert_array_equal(
        looks(image, AS_LABELLED, crop=crop)[0], load_pixels(image, height=32, width=32, crop=crop)
    )


def test_a_small_part_of_a_jpeg_is_as_sharp_as_the_image() -> None:
    stripes = np.zeros((512, 512, 3), np.uint8)
    stripes[:, ::16] = stripes[:, 1::16] = stripes[:, 2::16] = stripes[:, 3::16] = 255
    part = looks(encode(Image.fromarray(stripes), "JPEG", quality=95), Variant(scale=0.125))[0]
    assert part.min() < 30
    assert part.max() > 225


@pytest.mark.parametrize(("scale", "x", "brightness"), [(0, 0, 1), (1.1, 0, 1), (1, -1.1, 1), (1, 0, 0), (nan, 0, 1)])
def test_a_variant_out_of_range_is_refused(scale: float, x: float, brightness: float) -> None:
    with pytest.raises(ValueError, match=r"expected a scale in \(0, 1\]"):
        Variant(scale=scale, x=x, brightness=brightness)
    with pytest.raises(ValueError, match=r"expected a scale in \(0, 1\]"):
        Variant(scale=scale, y=x, brightness=brightness)
