"""The screens of /settings. A screen is a text and a keyboard. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.callback_data import hash_of, settings_data
from bot.domain.chat_settings import ChatSettings
from bot.domain.settings_options import (
    ADD,
    BY_SCREEN,
    CHATS,
    CLOSE,
    MAIN,
    MODEL,
    NEVER_SAY,
    NOTHING,
    QUIET,
    QUIET_HOURS,
    SCREENS,
    TIME_ZONE,
    UTC_OFFSET,
    Setting,
    ShownChat,
    Value,
    choices_of,
    encode_value,
)
from bot.views.replies import cut, plain
from bot.views.texts import Texts
from bot.views.time_zone_screens import local_time, place_of, time_zone_screen, utc
from inference import name_of_key

Screen: TypeAlias = tuple[str, InlineKeyboardMarkup]

# Limit on the length of a button's text. A phone shows about this number of characters.
MAX_TITLE_CHARS = 40
# Number of names that are never said in the overview. More names would hide the other settings.
MAX_NAMES_IN_OVERVIEW = 3


def main_screen(texts: Texts, chat: ShownChat, news: str = "") -> Screen:
    """Show all settings of a chat, with a button for each setting.

    Args:
        texts: texts in the reader's language.
        chat: chat with the settings.
        news: result of the last action, as HTML; empty for none.
    """
    buttons = [
        InlineKeyboardButton(texts(BY_SCREEN[screen].name), callback_data=_to(chat, screen))
        for screen in SCREENS[chat.kind]
    ]
    below = [InlineKeyboardButton(texts("settings-close"), callback_data=_to(chat, CLOSE))]
    if chat.kind == "private":
        buttons.append(InlineKeyboardButton(texts("settings-chats"), callback_data=_to(chat, CHATS)))
    elif chat.in_private:
        below.insert(0, InlineKeyboardButton(texts("settings-back"), callback_data=_to(chat, CHATS)))
    lines = [news, ""] if news else []
    lines.append(overview(texts, chat))
    return "\n".join(lines), InlineKeyboardMarkup([*_rows(buttons, 2), below])


def overview(texts: Texts, chat: ShownChat) -> str:
    """Show the settings of a chat, one per line."""
    title = texts("settings-title", title=plain(chat.title)) if chat.title else texts("settings-title-private")
    lines = [title, ""]
    for screen in SCREENS[chat.kind]:
        setting = BY_SCREEN[screen]
        lines.append(texts("settings-line", name=texts(setting.name), value=_current(texts, chat, setting)))
    if chat.hides_photos:
        lines += ["", texts("settings-photos-hidden")]
    return "\n".join(lines)


def choice_screen(texts: Texts, chat: ShownChat, screen: str, pressed: str = "") -> Screen:
    """Show the choices of one setting.

    Args:
        texts: texts in the reader's language.
        chat: chat with the settings.
        screen: name of the setting's screen.
        pressed: value that was pressed there and asks for a choice of its own; empty for none.
    """
    if screen == QUIET:
        return _quiet_screen(texts, chat)
    if screen in (TIME_ZONE, UTC_OFFSET):
        return time_zone_screen(texts, chat, pressed)
    if screen == NEVER_SAY:
        return never_say_screen(texts, chat)
    setting = BY_SCREEN[screen]
    current = chat.chosen_model if screen == MODEL else getattr(chat.settings, screen)
    buttons = []
    for value in choices_of(chat, screen):
        mark = "✓ " if value == current else ""
        data = settings_data(chat.chat_id, screen, encode_value(screen, value))
        buttons.append(InlineKeyboardButton(mark + _value(texts, chat, setting, value), callback_data=data))
    back = InlineKeyboardButton(
        texts("settings-back"), callback_data=_to(chat, QUIET if screen in QUIET_HOURS else MAIN)
    )
    text = f"<b>{texts(setting.name)}</b>\n\n{texts(setting.about)}"
    return text, InlineKeyboardMarkup([*_rows(buttons, setting.columns), [back]])


def chats_screen(
    texts: Texts, person_id: int, chats: Sequence[tuple[int, str]], *, further: int | None = None
) -> Screen:
    """List groups and channels of which a person is an admin.

    Args:
        texts: texts in the reader's language.
        person_id: id of the person, and of their private chat with the bot.
        chats: ids and titles of the chats.
        further: id of the chat from which the next list goes on; None if the bot has asked about all its chats.
    """
    buttons = [
        [InlineKeyboardButton(cut(title, MAX_TITLE_CHARS), callback_data=settings_data(chat_id, MAIN))]
        for chat_id, title in chats
    ]
    below = [InlineKeyboardButton(texts("settings-back"), callback_data=settings_data(person_id, MAIN))]
    if further is not None:
        data = settings_data(person_id, CHATS, str(further))
        below.append(InlineKeyboardButton(texts("settings-chats-further"), callback_data=data))
    buttons.append(below)
    none = "settings-chats-none" if further is None else "settings-chats-none-here"
    lines = [f"<b>{texts('settings-chats')}</b>", "", texts("settings-chats-about" if chats else none)]
    if further is not None:
        lines += ["", texts("settings-chats-more")]
    return "\n".join(lines), InlineKeyboardMarkup(buttons)


def never_say_screen(texts: Texts, chat: ShownChat, news: str = "") -> Screen:
    """Show the names that are never said in a chat. Each name has a button that removes it.

    Replies to the screen add names, so the screen always has a button that tells its chat.

    Args:
        texts: texts in the reader's language.
        chat: chat with the settings.
        news: result of the last action, as HTML, in place of the explanation; empty for none.
    """
    names = sorted((name_of_key(key, texts.language), key) for key in chat.settings.never_say)
    buttons = [
        InlineKeyboardButton(
            f"{texts.directed('✕')} {cut(name, MAX_TITLE_CHARS)}",
            callback_data=settings_data(chat.chat_id, NEVER_SAY, hash_of(key)),
        )
        for name, key in names
    ]
    below = [
        InlineKeyboardButton(texts("settings-back"), callback_data=_to(chat, MAIN)),
        InlineKeyboardButton(
            texts("settings-never-say-add"), callback_data=settings_data(chat.chat_id, NEVER_SAY, ADD)
        ),
    ]
    about = f"<b>{texts('settings-never-say')}</b>\n\n{texts('settings-never-say-about')}"
    return f"{news or about}\n\n{texts('settings-never-say-hint')}", InlineKeyboardMarkup(
        [*_rows(buttons, BY_SCREEN[NEVER_SAY].columns), below]
    )


def never_say_unknown(texts: Texts, name: str, suggestions: Sequence[str]) -> str:
    """Tell that a name is unknown, with similar names."""
    if not suggestions:
        return texts("settings-never-say-unknown", name=plain(cut(name, MAX_TITLE_CHARS)))
    names = " · ".join(f"<b>{plain(each)}</b>" for each in suggestions)
    return texts("settings-never-say-similar", name=plain(cut(name, MAX_TITLE_CHARS)), names=names)


def never_say_added(texts: Texts, keys: Iterable[str]) -> str:
    names = sorted(name_of_key(key, texts.language) for key in keys)
    return texts("settings-never-say-added", names=" · ".join(plain(name) for name in names))


def _quiet_screen(texts: Texts, chat: ShownChat) -> Screen:
    buttons = []
    for screen in QUIET_HOURS:
        setting = BY_SCREEN[screen]
        value = _current(texts, chat, setting)
        label = texts("settings-name-and-value", name=texts(setting.name), value=value)
        buttons.append([InlineKeyboardButton(label, callback_data=_to(chat, screen))])
    if chat.settings.quiet_from is not None:
        data = settings_data(chat.chat_id, QUIET, NOTHING)
        buttons.append([InlineKeyboardButton(texts("settings-quiet-end"), callback_data=data)])
    buttons.append([InlineKeyboardButton(texts("settings-back"), callback_data=_to(chat, MAIN))])
    lines = [f"<b>{texts('settings-quiet')}</b>", "", texts("settings-quiet-about")]
    if (period := chat.settings.quiet_period(chat.now)) is not None:
        start, end = (local_time(texts, moment, with_day=True) for moment in period)
        is_quiet = chat.settings.is_quiet(chat.now)
        lines += [
            "",
            texts("settings-quiet-now", end=end) if is_quiet else texts("settings-quiet-next", start=start, end=end),
        ]
    return "\n".join(lines), InlineKeyboardMarkup(buttons)


def _current(texts: Texts, chat: ShownChat, setting: Setting) -> str:
    """Return the text of a setting's current value."""
    settings = chat.settings
    match setting.screen:
        case "quiet":
            if settings.quiet_from is None or settings.quiet_to is None:
                return texts(setting.texts[None])
            return texts(
                "settings-quiet-hours",
                start=_clock(settings.quiet_from),
                end=_clock(settings.quiet_to),
                zone=_zone(texts, settings),
            )
        case "model":
            return plain(chat.model)
        case "time_zone":
            here = chat.now.astimezone(settings.zone)
            return texts.row([_zone(texts, settings), local_time(texts, here)])
        case "never_say":
            return _names_in_overview(texts, settings.never_say)
        case field:
            return _value(texts, chat, setting, getattr(settings, field))


