"""The frames of animations that are looked at, and files that would cost too much."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

from inference.images import cost
from inference.images.animation import MAX_EXTENSION_BLOCKS, MAX_GIF_BLOCKS, frame_count, later_frames
from inference.images.decode import load_frames, load_pixels
from tests.support.animations import GIF_END, GIF_PIXEL, animation, gif, gif_frame
from tests.support.colour_models import COLOUR_VALUES
from tests.support.images import FILES, quadrants

KINDS = ("GIF", "PNG", "WEBP")


def seen(data: bytes) -> list[str]:
    """The colours of the frames that are looked at."""
    frames = load_frames(data, height=8, width=8, crop=0.875).pixels
    return [
        min(COLOUR_VALUES, key=lambda colour: np.abs(COLOUR_VALUES[colour] - frame[4, 4].astype(int)).sum())
        for frame in frames
    ]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("colours", "looked_at"),
    [
        (["red", "green"], ["red", "green"]),
        (["red", "green", "blue"], ["red", "green", "blue"]),
        (["red", "red", "green", "green", "blue"], ["red", "green", "blue"]),
        (["blue", *["red"] * 20, "green"], ["blue", "red", "green"]),
    ],
)
def test_the_start_the_middle_and_the_end_are_looked_at(kind: str, colours: list[str], looked_at: list[str]) -> None:
    data = animation(kind, colours)
    assert frame_count(data) == len(colours)
    assert load_frames(data, height=8, width=8, crop=0.875).animated
    assert seen(data) == looked_at


@pytest.mark.parametrize("kind", FILES)
def test_the_first_frame_is_what_an_image_without_frames_would_show(kind: str) -> None:
    data = FILES[kind](quadrants())
    loaded = load_frames(data, height=8, width=8, crop=0.875)
    np.testing.assert_array_equal(loaded.pixels[0], load_pixels(data, height=8, width=8, crop=0.875))
    assert loaded.animated == ("animated" in kind and frame_count(data) > 1)


@pytest.mark.parametrize("kind", KINDS)
def test_of_a_long_animation_only_a_beginning_that_takes_little_time_is_looked_at(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = animation(kind, ["red"] * 4 + ["green"] * 6)
    assert seen(data) == ["red", "green", "green"]
    name = "WebP" if kind == "WEBP" else kind
    frame_s = (cost.ANIMATION[name].time_ns * 32 * 32 + cost.FRAME_NS) / 1e9
    monkeypatch.setattr(cost, "MAX_ANIMATION_S", 3.5 * frame_s)
    assert seen(data) == ["red", "red", "red"]
    monkeypatch.setattr(cost, "MAX_ANIMATION_S", 0.0)
    loaded = load_frames(data, height=8, width=8, crop=0.875)
    assert (len(loaded.pixels), loaded.animated) == (1, True)


@pytest.mark.parametrize("kind", KINDS)
def test_further_frames_of_an_animation_that_needs_too_much_memory_are_left_out(kind: str) -> None:
    data = animation(kind, ["red", "green", "blue"])
    name = "WebP" if kind == "WEBP" else kind
    needed = int(cost.ANIMATION[name].memory_bytes * 32 * 32)
    assert len([*later_frames(data, 3, needed)]) == 2
    assert [*later_frames(data, 3, needed - 1)] == []


@pytest.mark.parametrize("kind", ["GIF", "PNG"])  # libwebp opens no damaged animation at all
def test_a_damaged_animation_is_looked_at_up_to_the_damage(kind: str) -> None:
    data = animation(kind, ["red", "red", "green", "blue", "blue"])
    whole = load_pixels(data, height=8, width=8, crop=0.875)
    for kept in (0.9, 0.7, 0.5):
        loaded = load_frames(data[: int(len(data) * kept)], height=8, width=8, crop=0.875)
        assert 1 <= len(loaded.pixels) <= 3
        np.testing.assert_array_equal(loaded.pixels[0], whole)


def test_a_frame_outside_of_a_gif_does_not_enlarge_it() -> None:
    # Pillow would make the image as large as the frame: 12 GB.
    outside = gif(2, 2, gif_frame(0, 0, 1, 1), gif_frame(0, 0, 1, 1), gif_frame(1, 1, 65_000, 65_000), GIF_END)
    assert frame_count(outside) == 2
    assert len(load_frames(outside, height=8, width=8, crop=0.875).pixels) == 2


def test_counting_the_frames_of_a_gif_ends() -> None:
    comments = b"!\xfe" + b"\1c" * (MAX_EXTENSION_BLOCKS // 2) + b"\0"
    assert frame_count(gif(2, 2, GIF_PIXEL, comments, GIF_PIXEL, GIF_END)) == 2
    assert frame_count(gif(2, 2, GIF_PIXEL, comments * 3, GIF_PIXEL, GIF_END)) == 1
    assert frame_count(gif(2, 2, GIF_PIXEL * 1_000_000, GIF_END)) <= MAX_GIF_BLOCKS
    assert frame_count(gif(2, 2, GIF_PIXEL, b",\0\0\0\0\1\0\1\0\0\2" + b"\1x" * 5_000_000)) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_header_without_frames_has_one(kind: str) -> None:
    data = animation(kind, ["red", "green"])
    for end in range(60):
        assert frame_count(data[:end]) in (1, 2)


def test_many_tiny_frames_cost_what_pillow_takes_for_each() -> None:
    assert frame_count(gif(1, 1, GIF_PIXEL * 20_000, GIF_END)) == 20_000
    assert cost.max_frames("GIF", 1, 1) * 20e-6 < cost.MAX_ANIMATION_S


def test_a_png_that_states_more_frames_than_it_has_is_looked_at_as_far_as_it_goes() -> None:
    data = animation("PNG", ["red", "green", "blue"])
    start = data.index(b"acTL") + 4
    lying = bytearray(data)
    lying[start : start + 4] = (2**31 - 1).to_bytes(4, "big")
    lying[start + 8 : start + 12] = zlib.crc32(lying[start - 4 : start + 8]).to_bytes(4, "big")
    assert seen(bytes(lying))[0] == "red"
