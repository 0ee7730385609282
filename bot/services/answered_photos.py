"""Makes the photos of answers: labels, or the reason why there are none."""

from __future__ import annotations

import structlog
from telegram import Message

from bot.domain.answers import AnsweredPhoto
from bot.domain.media import Content, is_under_spoiler
from bot.services.image_fetching import FileUnavailable
from bot.services.labelling import Labeller, Result
from bot.views import replies
from inference import errors

log = structlog.get_logger()


def answered_photo(message: Message, result: Result, shown: Content | None = None, *, own: bool) -> AnsweredPhoto:
    """Return the photo of an answer with its labels.

    Args:
        message: message with the photo, or the message that asks about it.
        result: labels of the photo.
        shown: what shows the photo, if the message does not.
        own: whether the person who asked sent the photo, too.
    """
    spoiler = is_under_spoiler(message if shown is None else shown)
    return result.of(message.message_id, own=own, spoiler=spoiler)


async def look_at(labeller: Labeller, message: Message, *, silently: bool) -> AnsweredPhoto:
    """Classify the image of a message; the photo has the reason if there are no labels.

    Args:
        labeller: labels images.
        message: message with a photo, file, sticker, animation or video.
        silently: True to show no "typing" in the chat.
    """
    try:
        result = await labeller.classify_message(message, silently=silently)
    except errors.InferenceError as error:
        log.info("not labelled", error=type(error).__name__)
        failure = replies.failure_key(error)
    except FileUnavailable as error:
        log.warning("file unavailable", reason=str(error))
        failure = "answers-file-unavailable"
    else:
        if result is not None:
            return answered_photo(message, result, own=True)
        failure = replies.no_image(message)
    return AnsweredPhoto(message.message_id, (), None, failure, spoiler=is_under_spoiler(message))
