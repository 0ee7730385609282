"""Texts for everyone, as Telegram's HTML. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import Enum
from html import escape
from typing import Literal

from bot.domain.chat_settings import MAX_TOP, MIN_TOP
from bot.domain.media import Content
from bot.views.texts import Texts
from inference import DEFAULT_MODEL, PREFERRED_MODEL, Classification, ModelSpec, Prediction, TaughtScore, errors

# Number of cells in a bar that shows progress, and in a label's bar, which must fit beside the label's name.
BAR_CELLS = 10
LABEL_BAR_CELLS = 5
# Limit on the length of a name. Ten names of this length with their bars stay well below the 4096 characters of a
# message.
MAX_NAME_CHARS = 80
# Limit on the length of a licence, which may be an expression that joins several licences.
MAX_LICENCE_CHARS = 200
# Telegram's limit on a caption, in UTF-16 code units.
MAX_CAPTION = 1024
# Limit below which labels are left out of a caption. Captions have no bars, so very unlikely labels would look like the
# others.
MIN_CAPTION_SCORE = 0.05

# Labels with a lower score are shown only if somebody asks for more labels.
MIN_SCORE = 0.01
# Labels with a lower score are never shown.
MIN_SCORE_EXPANDED = 0.0005

# Commands in the menus. The texts named menu-* describe these commands.
PRIVATE_COMMANDS = ("help", "top", "model", "label", "teach", "classes", "settings", "privacy", "deletemydata")
GROUP_COMMANDS = ("label", "teach", "classes")
GROUP_ADMIN_COMMANDS = ("label", "teach", "classes", "settings")

FAILURES: dict[type[errors.InferenceError], str] = {
    errors.NotAnImage: "failures-not-an-image",
    errors.EmptyFile: "failures-empty-file",
    errors.CameraRaw: "failures-camera-raw",
    errors.TruncatedImage: "failures-truncated-image",
    errors.TooManyPixels: "failures-too-many-pixels",
    errors.TooManyBytes: "failures-too-many-bytes",
    errors.UnexpectedImageError: "failures-unexpected-image",
    errors.ImageError: "failures-image",
    errors.AddressRefused: "failures-address-refused",
    errors.DownloadError: "failures-download",
    errors.Overloaded: "failures-overloaded",
    errors.DeadlineExceeded: "failures-deadline-exceeded",
    errors.WorkerCrashed: "failures-worker-crashed",
    errors.OutOfMemory: "failures-out-of-memory",
    errors.PoolClosed: "failures-pool-closed",
    errors.NotInCatalog: "failures-not-in-catalog",
    errors.WrongFile: "failures-wrong-file",
    errors.ModelNotFound: "failures-model-not-found",
    errors.ModelNotBuilt: "failures-model-not-built",
    errors.MissingExtra: "failures-missing-extra",
    errors.ClusterError: "failures-cluster",
    errors.ModelError: "failures-model",
    errors.InferenceError: "failures-any",
}

# Texts that say where the model of a chat was chosen.
CHOSEN = {
    "here": "commands-model-here",
    "everywhere": "commands-model-everywhere",
    "default": "commands-model-default",
}

# Names of the texts about messages that show no image that the bot gets.
PAID, STORY, OTHER_FILE, NO_FRAME = (
    "answers-paid-media",
    "answers-story",
    "answers-not-an-image-file",
    "answers-no-still",
)
NO_IMAGE = (PAID, STORY, OTHER_FILE, NO_FRAME)


class Meaning(Enum):
    """The meaning of a short text."""

    HELP = "commands-words-help"
    THANKS = "commands-words-thanks"


def meaning(said: str, languages: Iterable[Texts]) -> Meaning | None:
    """Return the meaning of a text that is one of the known phrases in one of the languages; None for other texts."""
    words = _words(said)
    for texts in languages:
        for each in Meaning:
            if words in map(_words, texts(each.value).split(", ")):
                return each
    return None


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def no_image(content: Content) -> str:
    """Return the name of the text that says why there is no image to look at."""
    if content.paid_media:
        return PAID
    if content.story:
        return STORY
    return OTHER_FILE if content.document else NO_FRAME


def labels(
    texts: Texts,
    classification: Classification,
    *,
    top_k: int,
    taught: Sequence[TaughtScore] = (),
    expanded: bool = False,
    details: bool = True,
    still: bool = False,
    preview: bool = False,
    cached: bool = False,
    spoiler: bool = False,
    instead_of: str | None = None,
) -> str:
    """Return the headline of an image, and below it the labels, best first, with scores as bars and in percent.

    Args:
        texts: texts in the chat's language.
        classification: labels of the image.
        taught: classes taught in the chat that the image shows, best first. They come before the model's labels.
        top_k: maximum number of labels.
        expanded: whether to show as many labels as fit.
        details: whether to name the model and the time that labelling took.
        still: whether the image is a frame of an animation or a video.
        preview: whether the image is the preview of a file that is too large.
        cached: whether the labels came from the cache.
        spoiler: whether to hide the labels until a reader taps them.
        instead_of: name of the chosen model if it is no longer installed; else None.
    """
    lines = []
    if still or classification.frames is not None:
        lines.append(animation(texts, classification))
    if preview:
        lines.append(texts("answers-preview"))
    found = taught_lines(texts, taught) or [headline(texts, classification)]
    if taught and classification.headline.level == "kind":
        name = capitalised(classification.headline_name(texts.language).name)
        found.append(_line(texts, name, classification.headline.probability))
    below = labels_below(classification, top_k=top_k, expanded=expanded, taught=bool(taught))
    found += [label_line(texts, each) for each in below]
    lines.append(under_spoiler("\n".join(found)) if spoiler else "\n".join(found))
    model = plain(classification.model)
    if details and cached:
        lines += ["", texts("answers-footer-seen-before", model=model)]
    elif details:
        lines += ["", texts("answers-footer", model=model, ms=round(classification.timings.total_ms))]
    if instead_of is not None:
        lines.append(texts("answers-model-gone", model=plain(instead_of)))
    return "\n".join(lines)


def under_spoiler(text: str) -> str:
    """Return HTML that a reader sees only after a tap."""
    return f"<tg-spoiler>{text}</tg-spoiler>"


def animation(texts: Texts, classification: Classification) -> str:
    """Return the line that tells which frames of an animation or a video an answer is about."""
    frames = classification.frames
    if frames is None or frames.total == 1:
        return texts("answers-still")
    if classification.headline.level == "unsure" or frames.agreeing == 0:
        return texts("answers-frames-unsure", total=frames.total)
    return texts("answers-frames", total=frames.total, agreeing=frames.agreeing)


def headline(texts: Texts, classification: Classification) -> str:
    """Return the first line of an answer. It says what the image shows, or that the model is not sure."""
    found = classification.headline
    if classification.unfamiliar:
        return texts("answers-unfamiliar")
    if found.level == "unsure":
        return texts("answers-unsure")
    name = classification.headline_name(texts.language).phrase
    return texts("answers-headline", name=shortened(capitalised(name)), score=percent(texts, found.probability))


def taught_lines(texts: Texts, taught: Sequence[TaughtScore]) -> list[str]:
    """Return a line for each taught class, the best one first."""
    return [texts("answers-taught", name=shortened(score.name), score=score.probability) for score in taught]


def labels_below(
    classification: Classification, *, top_k: int, expanded: bool, taught: bool = False
) -> tuple[Prediction, ...]:
    """Return the labels below the headline, best first. If the headline is a class, its label is not repeated.

    Args:
        classification: labels of the image.
        top_k: maximum number of labels, including the headline's own label.
        expanded: whether to show as many labels as fit.
        taught: whether the headline is a class that was taught in the chat.
    """
    count, min_score = (MAX_TOP, MIN_SCORE_EXPANDED) if expanded else (top_k, MIN_SCORE)
    level, found = classification.headline.level, classification.predictions[:count]
    if taught:
        level = "unsure"
    best = found[:1] if level == "unsure" else ()
    others = found if level == "kind" else found[1:]
    return (*best, *(other for other in others if other.score >= min_score))


def label_line(texts: Texts, prediction: Prediction) -> str:
    return _line(texts, prediction.name_in(texts.language), prediction.score)


def _line(texts: Texts, name: str, score: float) -> str:
    filled = texts.directed(bar(score, LABEL_BAR_CELLS))
    return texts("answers-label", name=shortened(name), bar=filled, score=percent(texts, score))


def percent(texts: Texts, share: float) -> str:
    """Return a share from 0 to 1 in whole percents, as HTML."""
    if 0 < share < MIN_SCORE:
        return texts("answers-score-below", score=MIN_SCORE)
    return texts("answers-score", score=round(share, 2))


def capitalised(name: str) -> str:
    """Return a name with a capital first letter, unless its first word already has capitals, like "iPhone"."""
    return name[:1].upper() + name[1:] if name.partition(" ")[0].islower() else name


def caption_with_labels(
    texts: Texts,
    caption: str,
    classification: Classification | None,
    *,
    top_k: int,
    taught: Sequence[TaughtScore] = (),
) -> str | None:
    """Return a photo's caption with labels below it, as plain text; None if no label fits.

    Args:
        texts: texts in the chat's language.
        caption: current caption, maybe empty. The offsets of its entities stay valid.
        classification: labels of the photo; None if they are not said.
        top_k: maximum number of labels.
        taught: classes taught in the chat that the photo shows, best first.
    """
    labels = [texts("groups-caption-taught", name=score.name, score=score.probability) for score in taught]
    if classification is not None:
        labels += _caption_labels(texts, classification, top_k, none_needed=bool(taught))
    above = f"{caption}\n\n" if caption else ""
    while labels and utf16_length(above + " · ".join(labels)) > MAX_CAPTION:
        labels.pop()
    return above + " · ".join(labels) if labels else None


def caption_without_labels(
    texts: Texts,
    caption: str,
    classification: Classification | None,
    *,
    top_k: int,
    taught: Sequence[TaughtScore] = (),
) -> str:
    """Return a caption without the labels that `caption_with_labels` wrote below it; the caption if it has none.

    The arguments are the same as in `caption_with_labels`.
    """
    above = caption.rpartition("\n\n")[0]
    written = caption_with_labels(texts, above, classification, top_k=top_k, taught=taught)
    return above if written == caption else caption


def _caption_labels(texts: Texts, classification: Classification, top_k: int, *, none_needed: bool) -> list[str]:
    found = classification.headline
    labels = [
        texts("groups-caption-label", name=prediction.name_in(texts.language), score=prediction.score)
        for rank, prediction in enumerate(classification.predictions[:top_k])
        if (rank == 0 and found.level != "kind" and not none_needed) or prediction.score >= MIN_CAPTION_SCORE
    ]
    if found.level == "kind":
        name = classification.headline_name(texts.language).name
        labels.insert(0, texts("groups-caption-label", name=name, score=found.probability))
    return labels


def utf16_length(text: str) -> int:
    """Return the length of a text in UTF-16 code units, as Telegram counts."""
    return len(text.encode("utf-16-le")) // 2


def failure(texts: Texts, error: errors.InferenceError) -> str:
    """Return one or two friendly sentences that explain why there are no labels."""
    return texts(failure_key(error))


def failure_key(error: errors.InferenceError) -> str:
    """Return the key of the text for an error."""
    return next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)


def top(texts: Texts, top_k: int) -> str:
    return texts("commands-top", count=top_k, min=MIN_TOP, max=MAX_TOP)


def top_refused(texts: Texts) -> str:
    return texts("commands-top-refused", min=MIN_TOP, max=MAX_TOP)


def start(texts: Texts, spec: ModelSpec) -> str:
    return texts("commands-start", knows=_knows(texts, spec))


def help_(texts: Texts, spec: ModelSpec) -> str:
    return texts("commands-help", knows=_knows(texts, spec))


def _knows(texts: Texts, spec: ModelSpec) -> str:
    """Return a text about what a model knows. Only ImageNet's models have a text about their labels."""
    if spec.name in (DEFAULT_MODEL, PREFERRED_MODEL):
        return texts("commands-knows-everyday")
    return texts("commands-knows-own", model=plain(spec.name))


