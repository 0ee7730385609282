"""The screens that ask for the time zone of a chat: first what time it is, then which place it is. Pure functions.

The names of places, and how times are written, come from Unicode's CLDR (https://cldr.unicode.org).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from babel.dates import format_datetime, get_timezone, get_timezone_location
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.callback_data import settings_data
from bot.domain.settings_options import QUIET, TIME_ZONE, UTC_OFFSET, ShownChat
from bot.domain.time_zones import PLAUSIBLE, offsets_in_use, zone_of, zones_with
from bot.views.texts import Texts

TIMES_A_ROW = 4
PLACES_A_ROW = 2
# Maximum number of places with the same time.
MAX_PLACES = 30


def time_zone_screen(texts: Texts, chat: ShownChat, value: str) -> tuple[str, InlineKeyboardMarkup]:
    """Ask what time it is in the chat; after that, ask which of the places with this time is meant.

    Args:
        texts: texts in the reader's language.
        chat: chat with the settings.
        value: offset from UTC in minutes that was pressed on the first screen; empty for the first screen.
    """
    offset = _offset_of(value)
    if offset is not None and offset in offsets_in_use(chat.now):
        return _places_screen(texts, chat, offset)
    named_below = PLAUSIBLE[texts.language]
    current = None
    if chat.settings.knows_zone and chat.settings.time_zone not in named_below:
        current = _minutes(chat.now.astimezone(chat.settings.zone))
    plausible = [
        _button(
            texts.row([place_of(texts, zone), local_time(texts, chat.now.astimezone(zone_of(zone)))]),
            settings_data(chat.chat_id, TIME_ZONE, zone),
            marked=zone == chat.settings.time_zone,
        )
        for zone in named_below
    ]
    times = [
        _button(label, settings_data(chat.chat_id, TIME_ZONE, str(each)), marked=each == current)
        for each, label in _times(texts, chat.now)
    ]
    back = InlineKeyboardButton(texts("settings-back"), callback_data=settings_data(chat.chat_id, QUIET))
    text = f"<b>{texts('settings-time-zone')}</b>\n\n{texts('settings-time-zone-about')}"
    return text, InlineKeyboardMarkup([*_rows(plausible, PLACES_A_ROW), *_rows(times, TIMES_A_ROW), [back]])


def place_of(texts: Texts, zone: str) -> str:
    """Return the name of a zone's place in the reader's language."""
    return get_timezone_location(get_timezone(zone), locale=texts.language, return_city=True)


def local_time(texts: Texts, moment: datetime, *, with_day: bool = False) -> str:
    """Return the time of an aware datetime as its own zone's clock shows it, maybe with the day of the week."""
    pattern = "EEE HH:mm" if with_day else "HH:mm"
    return format_datetime(moment.replace(tzinfo=None), pattern, locale=texts.language)


def _places_screen(texts: Texts, chat: ShownChat, offset: int) -> tuple[str, InlineKeyboardMarkup]:
    there = chat.now.astimezone(timezone(timedelta(minutes=offset)))
    places = [
        _button(
            place_of(texts, zone),
            settings_data(chat.chat_id, TIME_ZONE, zone),
            marked=zone == chat.settings.time_zone,
        )
        for zone in zones_with(offset, texts.language, chat.now)[:MAX_PLACES]
    ]
    below = [
        InlineKeyboardButton(texts("settings-back"), callback_data=settings_data(chat.chat_id, TIME_ZONE)),
        _button(
            utc(offset),
            settings_data(chat.chat_id, UTC_OFFSET, str(offset)),
            marked=chat.settings.time_zone is None and chat.settings.utc_offset_min == offset,
        ),
    ]
    text = texts("settings-time-zone-places", time=local_time(texts, there))
    return f"<b>{texts('settings-time-zone')}</b>\n\n{text}", InlineKeyboardMarkup(
        [*_rows(places, PLACES_A_ROW), below]
    )


def _times(texts: Texts, now: datetime) -> list[tuple[int, str]]:
    """Return the offsets in use with their present times. A time of two different days has the day of the week."""
    moments = {offset: now.astimezone(timezone(timedelta(minutes=offset))) for offset in offsets_in_use(now)}
    clocks = Counter(local_time(texts, moment) for moment in moments.values())
    return [
        (offset, local_time(texts, moment, with_day=clocks[local_time(texts, moment)] > 1))
        for offset, moment in moments.items()
    ]


def utc(offset: int) -> str:
    """Return an offset in minutes as text, such as UTC+05:30."""
    return f"UTC{'-' if offset < 0 else '+'}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"


def _minutes(there: datetime) -> int:
    offset = there.utcoffset()
    assert offset is not None, "the time is aware"
    return offset // timedelta(minutes=1)


def _offset_of(value: str) -> int | None:
    digits = value.removeprefix("-")
    return int(value) if digits.isascii() and digits.isdecimal() and len(digits) <= 4 else None


def _button(label: str, data: str, *, marked: bool) -> InlineKeyboardButton:
    return InlineKeyboardButton(f"✓ {label}" if marked else label, callback_data=data)


def _rows(buttons: list[InlineKeyboardButton], per_row: int) -> Iterable[list[InlineKeyboardButton]]:
    return (buttons[start : start + per_row] for start in range(0, len(buttons), per_row))
