"""The codec for callback data: the payloads of the bot's buttons.

    1:use:0f3a5c7e9b1d2f4a                  version : action : hash of a name
    1:set:-1001234567890:threshold:0.7      version : action : chat : screen : value
    1:forget:chat                           version : action : subject
    1:is:1234:0f3a5c7e9b1d2f4a              version : action : photo : value
    1:teach:agree:11:5f5e101                version : action : step : ids, hexadecimal

Telegram allows 64 bytes in all, but a model's name alone may have 64 characters, so a hash stands for the name. A
button lives as long as its message, so data from older versions of the program must stay readable.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass

VERSION = "1"
USE = "use"
CANCEL = "cancel"
MORE = "more"
LESS = "less"
OTHER_MODEL = "models"
WITH = "with"
SET = "set"
ERASE = "forget"
JUDGE = "judge"
RIGHT = "right"
WRONG = "wrong"
NAMED = "is"
TYPE = "type"
TAKE_BACK = "unsay"
DONE = "done"
# The conversation that follows /teach, the screens of /classes, and the photos that /privacy lists.
TEACH = "teach"
CLASSES = "classes"
GIVEN = "given"

OF_ANSWERS = frozenset({MORE, LESS, OTHER_MODEL, WITH})
OF_CORRECTIONS = frozenset({JUDGE, RIGHT, WRONG, NAMED, TYPE, TAKE_BACK, DONE})

# Subjects of an erasure; another possible subject is a user's id.
ERASE_CHAT = "chat"
ERASE_NOTHING = "nothing"

# Limit on the digits of an id. Telegram's ids have at most 52 bits.
MAX_ID_DIGITS = 16
# An id in callback data of teaching, where several ids must fit.
HEXADECIMAL = re.compile("-?[0-9a-f]{1,13}")


@dataclass(frozen=True, slots=True)
class Callback:
    """The content of callback data.

    Attributes:
        action: action of the button.
        argument: argument of the action, with its own format.
    """

    action: str
    argument: str


@dataclass(frozen=True, slots=True)
class SettingsCallback:
    """The content of callback data of /settings.

    Attributes:
        chat_id: id of the chat whose settings are shown.
        screen: name of a screen.
        value: encoded value to set; empty if the button only opens the screen.
    """

    chat_id: int
    screen: str
    value: str


@dataclass(frozen=True, slots=True)
class CorrectionCallback:
    """The content of callback data about the answer to a photo.

    Attributes:
        action: action of the button.
        photo_id: id of the message with the photo; None for all photos of an album.
        value: for `NAMED`, the hash of a name; for `DONE`, the id of a person whose reply is awaited; otherwise empty.
    """

    action: str
    photo_id: int | None
    value: str


@dataclass(frozen=True, slots=True)
class TeachingCallback:
    """The content of callback data about teaching.

    Attributes:
        action: `TEACH`, `CLASSES` or `GIVEN`.
        step: what the button does.
        ids: ids of a request, a class, photos or a person; each step has its own.
    """

    action: str
    step: str
    ids: tuple[int, ...]


def button_data(action: str, name: str = "") -> str:
    """Encode an action on a model with a name, or on an answer if the name is empty."""
    return _encode(action, hash_of(name))


def settings_data(chat_id: int, screen: str, value: str = "") -> str:
    """Encode a step in /settings; the arguments are the attributes of `SettingsCallback`."""
    return _encode(SET, str(chat_id), screen, value)


def erasure_data(subject: str) -> str:
    """Encode an erasure.

    Args:
        subject: id of a user whose data is deleted, `ERASE_CHAT` or `ERASE_NOTHING`.
    """
    return _encode(ERASE, subject)


def correction_data(action: str, photo_id: int | None = None, value: str = "") -> str:
    """Encode what a person says about an answer; the arguments are the attributes of `CorrectionCallback`."""
    return _encode(action, "" if photo_id is None else str(photo_id), value)


def teaching_data(action: str, step: str, *ids: int) -> str:
    """Encode a step of teaching; the arguments are the attributes of `TeachingCallback`."""
    return _encode(action, step, *(f"{each:x}" for each in ids))


def read_callback(data: str) -> Callback | None:
    """Decode callback data; None if another version of the program wrote it."""
    version, _, rest = data.partition(":")
    action, _, argument = rest.partition(":")
    return Callback(action, argument) if version == VERSION else None


def read_settings_callback(data: str) -> SettingsCallback | None:
    """Decode callback data of /settings; None for other data."""
    callback = read_callback(data)
    if callback is None or callback.action != SET:
        return None
    chat_id, _, rest = callback.argument.partition(":")
    screen, _, value = rest.partition(":")
    return SettingsCallback(int(chat_id), screen, value) if is_id(chat_id) else None


def read_correction_callback(data: str) -> CorrectionCallback | None:
    """Decode callback data about the answer to a photo; None for other data."""
    callback = read_callback(data)
    if callback is None or callback.action not in OF_CORRECTIONS:
        return None
    photo_id, _, value = callback.argument.partition(":")
    if photo_id and not is_id(photo_id):
        return None
    return CorrectionCallback(callback.action, int(photo_id) if photo_id else None, value)


def is_id(text: str) -> bool:
    """Return whether a text is an id of Telegram."""
    digits = text.removeprefix("-")
    return digits.isdecimal() and digits.isascii() and len(digits) <= MAX_ID_DIGITS


def read_teaching_callback(data: str) -> TeachingCallback | None:
    """Decode callback data about teaching; None for other data."""
    callback = read_callback(data)
    if callback is None or callback.action not in (TEACH, CLASSES, GIVEN):
        return None
    step, *ids = callback.argument.split(":")
    if not all(HEXADECIMAL.fullmatch(digits) for digits in ids):
        return None
    return TeachingCallback(callback.action, step, tuple(int(digits, 16) for digits in ids))


def pattern(actions: Iterable[str]) -> str:
    """Return a regular expression for callback data with one of the given actions."""
    return f"^{VERSION}:({'|'.join(sorted(actions))}):"


def hash_of(name: str) -> str:
    """Return 16 hexadecimal digits that stand for a name."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def resolve(key: str, names: Iterable[str]) -> str | None:
    """Return the name with this hash; None if there is no such name."""
    return next((name for name in names if hash_of(name) == key), None)


def _encode(action: str, *fields: str) -> str:
    return ":".join((VERSION, action, *fields))
