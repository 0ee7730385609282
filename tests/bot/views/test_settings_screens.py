"""The screens of /settings: what each button holds, and that every screen can be sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
from telegram import InlineKeyboardMarkup

from bot.domain.callback_data import SettingsCallback, read_settings_callback, settings_data
from bot.domain.chat_settings import MAX_NEVER_SAY, ChatSettings
from bot.domain.settings_options import (
    MAIN,
    MODEL,
    QUIET,
    QUIET_HOURS,
    SCREENS,
    ChatKind,
    ShownChat,
    Value,
    change_by,
    choices_of,
    encode_value,
)
from bot.localchat.html import parse_html
from bot.views.settings_screens import Screen, chats_screen, choice_screen, main_screen, overview
from bot.views.texts import Languages, Texts

LANGUAGES = Languages.load()
ALERTS = (
    "saved",
    "admins-only",
    "not-yours",
    "old-button",
    "photos-hidden-alert",
    "model-trying",
    "model-gone",
    "never-say-how",
)
# The longest that Telegram has.
CHAT_ID = -1009999999999
KINDS: tuple[ChatKind, ...] = get_args(ChatKind)


def chat_of(kind: ChatKind) -> ShownChat:
    """A chat with the longest names there can be."""
    return ShownChat(
        chat_id=CHAT_ID,
        kind=kind,
        title="" if kind == "private" else "<" * 128,
        settings=ChatSettings(never_say=tuple(f"class:{'<' * 398}{number:02d}" for number in range(MAX_NEVER_SAY))),
        model="m" * 64,
        chosen_model=None,
        models=tuple(f"{number:02d}" + "m" * 62 for number in range(30)),
        languages={code: code for code in LANGUAGES.codes},
        hides_photos=kind == "group",
        in_private=True,
        now=datetime(2026, 11, 30, 12, tzinfo=UTC),
    )


@pytest.fixture(params=LANGUAGES.codes)
def texts(request: pytest.FixtureRequest) -> Texts:
    return LANGUAGES.closest(request.param)


def choices() -> Iterator[tuple[ChatKind, str, Value]]:
    for kind in KINDS:
        for screen in (*SCREENS[kind], *(QUIET_HOURS if QUIET in SCREENS[kind] else ())):
            yield from ((kind, screen, value) for value in choices_of(chat_of(kind), screen))


def assert_can_be_sent(screen: Screen) -> None:
    text, keyboard = screen
    assert 0 < len(parse_html(text)[0]) <= 4096
    assert_holds(keyboard)


def assert_holds(keyboard: InlineKeyboardMarkup) -> None:
    rows = keyboard.inline_keyboard
    assert max(map(len, rows)) <= 8
    buttons = [button for row in rows for button in row]
    assert len(buttons) <= 100
    for button in buttons:
        assert "<" not in button.text.replace("<" * 39, "")
        assert len(str(button.callback_data).encode()) <= 64
        assert read_settings_callback(str(button.callback_data)) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_every_screen_can_be_sent_in_every_language(kind: ChatKind, texts: Texts) -> None:
    chat = chat_of(kind)
    assert_can_be_sent(main_screen(texts, chat, "news"))
    for screen in (*SCREENS[kind], *(QUIET_HOURS if QUIET in SCREENS[kind] else ())):
        assert_can_be_sent(choice_screen(texts, chat, screen))
    assert_can_be_sent(chats_screen(texts, 5, [(CHAT_ID - number, "<" * 128) for number in range(69)], further=CHAT_ID))
    assert_can_be_sent(chats_screen(texts, 5, []))


def test_every_value_has_a_name_in_every_language(texts: Texts) -> None:
    for kind, screen, value in choices():
        if screen != MODEL:
            chat = chat_of(kind)
            change: dict[str, Any] = {screen: value}
            set_so = replace(chat, settings=replace(chat.settings, **change))
            assert overview(texts, set_so)
            marked = [button.text for row in choice_screen(texts, set_so, screen)[1].inline_keyboard for button in row]
            assert sum(text.startswith("✓") for text in marked) == 1, (screen, value)


def test_what_is_shown_for_a_moment_is_short_and_without_markup(texts: Texts) -> None:
    for alert in ALERTS:
        text = texts(f"settings-{alert}")
        assert len(text) <= 200
        assert parse_html(text) == (text, [])


@pytest.mark.parametrize(("kind", "screen", "value"), list(choices()))
def test_a_button_is_read_as_what_it_was_made_for(kind: ChatKind, screen: str, value: Value) -> None:
    callback = read_settings_callback(settings_data(CHAT_ID, screen, encode_value(screen, value)))
    assert callback == SettingsCallback(CHAT_ID, screen, encode_value(screen, value))
    change = change_by(chat_of(kind), callback)
    assert (change is None) if screen == MODEL else (change is not None and dict(change)[screen] == value)


def test_encoded_values_of_a_screen_differ() -> None:
    for kind in KINDS:
        for screen in SCREENS[kind]:
            encoded = [encode_value(screen, value) for value in choices_of(chat_of(kind), screen)]
            assert len(set(encoded)) == len(encoded)


@pytest.mark.parametrize(
    "data",
    ["", "0:set:5:main:", "1:use:5:main:", "1:set:five:main:", "1:set:²:main:", "1:set::main:", "1:set:--5:main:"],
)
def test_what_this_version_did_not_write_is_nothing(data: str) -> None:
    assert read_settings_callback(data) is None


@pytest.mark.parametrize(
    ("kind", "screen", "value"),
    [
        ("group", "mode", "always"),
        ("group", "mode", ""),
        ("group", "top_k", "11"),
        ("group", "channel_posts", "caption"),
        ("group", MAIN, ""),
        ("private", "mode", "auto"),
        ("private", "quiet_from", "0"),
        ("private", QUIET, "none"),
        ("channel", "channel_posts", "comment"),
        ("channel", "inactive_since", "1"),
    ],
)
def test_nothing_else_is_changed(kind: ChatKind, screen: str, value: str) -> None:
    assert change_by(chat_of(kind), SettingsCallback(CHAT_ID, screen, value)) is None


def test_one_end_of_the_quiet_hours_brings_the_other() -> None:
    chat = chat_of("group")
    assert change_by(chat, SettingsCallback(CHAT_ID, "quiet_from", "1260")) == {"quiet_from": 1260, "quiet_to": 420}
    assert change_by(chat, SettingsCallback(CHAT_ID, "quiet_to", "480")) == {"quiet_from": 1320, "quiet_to": 480}
    both = replace(chat, settings=ChatSettings(quiet_from=60, quiet_to=120))
    assert change_by(both, SettingsCallback(CHAT_ID, "quiet_to", "480")) == {"quiet_to": 480}
    assert change_by(both, SettingsCallback(CHAT_ID, QUIET, "none")) == {"quiet_from": None, "quiet_to": None}