def _names_in_overview(texts: Texts, keys: Sequence[str]) -> str:
    if not keys:
        return texts("settings-never-say-none")
    names = sorted(name_of_key(key, texts.language) for key in keys)
    shown = [plain(cut(name, MAX_TITLE_CHARS)) for name in names[:MAX_NAMES_IN_OVERVIEW]]
    return texts.row([*shown, "…"] if len(names) > len(shown) else shown)


def _value(texts: Texts, chat: ShownChat, setting: Setting, value: Value) -> str:
    """Return the text of a setting's value."""
    if value in setting.texts:
        return texts(setting.texts[value])
    match setting.screen, value:
        case "language", None:
            return texts("settings-language-automatic" if chat.kind == "private" else "settings-language-english")
        case "language", code if code in chat.languages:
            return chat.languages[str(code)]
        case "threshold", float() as score:
            return texts("settings-threshold-score", score=score)
        case "quiet_from" | "quiet_to", int() as minute:
            return _clock(minute)
        case _:
            return str(value)


def _to(chat: ShownChat, screen: str) -> str:
    return settings_data(chat.chat_id, screen)


def _rows(buttons: Sequence[InlineKeyboardButton], per_row: int) -> Iterable[Sequence[InlineKeyboardButton]]:
    return (buttons[start : start + per_row] for start in range(0, len(buttons), per_row))


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _zone(texts: Texts, settings: ChatSettings) -> str:
    return utc(settings.utc_offset_min) if settings.time_zone is None else place_of(texts, settings.time_zone)
