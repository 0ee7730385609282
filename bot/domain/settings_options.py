"""The table of chat settings. Each row has the setting's field, the keys of its texts, and its choices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias, cast

from bot.domain.callback_data import SettingsCallback, hash_of
from bot.domain.chat_settings import MAX_NEVER_SAY, MAX_TOP, MIN_TOP, ChatSettings, SettingsChange
from bot.domain.time_zones import ZONES

ChatKind: TypeAlias = Literal["private", "group", "channel"]
Value: TypeAlias = str | int | float | None

# Screens that do not set exactly one field of `ChatSettings`.
MAIN = "main"
CHATS = "chats"
QUIET = "quiet"
MODEL = "model"
CLOSE = "close"
NEVER_SAY = "never_say"
TIME_ZONE = "time_zone"
# Screen of earlier versions; its value stands for a zone without summer time.
UTC_OFFSET = "utc_offset_min"
# Value of the button that explains how to add a name.
ADD = "add"

HOURS = tuple(range(0, 24 * 60, 60))
# All offsets in use, for buttons of earlier versions (https://en.wikipedia.org/wiki/List_of_UTC_offsets), in minutes.
UTC_OFFSETS = tuple(
    sorted([*range(-12 * 60, 15 * 60, 60), -570, -210, -150, 210, 270, 330, 345, 390, 525, 570, 630, 765])
)
# Defaults for the start and the end of quiet hours, in minutes of the day. They are used if only the other is set.
FROM_TEN = 22 * 60
TO_SEVEN = 7 * 60
# Text that stands for None in callback data.
NOTHING = "none"


@dataclass(frozen=True, slots=True)
class Setting:
    """A row of the table.

    Attributes:
        screen: name of the setting's screen in callback data; also the name of its field in `ChatSettings`, except for
            QUIET and MODEL.
        name: key of the text with the setting's name.
        about: key of the text that explains the setting.
        choices: values to choose from; empty if the choices depend on the chat.
        texts: keys of the texts of some values; the other values are written as numbers, times or names.
        columns: number of buttons in a row.
    """

    screen: str
    name: str
    about: str
    choices: tuple[Value, ...] = ()
    texts: Mapping[Value, str] = field(default_factory=dict)
    columns: int = 1


SETTINGS = (
    Setting(
        "mode",
        name="settings-mode",
        about="settings-mode-about",
        choices=("off", "ask", "auto"),
        texts={"off": "settings-mode-off", "ask": "settings-mode-ask", "auto": "settings-mode-auto"},
    ),
    Setting(
        "answer_by",
        name="settings-answer-by",
        about="settings-answer-by-about",
        choices=("reply", "react"),
        texts={"reply": "settings-answer-by-reply", "react": "settings-answer-by-react"},
    ),
    Setting(
        "threshold",
        name="settings-threshold",
        about="settings-threshold-about",
        choices=(None, 0.0, 0.3, 0.5, 0.7, 0.9),
        texts={None: "settings-threshold-none"},
        columns=2,
    ),
    Setting(QUIET, name="settings-quiet", about="settings-quiet-about", texts={None: "settings-quiet-none"}),
    Setting(
        "quiet_from",
        name="settings-quiet-from",
        about="settings-quiet-from-about",
        choices=HOURS,
        texts={None: "settings-quiet-from-none"},
        columns=6,
    ),
    Setting(
        "quiet_to",
        name="settings-quiet-to",
        about="settings-quiet-to-about",
        choices=HOURS,
        texts={None: "settings-quiet-to-none"},
        columns=6,
    ),
    Setting(TIME_ZONE, name="settings-time-zone", about="settings-time-zone-about", choices=ZONES),
    Setting(
        "top_k",
        name="settings-top-k",
        about="settings-top-k-about",
        choices=tuple(range(MIN_TOP, MAX_TOP + 1)),
        columns=5,
    ),
    Setting(MODEL, name="settings-model", about="settings-model-about", texts={None: "settings-model-none"}),
    Setting("language", name="settings-language", about="settings-language-about", columns=2),
    Setting(NEVER_SAY, name="settings-never-say", about="settings-never-say-about", columns=2),
    Setting(
        "corrections",
        name="settings-corrections",
        about="settings-corrections-about",
        choices=("always", "unsure", "never"),
        texts={
            "always": "settings-corrections-always",
            "unsure": "settings-corrections-unsure",
            "never": "settings-corrections-never",
        },
    ),
    Setting(
        "teachers",
        name="settings-teachers",
        about="settings-teachers-about",
        choices=("admins", "everyone"),
        texts={"admins": "settings-teachers-admins", "everyone": "settings-teachers-everyone"},
    ),
    Setting(
        "channel_posts",
        name="settings-channel-posts",
        about="settings-channel-posts-about",
        texts={
            None: "settings-channel-posts-none",
            "comment": "settings-channel-posts-comment",
            "caption": "settings-channel-posts-caption",
        },
    ),
)
BY_SCREEN = {setting.screen: setting for setting in SETTINGS}

# Screens that a kind of chat offers, in the order in which they are shown.
SCREENS: dict[ChatKind, tuple[str, ...]] = {
    "private": ("top_k", MODEL, "language", NEVER_SAY, "corrections"),
    "group": (
        *("mode", "answer_by", "threshold", QUIET, "top_k"),
        *(MODEL, "language", NEVER_SAY, "corrections", "teachers", "channel_posts"),
    ),
    "channel": ("channel_posts", "threshold", "top_k", MODEL, NEVER_SAY),
}
QUIET_HOURS = ("quiet_from", "quiet_to", TIME_ZONE)


@dataclass(frozen=True, slots=True)
class ShownChat:
    """A chat as the screens show it.

    Attributes:
        chat_id: id of the chat.
        kind: kind of the chat.
        title: title of a group or channel; empty for a private chat.
        settings: current settings.
        model: name of the model that answers in the chat.
        chosen_model: name of the model that was chosen for this chat; None for the default.
        models: names of the models to choose from; empty if the screen of the models is not shown.
        languages: native names of the languages to choose from, by code.
        hides_photos: whether Telegram hides the photos of the chat from the bot.
        in_private: whether the screens are shown in someone's private chat with the bot.
        now: present time, aware.
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
    now: datetime


