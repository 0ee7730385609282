from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.images.augmented_views import STANDARD_VIEW, View
from inference.training.errors import InvalidSetting
from inference.training.retraining.distortions import Distortions


def test_without_any_there_is_the_photo_as_it_is_labelled() -> None:
    assert Distortions().views(b"photo") == (STANDARD_VIEW,)
    assert Distortions(copies=9).views(b"photo") == (STANDARD_VIEW,)


def test_flips_alone_are_one_more() -> None:
    assert Distortions(flip=True).views(b"photo") == (STANDARD_VIEW, View(flip=True))


@given(
    st.builds(
        Distortions,
        flip=st.booleans(),
        crop_percent=st.floats(0, 100),
        scale_percent=st.floats(0, 99),
        brightness_percent=st.floats(0, 99),
        copies=st.integers(1, 8),
    ),
    st.binary(),
)
def test_variants_stay_within_what_is_set_and_depend_on_the_photo_alone(settings: Distortions, photo: bytes) -> None:
    views = settings.views(photo)
    assert views == settings.views(photo)
    assert views[0] == STANDARD_VIEW
    assert 1 <= len(views) <= 1 + settings.copies
    for view in views:
        assert settings.flip or not view.flip
        assert 1 - settings.scale_percent / 100 <= view.scale <= 1
        assert max(abs(view.x), abs(view.y)) <= settings.crop_percent / 100
        assert abs(view.brightness - 1) <= settings.brightness_percent / 100 + 1e-12


def test_photos_and_copies_differ() -> None:
    settings = Distortions(crop_percent=50, scale_percent=30, brightness_percent=30, copies=6)
    first, second = settings.views(b"first"), settings.views(b"second")
    assert len({*first, *second}) == 13, "both have the photo as it is labelled"
    fewer = Distortions(crop_percent=50, scale_percent=30, brightness_percent=30, copies=3)
    assert fewer.views(b"first") == first[:4], "what was computed for fewer copies serves more of them"


@pytest.mark.parametrize(
    ("setting", "value", "name"),
    [
        ("crop_percent", -1, "crop"),
        ("crop_percent", 101, "crop"),
        ("scale_percent", 100, "scale"),
        ("brightness_percent", float("nan"), "brightness"),
        ("copies", 0, "copies"),
    ],
)
def test_settings_out_of_range_are_named(setting: str, value: float, name: str) -> None:
    settings: dict[str, Any] = {setting: value}
    with pytest.raises(InvalidSetting, match=f"^{name}: expected "):
        Distortions(**settings)
