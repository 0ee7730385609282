"""The prediction of slow images by client."""

from __future__ import annotations

import pytest
from PIL import Image

from inference.pool.slow_images import MAX_CLIENTS, QUICK_IMAGES, SLOW_FOR_S, SLOW_S, SMALL_BYTES, SlowImages
from tests.support.images import encode

PHOTO, FILE = encode(Image.new("RGB", (1280, 960)), "JPEG"), b"II*\0 whatever a TIFF may have"


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def slow(clock: Clock) -> SlowImages:
    return SlowImages(clock)


def test_of_a_newcomer_photos_are_expected_to_be_quick_and_other_files_are_not(slow: SlowImages) -> None:
    assert not slow.may_be_slow("a", PHOTO)
    assert slow.may_be_slow("a", PHOTO + bytes(SMALL_BYTES))
    assert slow.may_be_slow("a", FILE)
    assert not slow.is_slow("a")


def test_a_small_jpeg_of_many_pixels_may_be_slow(slow: SlowImages) -> None:
    """A scan of a few bytes may go over a hundred million pixels."""
    photo, large = (encode(Image.new("L", (side, side)), "JPEG", progressive=True) for side in (4000, 10_400))
    assert len(large) < SMALL_BYTES
    assert not slow.may_be_slow("a", photo)
    assert slow.may_be_slow("a", large)


@pytest.mark.parametrize("size", [0, 2, 3, 5, 9, 20, 100])
def test_a_jpeg_that_is_cut_off_may_be_slow(slow: SlowImages, size: int) -> None:
    assert slow.may_be_slow("a", PHOTO[:size])


def test_a_jpeg_whose_size_is_hidden_behind_thousands_of_segments_may_be_slow(slow: SlowImages) -> None:
    assert slow.may_be_slow("a", PHOTO[:2] + b"\xff\xfe\0\2" * 5_000 + PHOTO[2:])
    assert slow.may_be_slow("a", PHOTO[:2] + b"\xff" * 5_000 + PHOTO[2:])


def test_a_client_is_quick_after_many_images_that_were_until_one_is_not(slow: SlowImages) -> None:
    for _ in range(QUICK_IMAGES):
        assert not slow.is_quick("a")
        slow.record("a", 0.1, succeeded=True)
    assert slow.is_quick("a")
    assert slow.may_be_slow("a", FILE), "whoever waits for that could send what they like"
    assert not slow.is_quick("b")
    slow.record("a", SLOW_S, succeeded=True)
    assert not slow.is_quick("a")


def test_files_that_fail_at_once_tell_nothing_of_others(slow: SlowImages) -> None:
    for _ in range(2 * QUICK_IMAGES):
        slow.record("a", 0.001)
    assert not slow.is_quick("a")


def test_after_a_slow_image_all_are_expected_to_be_for_a_while(slow: SlowImages, clock: Clock) -> None:
    for _ in range(QUICK_IMAGES):
        slow.record("a", 0.1, succeeded=True)
    slow.record("a", SLOW_S, succeeded=True)
    for _ in range(QUICK_IMAGES - 1):
        slow.record("a", 0.1, succeeded=True)
        assert slow.is_slow("a")
        assert slow.may_be_slow("a", PHOTO)
    clock.now_s = SLOW_FOR_S
    assert not slow.is_slow("a")
    assert not slow.may_be_slow("a", PHOTO)
    assert slow.may_be_slow("a", FILE)


def test_an_image_that_ended_its_process_was_slow(slow: SlowImages) -> None:
    slow.record("a")
    assert slow.is_slow("a")


def test_those_heard_of_last_are_remembered(slow: SlowImages) -> None:
    slow.record("first")
    slow.record("second")
    slow.record("first", 0.1)
    for number in range(MAX_CLIENTS - 1):
        slow.record(number, 0.1)
    assert slow.is_slow("first")
    assert not slow.is_slow("second")
