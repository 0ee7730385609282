"""Buttons and lines about whether an answer is right. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.answers import AnsweredPhoto
from bot.domain.callback_data import (
    DONE,
    JUDGE,
    NAMED,
    RIGHT,
    TAKE_BACK,
    TYPE,
    WRONG,
    correction_data,
    hash_of,
)
from bot.domain.chat_settings import ChatSettings
from bot.domain.corrections import Standing, said_first
from bot.domain.teaching import TaughtClass
from bot.views.replies import MAX_NAME_CHARS, MIN_SCORE, cut, plain
from bot.views.texts import Texts
from inference import Prediction, class_key, covers, name_of_key

Row: TypeAlias = Sequence[InlineKeyboardButton]
# A line below the answer, and the buttons.
Screen: TypeAlias = tuple[str, InlineKeyboardMarkup]

# Number of labels to choose from: as many as a phone shows without scrolling.
MAX_CHOICES = 6
# Number of labels that are offered even if their scores are so low that the answer does not show them.
MIN_CHOICES = 3
# Number of taught classes to choose from, the last used ones; names of others can be typed.
MAX_TAUGHT_CHOICES = 12
CHOICES_A_ROW = 2
PHOTOS_A_ROW = 5
# Limit on the length of a button's text. A phone shows about this number of characters of half a row.
MAX_BUTTON_CHARS = 24
NOBODY = Standing()


def judged(photos: Iterable[AnsweredPhoto], settings: ChatSettings) -> list[AnsweredPhoto]:
    """Return the photos of an answer about which people are asked. The photos have only labels that may be said."""
    return [
        photo
        for photo in photos
        if photo.classification is not None and settings.asks_about(photo.classification, photo.taught)
    ]


def rows(
    texts: Texts, photos: Sequence[AnsweredPhoto], settings: ChatSettings, standings: Mapping[int, Standing]
) -> list[Row]:
    """Return the buttons below an answer that ask whether it is right; [] if nobody is asked.

    Args:
        texts: texts in the chat's language.
        photos: photos of the answer, with the labels that may be said.
        settings: settings of the chat.
        standings: votes on the photos, by the ids of their messages.
    """
    asked = judged(photos, settings)
    if not asked:
        return []
    if len(photos) > 1:
        return [[InlineKeyboardButton(texts("corrections-album"), callback_data=correction_data(JUDGE))]]
    (photo,) = asked
    return [_photo_row(texts, photo, standings.get(photo.message_id, NOBODY))]


def album_screen(texts: Texts, photos: Sequence[AnsweredPhoto], asked: Sequence[AnsweredPhoto]) -> Screen:
    """Ask which photo of an album is meant. `asked` are the photos that people are asked about."""
    buttons = [
        InlineKeyboardButton(str(number), callback_data=correction_data(JUDGE, photo.message_id))
        for number, photo in enumerate(photos, start=1)
        if photo in asked
    ]
    return texts("corrections-which-photo"), InlineKeyboardMarkup([*_in_rows(buttons, PHOTOS_A_ROW), [_back(texts)]])


def photo_screen(texts: Texts, photo: AnsweredPhoto, number: int, standing: Standing) -> Screen:
    """Ask whether the answer to a photo of an album is right. `number` counts the photos of the album from 1."""
    row = _photo_row(texts, photo, standing)
    return texts("corrections-is-photo-right", number=number), InlineKeyboardMarkup([row, [_back(texts)]])


def choices_screen(texts: Texts, photo: AnsweredPhoto, number: int | None, taught: Sequence[TaughtClass]) -> Screen:
    """Ask what a photo shows.

    Args:
        texts: texts in the chat's language.
        photo: photo with the labels that may be said.
        number: number of the photo in an album, from 1; None for a single photo.
        taught: classes that the chat has taught.
    """
    photo_id = photo.message_id
    choices = [
        InlineKeyboardButton(cut(name, MAX_BUTTON_CHARS), callback_data=correction_data(NAMED, photo_id, hash_of(key)))
        for key, name in choices_of(photo, texts.language, taught).items()
    ]
    other = InlineKeyboardButton(texts("corrections-something-else"), callback_data=correction_data(TYPE, photo_id))
    take_back = InlineKeyboardButton(texts("corrections-take-back"), callback_data=correction_data(TAKE_BACK, photo_id))
    question = texts("corrections-what-is-it") if number is None else texts("corrections-what-is-photo", number=number)
    return question, InlineKeyboardMarkup([*_in_rows(choices, CHOICES_A_ROW), [other], [take_back, _back(texts)]])


def take_back_screen(texts: Texts, photo: AnsweredPhoto) -> Screen:
    """Ask a person who has said that the answer is right whether to take that back."""
    take_back = InlineKeyboardButton(
        texts("corrections-take-back"), callback_data=correction_data(TAKE_BACK, photo.message_id)
    )
    return texts("corrections-said-right"), InlineKeyboardMarkup([[take_back, _back(texts)]])


def typing_screen(texts: Texts, photo: AnsweredPhoto, person_id: int) -> InlineKeyboardMarkup:
    """Return the buttons while a person is to type a name; they tell which person and which photo."""
    data = correction_data(DONE, photo.message_id, str(person_id))
    return InlineKeyboardMarkup([[InlineKeyboardButton(texts("corrections-back"), callback_data=data)]])


def choices_of(photo: AnsweredPhoto, language: str, taught: Sequence[TaughtClass]) -> dict[str, str]:
    """Return names of what a photo may show, by their keys: anything but what the answer is sure of.

    Classes that were taught come first, with keys of their own.
    """
    certainty, said = said_first(photo)
    first = {score.name for score in photo.taught[:1]}
    lately = sorted(taught, key=lambda each: -(each.last_used_at or 0))[:MAX_TAUGHT_CHOICES]
    classes = {taught_key(each): each.name for each in taught if each in lately and each.name not in first}
    own = _own_names(photo, language)
    scores = {_key(each): each.score for each in photo.classification.predictions} if photo.classification else {}
    labels = [key for key in own if certainty == "unsure" or said is None or not covers(said, key)]
    likely = [key for rank, key in enumerate(labels) if rank < MIN_CHOICES or scores[key] >= MIN_SCORE]
    return classes | {key: own[key] for key in likely[:MAX_CHOICES]}


def noted_name(texts: Texts, name: str) -> str:
    """Return the confirmation of a name, short enough for the answer to a callback query."""
    return texts("corrections-noted-name", name=name if len(name) <= MAX_NAME_CHARS else f"{name[:MAX_NAME_CHARS]}…")


def taught_key(taught: TaughtClass) -> str:
    """Return the key of a class that the chat has taught, among the keys of labels."""
    return f"taught:{taught.id}"


def corrected(texts: Texts, photos: Sequence[AnsweredPhoto], standings: Mapping[int, Standing]) -> Iterator[str]:
    """Yield a line for each photo of an answer for which people named what it shows."""
    for number, photo in enumerate(photos, start=1):
        label = standings.get(photo.message_id, NOBODY).label
        if label is None:
            continue
        name = plain(_name(label, photo, texts.language))
        if len(photos) == 1:
            yield texts("corrections-corrected", name=name)
        else:
            yield texts("corrections-corrected-photo", number=number, name=name)


def _photo_row(texts: Texts, photo: AnsweredPhoto, standing: Standing) -> Row:
    photo_id = photo.message_id
    if said_first(photo)[0] == "unsure":
        count = standing.right + standing.wrong
        what = texts("corrections-which") if count == 0 else _verdict(texts, photo, standing)
        return [
            InlineKeyboardButton(_pressed(texts, what, count), callback_data=correction_data(JUDGE, photo_id)),
        ]
    return [
        InlineKeyboardButton(_pressed(texts, what, count), callback_data=correction_data(action, photo_id))
        for action, what, count in (
            (RIGHT, texts("corrections-right"), standing.right),
            (WRONG, texts("corrections-wrong"), standing.wrong),
        )
    ]


def _verdict(texts: Texts, photo: AnsweredPhoto, standing: Standing) -> str:
    if standing.label is not None:
        return cut(_name(standing.label, photo, texts.language), MAX_BUTTON_CHARS)
    return texts("corrections-right" if standing.right >= standing.wrong else "corrections-wrong")


def _pressed(texts: Texts, what: str, count: int) -> str:
    """Return the text of a button, marked if people pressed it."""
    if count == 0:
        return what
    return (
        texts("corrections-pressed", what=what)
        if count == 1
        else texts("corrections-pressed-by", what=what, count=count)
    )


def _name(key: str, photo: AnsweredPhoto, language: str) -> str:
    """Return the name of a key; the model's own labels have the names that came with the model."""
    return _own_names(photo, language).get(key) or name_of_key(key, language)


def _own_names(photo: AnsweredPhoto, language: str) -> dict[str, str]:
    """Return the names of a photo's labels, best first, by their keys."""
    predictions = photo.classification.predictions if photo.classification is not None else ()
    return {_key(each): each.name_in(language) for each in predictions}


def _key(prediction: Prediction) -> str:
    return class_key(prediction.class_id or prediction.label)


def _back(texts: Texts) -> InlineKeyboardButton:
    return InlineKeyboardButton(texts("corrections-back"), callback_data=correction_data(DONE))


def _in_rows(buttons: Sequence[InlineKeyboardButton], per_row: int) -> Iterator[Row]:
    return (buttons[start : start + per_row] for start in range(0, len(buttons), per_row))
