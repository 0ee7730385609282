"""The conversation that follows /teach: questions, outcomes, and their buttons. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.domain.callback_data import TEACH, teaching_data
from bot.domain.teaching import Promotion, Resemblance, TeachingRefused, TeachRequest, TeachResult
from bot.views.replies import cut, plain, shortened
from bot.views.texts import Texts

Screen: TypeAlias = tuple[str, InlineKeyboardMarkup | None]

# Maximum number of photos about which a choice is offered; more buttons would fill a phone's screen.
MAX_CHOICES = 4
# Limit on the length of a name in a button. A phone shows about this number of characters.
MAX_BUTTON_CHARS = 16
# Share of the held-out photos below which the outcome says that more photos are needed.
WEAK_SHARE = 0.7


def consent(texts: Texts, request_id: int, person_id: int, *, taught_by_other: str | None = None) -> Screen:
    """Return the question whether the bot may keep what it learns from a person's photos.

    Args:
        texts: texts in the chat's language.
        request_id: id of the request that waits for the answer.
        person_id: id of the person who is asked, and who alone may answer.
        taught_by_other: name that somebody else teaches with a photo of the person; None if the person teaches.
    """
    if taught_by_other is None:
        question = texts("teaching-consent")
    else:
        question = texts("teaching-consent-for-photo", name=plain(taught_by_other))
    buttons = [
        _button(texts("teaching-agree"), "agree", request_id, person_id),
        _button(texts("teaching-refuse"), "refuse", request_id, person_id),
    ]
    return f"{question}\n\n{texts('teaching-terms')}", InlineKeyboardMarkup([buttons])


def question(texts: Texts, request: TeachRequest, *, in_group: bool) -> Screen:
    """Return the question for what a request lacks: a name, or photos until the person taps Done.

    Args:
        texts: texts in the chat's language.
        request: open request.
        in_group: whether answers must reply to the question, as Telegram may show the bot no other messages.
    """
    cancel = _button(texts("teaching-cancel"), "cancel", request.id)
    if request.name is None:
        key = "teaching-ask-name-in-group" if in_group else "teaching-ask-name"
        return texts(key), InlineKeyboardMarkup([[cancel]])
    name, count = plain(request.name), len(request.photos)
    if count:
        key = "teaching-got-in-group" if in_group else "teaching-got"
        text = texts(key, name=name, count=count)
    else:
        text = texts("teaching-ask-photos-in-group" if in_group else "teaching-ask-photos", name=name)
    return text, InlineKeyboardMarkup([[_button(texts("teaching-done"), "done", request.id), cancel]])


def outcome(texts: Texts, result: TeachResult, taught_by: int, *, offered: Sequence[int]) -> Screen:
    """Return what was learned and how good it is, with buttons to undo it and to choose.

    Args:
        texts: texts in the chat's language.
        result: what teaching changed.
        taught_by: id of the person who taught, who may press the buttons.
        offered: ids of the messages with the offered photos, in their order.
    """
    numbers = {message_id: number for number, message_id in enumerate(offered, start=1)}
    lines = _knowledge(texts, result) if result.photos else []
    copies = sum(found.same_file for found in result.duplicates)
    if copies:
        lines.append(texts("teaching-had-already", count=copies))
    for reason, count in Counter(refused.reason for refused in result.refused).items():
        lines.append(texts("teaching-left-out", count=count, reason=texts(reason)))
    paragraphs, rows = ["\n".join(lines)], []
    for found in _to_choose(result):
        photo: dict[str, str | float] = {
            "number": numbers.get(found.message_id, 1),
            "single": "yes" if len(offered) == 1 else "no",
        }
        if found in result.contradictions:
            key = "teaching-looks-like" if found.other_id is None else "teaching-two-names"
            paragraphs.append(texts(key, other=plain(found.class_name), **photo))
            rows.append(_names(texts, result, found, photo, taught_by))
        else:
            paragraphs.append(texts("teaching-near-copy", **photo))
            remove = texts("teaching-near-copy-remove", **photo)
            rows.append([_button(remove, "drop", found.photo_id, taught_by)])
    if result.added:
        rows.append([_button(texts("teaching-undo"), "undo", result.teaching_id, taught_by)])
    return "\n\n".join(filter(None, paragraphs)), InlineKeyboardMarkup(rows) if rows else None


def refusal(texts: Texts, refused: TeachingRefused) -> str:
    """Return why a change of what is taught is refused; without markup."""
    return texts(refused.problem, **({} if refused.limit is None else {"limit": refused.limit}))


def promotion(texts: Texts, outcome: Promotion) -> str:
    """Return which model answers in a chat now, and the figures that decided it."""
    model, before = plain(outcome.model), plain(outcome.before)
    return "\n".join(
        [
            texts("teaching-promoted" if outcome.promoted else "teaching-not-promoted", model=model, before=before),
            texts(
                "teaching-promotion-right",
                model=model,
                before=before,
                right=outcome.right.count,
                total=outcome.right.total,
                right_before=outcome.right_before.count,
                total_before=outcome.right_before.total,
            ),
            texts(
                "teaching-promotion-mistaken",
                model=model,
                before=before,
                mistaken=outcome.mistaken.count,
                total=outcome.mistaken.total,
                mistaken_before=outcome.mistaken_before.count,
                total_before=outcome.mistaken_before.total,
            ),
        ]
    )


def _knowledge(texts: Texts, result: TeachResult) -> list[str]:
    """Return the lines that say what is known by now, and how well."""
    name, count = plain(result.name), result.photos
    if result.created:
        head = texts("teaching-known", name=name, count=count)
    elif result.added:
        head = texts("teaching-known-better", name=name, count=count, added=result.added)
    else:
        head = texts("teaching-known-before", name=name, count=count)
    nearest = _nearest(texts, result)
    if count == 1:
        start = texts("teaching-one-photo-nearest", nearest=nearest) if nearest else texts("teaching-one-photo")
        return [head, start]
    if not result.held_out:
        return [head, texts("teaching-nearest", nearest=nearest)] if nearest else [head]
    shares: dict[str, str | float] = {"recognised": result.recognised, "total": result.held_out}
    if nearest is None:
        lines = [head, texts("teaching-held-out", **shares)]
    else:
        lines = [head, texts("teaching-held-out-nearest", nearest=nearest, **shares)]
    if result.recognised < WEAK_SHARE * result.held_out:
        lines.append(texts("teaching-weak"))
    if result.mean_accuracy is not None and result.head_accuracy is not None:
        lines.append(texts("teaching-two-ways", mean=result.mean_accuracy, head=result.head_accuracy))
    return lines


def _nearest(texts: Texts, result: TeachResult) -> str | None:
    """Return the name that is nearest: of a taught class, else the model's own; None if there is none."""
    if result.nearest is not None:
        return plain(result.nearest)
    return None if result.nearest_label is None else shortened(result.nearest_label.name_in(texts.language))