def has_screen(kind: ChatKind, screen: str) -> bool:
    """Return whether a kind of chat offers a setting's screen."""
    offered = SCREENS[kind]
    return screen in offered or (screen in (*QUIET_HOURS, UTC_OFFSET) and QUIET in offered)


def choices_of(chat: ShownChat, screen: str) -> tuple[Value, ...]:
    """Return the choices on a screen; () if a chat of this kind does not offer the screen."""
    if not has_screen(chat.kind, screen):
        return ()
    match screen:
        case "language":
            return (None, *chat.languages)
        case "channel_posts":
            return (None, "caption" if chat.kind == "channel" else "comment")
        case "model":
            return (None, *chat.models)
        case "utc_offset_min":
            return UTC_OFFSETS
        case _:
            return BY_SCREEN[screen].choices


def encode_value(screen: str, value: Value) -> str:
    """Encode a value for callback data."""
    if value is None:
        return NOTHING
    return hash_of(str(value)) if screen == MODEL else str(value)


def change_by(chat: ShownChat, callback: SettingsCallback) -> SettingsChange | None:
    """Return the change that a callback asks for; None if the chat does not offer such a change."""
    if callback.screen == QUIET and callback.value == NOTHING and QUIET in SCREENS[chat.kind]:
        return {"quiet_from": None, "quiet_to": None}
    for value in choices_of(chat, callback.screen):
        if callback.screen != MODEL and encode_value(callback.screen, value) == callback.value:
            other = _other_zone(callback.screen) | _other_end(chat.settings, callback.screen)
            return cast("SettingsChange", {**other, callback.screen: value})
    return None


def removal_by(settings: ChatSettings, callback: SettingsCallback) -> SettingsChange:
    """Return the change that removes the name of a button from the names that are never said; {} if it is not there."""
    left = tuple(key for key in settings.never_say if hash_of(key) != callback.value)
    return {} if left == settings.never_say else {"never_say": left}


def addition_of(settings: ChatSettings, keys: Collection[str]) -> SettingsChange:
    """Return the change that adds names to those that are never said; {} if all are there, or the list is full."""
    names = tuple(dict.fromkeys((*settings.never_say, *sorted(keys))))
    return {} if names == settings.never_say or len(names) > MAX_NEVER_SAY else {"never_say": names}


def _other_zone(screen: str) -> SettingsChange:
    """Return the change that removes a zone of the other kind, which has a name or only an offset."""
    if screen == TIME_ZONE:
        return {"utc_offset_min": None}
    return {"time_zone": None} if screen == UTC_OFFSET else {}


def _other_end(settings: ChatSettings, screen: str) -> SettingsChange:
    """Return a default for the other end of the quiet hours, if the other end is not set."""
    if screen == "quiet_from" and settings.quiet_to is None:
        return {"quiet_to": TO_SEVEN}
    if screen == "quiet_to" and settings.quiet_from is None:
        return {"quiet_from": FROM_TEN}
    return {}
