"""Answers to people, as Telegram's HTML. Pure functions: what happened goes in, a text comes out."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bot.domain.chat_settings import MAX_TOP, MIN_TOP
from bot.views.texts import Texts
from inference import DEFAULT_MODEL, Classification, ModelSpec, errors

BAR_CELLS = 10
# Ten names of this length, with their bars, stay far below the 4096 characters of a message.
MAX_NAME_CHARS = 80
# Of expressions that join several.
MAX_LICENCE_CHARS = 200
# In UTF-16 code units.
MAX_CAPTION = 1024
# Without bars, labels that are next to impossible would look like the others.
MIN_CAPTION_SCORE = 0.05

# What would be shown as 0.0 % says nothing: the model never thought of it.
MIN_SCORE = 0.0005

# What the menus show; the texts of the subject "menu" describe them.
PRIVATE_COMMANDS = ("help", "top", "model", "label", "settings", "privacy", "deletemydata")
GROUP_COMMANDS = ("label", "settings")

FAILURES: dict[type[errors.InferenceError], str] = {
    errors.NotAnImage: "failures-not-an-image",
    errors.EmptyFile: "failures-empty-file",
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
    errors.ModelError: "failures-model",
    errors.InferenceError: "failures-any",
}


def labels(
    texts: Texts,
    classification: Classification,
    *,
    top_k: int,
    still: bool = False,
    preview: bool = False,
    cached: bool = False,
    instead_of: str | None = None,
) -> str:
    """Say what is in an image: a line a label, best first, with its score as a bar and in percent.

    Args:
        texts: of the chat's language.
        classification: what is in it.
        top_k: number of labels at most.
        still: whether it is one frame of something that moves.
        preview: whether it is a small copy of a file that is too large.
        cached: whether the labels came from the cache.
        instead_of: the name of the model that should have answered and is gone.
    """
    lines = []
    if still:
        lines.append(texts("answers-still"))
    if preview:
        lines.append(texts("answers-preview"))
    if not classification.confident:
        lines.append(texts("answers-unsure"))
    widest = len(texts("answers-score", score=1.0))
    best, *others = classification.predictions[:top_k]
    for rank, prediction in enumerate([best, *(other for other in others if other.score >= MIN_SCORE)]):
        score = texts("answers-score", score=prediction.score).rjust(widest)
        name = shortened(prediction.name)
        lines.append(f"<code>{bar(prediction.score)} {score}</code> {name if rank else f'<b>{name}</b>'}")
    model = plain(classification.model)
    if cached:
        footer = texts("answers-footer-seen-before", model=model)
    else:
        footer = texts("answers-footer", model=model, ms=classification.timings.total_ms)
    lines += ["", footer]
    if instead_of is not None:
        lines.append(texts("answers-model-gone", model=plain(instead_of)))
    return "\n".join(lines)


def caption_with_labels(texts: Texts, caption: str, classification: Classification, *, top_k: int) -> str | None:
    """Write labels under what stands under a photo, as plain text; None where there is no room for any.

    Args:
        texts: of the chat's language.
        caption: as it is, maybe empty; what marks it has stay in place.
        classification: what is in the photo.
        top_k: number of labels at most.
    """
    labels = [
        texts("groups-caption-label", name=prediction.name, score=prediction.score)
        for rank, prediction in enumerate(classification.predictions[:top_k])
        if rank == 0 or prediction.score >= MIN_CAPTION_SCORE
    ]
    above = f"{caption}\n\n" if caption else ""
    while labels and utf16_length(above + " · ".join(labels)) > MAX_CAPTION:
        labels.pop()
    return above + " · ".join(labels) if labels else None


def utf16_length(text: str) -> int:
    """Count a text as Telegram does."""
    return len(text.encode("utf-16-le")) // 2


def failure(texts: Texts, error: errors.InferenceError) -> str:
    """Say kindly why there are no labels, in one sentence or two."""
    return texts(failure_key(error))


def failure_key(error: errors.InferenceError) -> str:
    """Find the text that says why there are no labels."""
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
    """What may be asked of a model; only of the default one is it known beforehand what its labels are about."""
    if spec.name == DEFAULT_MODEL:
        return texts("commands-knows-everyday")
    return texts("commands-knows-own", model=plain(spec.name))


def model(texts: Texts, spec: ModelSpec) -> str:
    return texts(
        "commands-model",
        name=plain(spec.name),
        labels=spec.classes,
        version=spec.version,
        licence=shortened(spec.licence, MAX_LICENCE_CHARS),
    )


def menu(texts: Texts, commands: Sequence[str]) -> list[tuple[str, str]]:
    """Describe commands, for the menu that Telegram's apps show."""
    return [(command, texts(f"menu-{command}")) for command in commands]


def shortened(name: str, max_chars: int = MAX_NAME_CHARS) -> str:
    """Write a name of any origin as HTML, of bounded length: a text takes no more than 2,500 characters of HTML."""
    return plain(name if len(name) <= max_chars else f"{name[: max_chars - 1]}…")


def bar(share: float) -> str:
    """Draw a share, from 0 to 1."""
    filled = round(share * BAR_CELLS)
    return "▰" * filled + "▱" * (BAR_CELLS - filled)


def plain(text: str) -> str:
    """Write a text of any origin as HTML."""
    return escape(text, quote=False)