def _to_choose(result: TeachResult) -> Sequence[Resemblance]:
    near_copies = (found for found in result.duplicates if not found.same_file)
    return (*result.contradictions, *near_copies)[:MAX_CHOICES]


def _names(
    texts: Texts, result: TeachResult, found: Resemblance, photo: Mapping[str, str | float], taught_by: int
) -> list[InlineKeyboardButton]:
    """Return the buttons that say which of two names a photo has."""
    assert result.class_id is not None, "the photo was stored"
    ours, theirs = (
        texts("teaching-it-is", name=cut(name, MAX_BUTTON_CHARS), **photo) for name in (result.name, found.class_name)
    )
    if found.other_id is None:
        return [
            _button(ours, "keep", found.photo_id, result.class_id, taught_by),
            _button(theirs, "move", found.photo_id, found.class_id, taught_by),
        ]
    # The other class has the photo already.
    return [
        _button(ours, "ours", found.other_id, result.class_id, taught_by),
        _button(theirs, "theirs", found.photo_id, found.class_id, taught_by),
        _button(texts("teaching-both", **photo), "both", found.photo_id, taught_by),
    ]


def _button(text: str, step: str, *ids: int) -> InlineKeyboardButton:
    return InlineKeyboardButton(text, callback_data=teaching_data(TEACH, step, *ids))
