"""The screens of /classes, and the photos that /privacy lists. A screen is a text and a keyboard. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.callback_data import CLASSES, GIVEN, teaching_data
from bot.domain.teaching import TaughtClass, TaughtPhoto
from bot.views.replies import cut, plain
from bot.views.teaching_replies import Screen
from bot.views.texts import Texts

CLASSES_PER_PAGE = 10
# Telegram's limit on the photos of an album.
PHOTOS_PER_PAGE = 10
NUMBERS_PER_ROW = 5
DAY_S = 86_400
MAX_BUTTON_CHARS = 24
# Number of classes on a page of the list in /privacy. More buttons would not fit on a phone's screen.
GIVEN_PER_PAGE = 20


@dataclass(frozen=True, slots=True)
class PhotoPage:
    """Photos that are shown together.

    Attributes:
        photos: all photos, the oldest first.
        page: number of the page, from 0.
    """

    photos: Sequence[TaughtPhoto]
    page: int

    @property
    def first(self) -> int:
        """Number of the first photo of the page, from 1."""
        return PHOTOS_PER_PAGE * self.page + 1

    @property
    def numbered(self) -> dict[int, TaughtPhoto]:
        """The photos of the page by their numbers."""
        start = self.first - 1
        return dict(enumerate(self.photos[start : start + PHOTOS_PER_PAGE], self.first))

    @property
    def pages(self) -> int:
        return _pages(len(self.photos), PHOTOS_PER_PAGE)


@dataclass(frozen=True, slots=True)
class GivenClass:
    """Photos of one class that a person gave.

    Attributes:
        name: name of the class.
        chat_id: id of the chat.
        chat: title of the chat; a text of its own for a private chat.
        photos: photos, at least one, the oldest first.
    """

    name: str
    chat_id: int
    chat: str
    photos: Sequence[TaughtPhoto]


def class_list(texts: Texts, classes: Sequence[TaughtClass], page: int = 0, *, now_s: float) -> Screen:
    """List what a chat has taught, with a button for each name.

    Args:
        texts: texts in the chat's language.
        classes: all classes of the chat.
        page: number of the page, from 0.
        now_s: time, in seconds since 1970, UTC.
    """
    if not classes:
        return texts("classes-none"), None
    pages = _pages(len(classes), CLASSES_PER_PAGE)
    page = min(page, pages - 1)
    shown = classes[page * CLASSES_PER_PAGE : (page + 1) * CLASSES_PER_PAGE]
    lines = [texts("classes-line", name=plain(taught.name), facts=_facts(texts, taught, now_s)) for taught in shown]
    buttons = [_button(cut(taught.name, MAX_BUTTON_CHARS), "open", taught.id) for taught in shown]
    rows = [*_rows(buttons, 2), *_turning(texts, page, pages, CLASSES, "list")]
    return "\n".join([texts("classes-title"), "", *lines]), InlineKeyboardMarkup(rows)


def class_screen(texts: Texts, taught: TaughtClass, *, is_only: bool, now_s: float, news: str = "") -> Screen:
    """Show what is known of a class, and what can be done with it; the only class cannot be merged into another."""
    lines = [news, ""] if news else []
    lines += [texts("classes-line", name=plain(taught.name), facts=_facts(texts, taught, now_s))]
    if taught.waiting:
        lines.append(texts("classes-waiting", count=taught.waiting))
    if taught.lost:
        lines.append(texts("classes-lost", count=taught.lost))
    rows = [
        [_button(texts("classes-show"), "show", taught.id, 0), _button(texts("classes-rename"), "rename", taught.id)],
        [
            *([] if is_only else [_button(texts("classes-merge"), "merge", taught.id, 0)]),
            _button(texts("classes-forget"), "forget", taught.id),
        ],
        [_button(texts("classes-back"), "list", 0)],
    ]
    return "\n".join(lines), InlineKeyboardMarkup(rows)


def photos_screen(
    texts: Texts, name: str, shown: PhotoPage, unseen: Collection[int], *, action: str = CLASSES
) -> Screen:
    """Return the message below an album of taught photos: each photo has a button that removes it.

    Args:
        texts: texts in the chat's language.
        name: name of the class.
        shown: photos of the page.
        unseen: ids of the photos of the page that could not be shown.
        action: `CLASSES`, or `GIVEN` for photos that a person takes back.
    """
    numbered = shown.numbered
    lines = [texts("classes-shown", name=plain(name), first=shown.first, last=max(numbered), total=len(shown.photos))]
    if unseen:
        lines.append(texts("classes-not-shown", count=len(unseen)))
    class_id = shown.photos[0].class_id
    buttons = [
        InlineKeyboardButton(f"{texts.directed('✕')} {number}", callback_data=teaching_data(action, "remove", photo.id))
        for number, photo in numbered.items()
    ]
    turning = _turning(texts, shown.page, shown.pages, action, "show", class_id)
    return "\n".join(lines), InlineKeyboardMarkup([*_rows(buttons, NUMBERS_PER_ROW), *turning])


def rename_screen(texts: Texts, taught: TaughtClass, *, in_private: bool) -> Screen:
    """Ask for a new name. Replies to the screen give it, so the screen has a button that tells its class."""
    how = texts("classes-rename-how-in-private" if in_private else "classes-rename-how", name=plain(taught.name))
    return how, InlineKeyboardMarkup([[_button(texts("classes-back"), "renaming", taught.id)]])


def merge_screen(texts: Texts, taught: TaughtClass, classes: Sequence[TaughtClass], page: int) -> Screen:
    """Ask which other class is the same as a class."""
    others = [other for other in classes if other.id != taught.id]
    pages = _pages(len(others), CLASSES_PER_PAGE)
    page = min(page, pages - 1)
    shown = others[page * CLASSES_PER_PAGE : (page + 1) * CLASSES_PER_PAGE]
    buttons = [_button(cut(other.name, MAX_BUTTON_CHARS), "into", taught.id, other.id) for other in shown]
    rows = [
        *_rows(buttons, 2),
        *_turning(texts, page, pages, CLASSES, "merge", taught.id),
        [_button(texts("classes-back"), "open", taught.id)],
    ]
    return texts("classes-merge-which", name=plain(taught.name)), InlineKeyboardMarkup(rows)


def forget_screen(texts: Texts, taught: TaughtClass) -> Screen:
    """Ask whether to forget a class."""
    rows = [
        [_button(texts("classes-forget-yes"), "forgotten", taught.id)],
        [_button(texts("classes-forget-no"), "kept", taught.id)],
    ]
    text = texts("classes-forget-question", name=plain(taught.name), count=taught.photos)
    return text, InlineKeyboardMarkup(rows)


def given_screen(texts: Texts, given: Sequence[GivenClass], page: int) -> Screen:
    """List what a person gave, with a button for each class, and one for each chat that takes everything back."""
    pages = _pages(len(given), GIVEN_PER_PAGE)
    page = min(page, pages - 1)
    shown = given[page * GIVEN_PER_PAGE : (page + 1) * GIVEN_PER_PAGE]
    lines = [
        texts("privacy-given-line", name=plain(each.name), chat=plain(each.chat), count=len(each.photos))
        for each in shown
    ]
    rows = []
    for each in shown:
        text = texts("privacy-given-open", name=cut(each.name, MAX_BUTTON_CHARS), chat=cut(each.chat, MAX_BUTTON_CHARS))
        rows.append([_given_button(text, "show", each.photos[0].class_id, 0)])
    for chat_id, title in {each.chat_id: each.chat for each in shown}.items():
        rows.append([_given_button(texts("privacy-given-all", chat=cut(title, MAX_BUTTON_CHARS)), "all", chat_id)])
    rows += _turning(texts, page, pages, GIVEN, "list")
    return "\n".join([texts("privacy-given"), *lines]), InlineKeyboardMarkup(rows)


def revoke_screen(texts: Texts, chat_id: int, title: str) -> Screen:
    """Ask whether to delete all that a person gave in a chat, and the consent there."""
    rows = [
        [_given_button(texts("privacy-given-all-yes"), "revoke", chat_id)],
        [_given_button(texts("privacy-given-all-no"), "list", 0)],
    ]
    return texts("privacy-given-all-question", chat=f"<b>{plain(title)}</b>"), InlineKeyboardMarkup(rows)


def _facts(texts: Texts, taught: TaughtClass, now_s: float) -> str:
    """Return the number of photos of a class, how many are recognised, and when it was last recognised in a photo."""
    facts = [texts("classes-photos", count=taught.photos)]
    if taught.held_out:
        facts.append(texts("classes-recognised", recognised=taught.recognised, total=taught.held_out))
    if taught.last_used_at is None:
        facts.append(texts("classes-seen-never"))
    else:
        days = max(0, int(now_s - taught.last_used_at) // DAY_S)
        facts.append(texts("classes-seen", days=days) if days else texts("classes-seen-today"))
    return texts.row(facts)


def _turning(
    texts: Texts, page: int, pages: int, action: str, step: str, *ids: int
) -> list[list[InlineKeyboardButton]]:
    """Return the row of buttons that turn pages; no row if there is one page."""
    around = ((page - 1, "classes-previous"), (page + 1, "classes-next"))
    row = [
        InlineKeyboardButton(texts(key), callback_data=teaching_data(action, step, *ids, number))
        for number, key in around
        if 0 <= number < pages
    ]
    return [row] if row else []


def _pages(count: int, per_page: int) -> int:
    return max(1, -(-count // per_page))


def _rows(buttons: Sequence[InlineKeyboardButton], per_row: int) -> list[list[InlineKeyboardButton]]:
    return [list(buttons[start : start + per_row]) for start in range(0, len(buttons), per_row)]


def _button(text: str, step: str, *ids: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=teaching_data(CLASSES, step, *ids))


def _given_button(text: str, step: str, *ids: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=teaching_data(GIVEN, step, *ids))
