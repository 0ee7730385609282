"""What each setting of a chat can be set to, and how a button names that within Telegram's 64 bytes.

1:set:-1001234567890:threshold:0.7      version : action : chat : screen : value
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from bot.domain.callback_data import SET, VERSION, hash_of, read_callback
from bot.domain.chat_settings import MAX_TOP, MIN_TOP, ChatSettings, SettingsChange

ChatKind: TypeAlias = Literal["private", "group", "channel"]
Value: TypeAlias = str | int | float | None

MAIN = "main"
CHATS = "chats"
QUIET = "quiet"
MODEL = "model"
CLOSE = "close"

# What a kind of chat can set, in the order in which it is shown; but for QUIET and MODEL, which are screens of their
# own kind, these are names of settings.
SCREENS: dict[ChatKind, tuple[str, ...]] = {
    "private": ("top_k", "language"),
    "group": ("mode", "answer_by", "threshold", QUIET, "top_k", MODEL, "language", "channel_posts"),
    "channel": ("channel_posts", "threshold", "top_k", MODEL),
}
QUIET_HOURS = ("quiet_from", "quiet_to", "utc_offset_min")

HOURS = tuple(range(0, 24 * 60, 60))
# All that are in use somewhere (https://en.wikipedia.org/wiki/List_of_UTC_offsets).
UTC_OFFSETS = tuple(
    sorted([*range(-12 * 60, 15 * 60, 60), -570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765])
)
VALUES: dict[str, tuple[Value, ...]] = {
    "mode": ("off", "ask", "auto"),
    "answer_by": ("reply", "react"),
    "threshold": (None, 0.0, 0.3, 0.5, 0.7, 0.9),
    "top_k": tuple(range(MIN_TOP, MAX_TOP + 1)),
    "quiet_from": HOURS,
    "quiet_to": HOURS,
    "utc_offset_min": UTC_OFFSETS,
}
# Where only the other end of the quiet hours was set.
FROM_TEN = 22 * 60
TO_SEVEN = 7 * 60
NOTHING = "none"
# Telegram's ids have at most 52 bits.
MAX_ID_DIGITS = 16


@dataclass(frozen=True, slots=True)
class ShownChat:
    """What the screens show of a chat.

    Attributes:
        chat_id: its id.
        kind: of the chat.
        title: of a group or channel; empty for a private chat.
        settings: as they are.
        model: name of the model that answers there.
        chosen_model: name of the one that was chosen for this chat; None where none was.
        models: names of those that can be chosen; none where their screen is not to be shown.
        languages: that can be chosen, as they call themselves, by code.
        hides_photos: whether Telegram hides from the bot what nobody wrote to it.
        in_private: whether the screens are shown in somebody's chat with the bot.
    """

    chat_id: int
    kind: ChatKind
    title: str
    settings: ChatSettings
    model: str
    chosen_model: str | None
    models: tuple[str, ...]
    languages: Mapping[str, str]
    hides_photos: bool
    in_private: bool


@dataclass(frozen=True, slots=True)
class SettingsCallback:
    """What a pressed button of these screens stands for; a value's token is empty on the way to a screen."""

    chat_id: int
    screen: str
    token: str


def settings_data(chat_id: int, screen: str, token: str = "") -> str:
    return f"{VERSION}:{SET}:{chat_id}:{screen}:{token}"


def read_settings_callback(data: str) -> SettingsCallback | None:
    """Read what a button held; None where it is none of these screens' of this version."""
    pressed = read_callback(data)
    if pressed is None or pressed.action != SET:
        return None
    chat_id, _, rest = pressed.key.partition(":")
    screen, _, token = rest.partition(":")
    digits = chat_id.removeprefix("-")
    is_id = digits.isdecimal() and digits.isascii() and len(digits) <= MAX_ID_DIGITS
    return SettingsCallback(int(chat_id), screen, token) if is_id else None


def has_screen(kind: ChatKind, screen: str) -> bool:
    """Tell whether a chat of some kind has a screen of choices."""
    offered = SCREENS[kind]
    return screen in offered or (screen in QUIET_HOURS and QUIET in offered)


def values_of(chat: ShownChat, screen: str) -> tuple[Value, ...]:
    """List what can be chosen on a screen; () where a chat of this kind has no such screen."""
    if not has_screen(chat.kind, screen):
        return ()
    match screen:
        case "language":
            return (None, *chat.languages)
        case "channel_posts":
            return (None, "caption" if chat.kind == "channel" else "comment")
        case "model":
            return (None, *chat.models)
        case _:
            return VALUES.get(screen, ())


def token_of(screen: str, value: Value) -> str:
    """Name a value in a button."""
    if value is None:
        return NOTHING
    return hash_of(str(value)) if screen == MODEL else str(value)


def change_by(chat: ShownChat, pressed: SettingsCallback) -> SettingsChange | None:
    """Find what a press changes; None where it chooses nothing that can be chosen."""
    if pressed.screen == QUIET and pressed.token == NOTHING and QUIET in SCREENS[chat.kind]:
        return {"quiet_from": None, "quiet_to": None}
    for value in values_of(chat, pressed.screen):
        if pressed.screen != MODEL and token_of(pressed.screen, value) == pressed.token:
            # A screen of values is named for the setting that has them.
            return cast("SettingsChange", {**_other_end(chat.settings, pressed.screen), pressed.screen: value})
    return None


def _other_end(settings: ChatSettings, screen: str) -> SettingsChange:
    if screen == "quiet_from" and settings.quiet_to is None:
        return {"quiet_to": TO_SEVEN}
    if screen == "quiet_to" and settings.quiet_from is None:
        return {"quiet_from": FROM_TEN}
    return {}
