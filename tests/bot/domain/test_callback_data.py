"""Callback data: encoding, decoding, and its size."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.callback_data import (
    ERASE_CHAT,
    MORE,
    TEACH,
    USE,
    Callback,
    TeachingCallback,
    button_data,
    erasure_data,
    read_callback,
    read_teaching_callback,
    resolve,
    settings_data,
    teaching_data,
)

names = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,63}", fullmatch=True)


@given(name=names, others=st.lists(names, max_size=20))
def test_a_button_fits_and_leads_back_to_its_name(name: str, others: list[str]) -> None:
    data = button_data(USE, name)
    # Telegram takes no more.
    assert len(data.encode()) <= 64
    callback = read_callback(data)
    assert callback is not None
    assert callback.action == USE
    assert resolve(callback.argument, [*others, name]) == name
    assert resolve(callback.argument, [other for other in others if other != name]) is None


@given(ids=st.lists(st.integers(1 - 2**52, 2**52 - 1), max_size=3))
def test_a_step_of_teaching_leads_back_to_its_ids(ids: list[int]) -> None:
    data = teaching_data(TEACH, "theirs", *ids)
    assert len(data.encode()) <= 64
    assert read_teaching_callback(data) == TeachingCallback(TEACH, "theirs", tuple(ids))


@pytest.mark.parametrize("data", ["", "1:use:0f3a", "1:teach:undo:x", "1:teach:undo:", "1:teach:undo:11111111111111"])
def test_made_up_steps_of_teaching_are_told_apart(data: str) -> None:
    assert read_teaching_callback(data) is None


@pytest.mark.parametrize("data", ["", "use", "0:use:0f3a5c7e9b1d2f4a", "11:use:0f3a5c7e9b1d2f4a", "2:use:first"])
def test_buttons_of_another_version_are_told_apart(data: str) -> None:
    assert read_callback(data) is None


@pytest.mark.parametrize(
    ("data", "callback"), [("1:use", Callback("use", "")), ("1:", Callback("", "")), ("1", Callback("", ""))]
)
def test_a_button_of_this_version_that_holds_little_stands_for_nothing(data: str, callback: Callback) -> None:
    assert read_callback(data) == callback


def test_buttons_of_earlier_releases_stay_readable() -> None:
    assert button_data(MORE) == "1:more:e3b0c44298fc1c14"
    assert button_data(USE, "starter") == "1:use:4ff9961269bf7630"
    assert settings_data(-1001234567890, "threshold", "0.7") == "1:set:-1001234567890:threshold:0.7"
    assert settings_data(5, "main") == "1:set:5:main:"
    assert erasure_data(ERASE_CHAT) == "1:forget:chat"
    assert teaching_data(TEACH, "agree", 17, 100_000_001) == "1:teach:agree:11:5f5e101"
