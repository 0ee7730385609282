"""Answers about photos, and the buttons below them. Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.answers import AnsweredPhoto
from bot.domain.callback_data import LESS, MORE, OTHER_MODEL, WITH, button_data
from bot.domain.chat_settings import ChatSettings
from bot.views import replies
from bot.views.texts import Texts
from inference import Classification, Prediction

# Number of labels in an album's line if the model is unsure. Otherwise the line has the headline.
ALBUM_TOP_UNSURE = 2
# Limits on the labels in a line of an expanded album, and on the length of their names. With these limits, ten photos
# stay well below the 4096 characters of a message.
ALBUM_TOP_EXPANDED = 5
MAX_ALBUM_NAME_CHARS = 40
MODELS_A_ROW = 2
# Maximum number of models in a keyboard. A keyboard of this size still fits on a phone.
MAX_MODELS = 20


def sayable(photos: Sequence[AnsweredPhoto], settings: ChatSettings) -> list[AnsweredPhoto]:
    """Leave out the labels that are never said in a chat."""
    return [
        photo if photo.classification is None else _sayable(photo, photo.classification, settings) for photo in photos
    ]


def answer(
    texts: Texts,
    photos: Sequence[AnsweredPhoto],
    *,
    top_k: int,
    expanded: bool = False,
    details: bool = True,
    instead_of: str | None = None,
) -> str:
    """Return the answer about photos.

    Args:
        texts: texts in the chat's language.
        photos: photos of the answer; several photos are an album.
        top_k: maximum number of labels of a single photo.
        expanded: whether to show as many labels as fit.
        details: whether to name the model and the time that labelling took.
        instead_of: name of the chosen model if it is no longer installed; else None.
    """
    if len(photos) == 1:
        (photo,) = photos
        if photo.classification is None:
            taught = replies.taught_lines(texts, photo.taught)
            return "\n".join(taught) if taught else texts(photo.failure or "failures-any")
        return replies.labels(
            texts,
            photo.classification,
            taught=photo.taught,
            top_k=top_k,
            expanded=expanded,
            details=details,
            still=photo.still,
            preview=photo.preview,
            cached=photo.cached,
            spoiler=photo.spoiler,
            instead_of=instead_of,
        )
    lines = [_album_line(texts, number, photo, expanded=expanded) for number, photo in enumerate(photos, start=1)]
    models = dict.fromkeys(photo.classification.model for photo in photos if photo.classification is not None)
    if details and models:
        lines += ["", texts("albums-footer", model=", ".join(map(replies.plain, models)))]
    if instead_of is not None:
        lines.append(texts("answers-model-gone", model=replies.plain(instead_of)))
    return "\n".join(lines)


def keyboard(
    texts: Texts,
    photos: Sequence[AnsweredPhoto],
    *,
    top_k: int,
    other_models: bool,
    expanded: bool = False,
    below: Sequence[Sequence[InlineKeyboardButton]] = (),
) -> InlineKeyboardMarkup | None:
    """Return the buttons below an answer; None if there are none.

    Args:
        texts: texts in the chat's language.
        photos: photos of the answer.
        top_k: maximum number of labels of a single photo.
        other_models: whether other models are installed.
        expanded: whether the answer shows as many labels as fit.
        below: further rows of buttons.
    """
    row = []
    if expanded:
        row.append(InlineKeyboardButton(texts("buttons-less"), callback_data=button_data(LESS)))
    elif any(_has_more(photo, top_k, in_album=len(photos) > 1) for photo in photos):
        row.append(InlineKeyboardButton(texts("buttons-more"), callback_data=button_data(MORE)))
    if other_models and any(photo.sizes for photo in photos):
        row.append(InlineKeyboardButton(texts("buttons-other-model"), callback_data=button_data(OTHER_MODEL)))
    rows = [each for each in (row, *below) if each]
    return InlineKeyboardMarkup(rows) if rows else None


def models_keyboard(texts: Texts, names: Sequence[str]) -> InlineKeyboardMarkup:
    """Return a keyboard with a button for each model, and a button to go back."""
    buttons = [InlineKeyboardButton(name, callback_data=button_data(WITH, name)) for name in names[:MAX_MODELS]]
    rows = [buttons[first : first + MODELS_A_ROW] for first in range(0, len(buttons), MODELS_A_ROW)]
    back = InlineKeyboardButton(texts("buttons-back"), callback_data=button_data(LESS))
    return InlineKeyboardMarkup([*rows, [back]])


def _sayable(photo: AnsweredPhoto, classification: Classification, settings: ChatSettings) -> AnsweredPhoto:
    left = settings.sayable(classification)
    return replace(photo, classification=left, failure="answers-never-said" if left is None else None)


def _has_more(photo: AnsweredPhoto, top_k: int, *, in_album: bool) -> bool:
    found = photo.classification
    if found is None:
        return False
    if in_album:
        return len(_album_labels(found, expanded=True)) > len(_album_labels(found, expanded=False))
    shown, most = (
        replies.labels_below(found, top_k=top_k, expanded=expanded, taught=bool(photo.taught))
        for expanded in (False, True)
    )
    return len(most) > len(shown)


def _album_line(texts: Texts, number: int, photo: AnsweredPhoto, *, expanded: bool) -> str:
    taught = [
        texts("albums-taught", name=_name(score.name), score=replies.percent(texts, score.probability))
        for score in photo.taught
    ]
    if photo.classification is None:
        if taught:
            return texts("albums-photo", number=number, labels=" · ".join(taught))
        return texts("albums-photo-failed", number=number, reason=texts(photo.failure or "failures-any"))
    classification = photo.classification
    found = classification.headline
    labels = [
        texts("albums-label", name=_name(other.name_in(texts.language)), score=replies.percent(texts, other.score))
        for other in _album_labels(classification, expanded=expanded)
    ]
    if found.level != "unsure":
        name = _name(replies.capitalised(classification.headline_name(texts.language).phrase))
        score = replies.percent(texts, found.probability)
        labels.insert(0, texts("albums-label", name=name if taught else f"<b>{name}</b>", score=score))
    key = "albums-photo-unsure" if found.level == "unsure" else "albums-photo"
    if classification.unfamiliar:
        key = "albums-photo-unfamiliar"
    line = " · ".join([*taught, *labels])
    if photo.spoiler:
        line = replies.under_spoiler(line)
    return texts("albums-photo" if taught else key, number=number, labels=line)


def _album_labels(classification: Classification, *, expanded: bool) -> tuple[Prediction, ...]:
    """Return the labels that a line shows after its headline."""
    if expanded:
        return replies.labels_below(classification, top_k=ALBUM_TOP_EXPANDED, expanded=False)
    return classification.predictions[:ALBUM_TOP_UNSURE] if classification.headline.level == "unsure" else ()


def _name(name: str) -> str:
    return replies.shortened(name, MAX_ALBUM_NAME_CHARS)