def model(texts: Texts, spec: ModelSpec, chosen: Literal["here", "everywhere", "default"]) -> str:
    """Describe the model of a chat.

    Args:
        texts: texts in the chat's language.
        spec: spec of the model.
        chosen: where the model was chosen: for this chat, for all chats, or nowhere.
    """
    about, facts = texts(
        "commands-model",
        name=plain(spec.name),
        labels=spec.classes,
        version=spec.version,
        licence=shortened(spec.licence, MAX_LICENCE_CHARS),
    ).split("\n\n")
    return f"{about}\n{texts(CHOSEN[chosen])}\n\n{facts}"


def menu(texts: Texts, commands: Sequence[str]) -> list[tuple[str, str]]:
    """Return commands with their descriptions, for the menu in Telegram's apps."""
    return [(command, texts(f"menu-{command}")) for command in commands]


def shortened(name: str, max_chars: int = MAX_NAME_CHARS) -> str:
    """Return a name as HTML of bounded length."""
    return plain(cut(name, max_chars))


def cut(text: str, max_chars: int) -> str:
    """Return the beginning of a text, with an ellipsis if it is longer than a number of characters."""
    return text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"


def bar(share: float, cells: int = BAR_CELLS) -> str:
    """Return a bar for a share from 0 to 1."""
    filled = round(share * cells)
    return "▰" * filled + "▱" * (cells - filled)


def plain(text: str) -> str:
    """Escape a text for HTML."""
    return escape(text, quote=False)
