"""Every text that a user sees, as Telegram's HTML. Pure functions: what happened goes in, a text comes out."""

from __future__ import annotations

from html import escape

from inference import Classification, ModelSpec, Prediction, errors

MIN_TOP = 1
MAX_TOP = 10
DEFAULT_TOP = 5

BAR_CELLS = 10
# Ten names of this length, with their bars, stay far below the 4096 characters of a message.
MAX_NAME_CHARS = 80

HELP = (
    "<b>Send me a photo</b>, an image as a file, a sticker, or the address of an image. "
    "Of a GIF or a video I look at one still.\n\n"
    "/top 3: show three labels (1 to 10)\n"
    "/model: which model answers here\n"
    "/label: in reply to a photo, look at it\n"
    "/privacy: what I keep, and what I don't\n\n"
    "In a group I only answer <code>/label</code> in reply to a photo, and photos whose caption mentions me."
)

PRIVACY = (
    "<b>I keep no images.</b> A photo is in this computer's memory while I look at it, and nowhere afterwards.\n\n"
    "What I do keep:\n"
    "• the number of this chat, once you set /top here, with that setting;\n"
    "• Telegram's id of each file that I labelled, with its labels, for 30 days, "
    "so that the same photo is answered at once. Nothing there says who sent it;\n"
    "• the numbers of chats that the people who run me gave a model of their own, and of people and chats that they "
    "banned.\n\n"
    "I store no names, no messages and no captions."
)

LABEL_NEEDS_A_PHOTO = "Reply to a photo with /label, and I'll tell you what I see in it."
SEND_A_PHOTO = "Send me a photo, and I'll tell you what I see in it. /help shows what else I can look at."
NOT_AN_IMAGE_FILE = "That file isn't an image that I can look at. Send me a photo, or an image as a file."
NO_STILL = "There is no still of this that I could look at. Send me a photo of it."
FILE_UNAVAILABLE = "Telegram didn't hand me that file. Could you send it again?"
UNKNOWN_COMMAND = "I don't know that command. /help shows those I do."

# What each button of the command menu says: (command, description).
PRIVATE_COMMANDS = (
    ("help", "What I can do"),
    ("top", "How many labels to show: /top 3"),
    ("model", "Which model answers here"),
    ("label", "Reply to a photo: look at it"),
    ("privacy", "What I keep, and what I don't"),
)
GROUP_COMMANDS = (("label", "Reply to a photo: say what is in it"),)

FAILURES: dict[type[errors.InferenceError], str] = {
    errors.NotAnImage: "I couldn't read that as an image. JPEG, PNG, WebP, GIF, HEIC, AVIF, BMP and TIFF all work.",
    errors.TruncatedImage: "That image is damaged, or a part of it is missing. Could you send it again?",
    errors.TooManyPixels: "That image has more pixels than I can look at. A smaller copy of it will work.",
    errors.TooManyBytes: "That file is too large for me: I can fetch up to 20 MB. A smaller copy of it will work.",
    errors.ImageError: "I couldn't look at that image. Could you try another one?",
    errors.AddressRefused: "I only look at public addresses that start with http:// or https://.",
    errors.DownloadError: "I couldn't fetch an image from that address. Could you send me the photo itself?",
    errors.Overloaded: "So many photos are waiting that I can't take another one. Please try again in a minute.",
    errors.DeadlineExceeded: "That one took me too long, so I gave up. Please try again, or send a smaller copy.",
    errors.WorkerCrashed: "Something broke while I looked at that image. Could you try another copy of it?",
    errors.PoolClosed: "I'm about to restart, so I couldn't look at that. Please send it again in a minute.",
    errors.NotInCatalog: "I know no published model of that name.",
    errors.WrongFile: "What came from there is not the file that was published. The people who run me can fix that.",
    errors.ModelNotFound: "The model that should answer here is not installed. The people who run me can fix that.",
    errors.ModelError: "The model that should answer here does not work. The people who run me can fix that.",
    errors.InferenceError: "I couldn't look at that. Please try again.",
}


def labels(
    classification: Classification,
    *,
    top_k: int,
    still: bool = False,
    seen_before: bool = False,
    instead_of: str | None = None,
) -> str:
    """Say what is in an image: a line a label, best first, with its score as a bar and in percent.

    Args:
        classification: what is in it.
        top_k: number of labels at most.
        still: whether it is one frame of something that moves.
        seen_before: whether the labels were remembered.
        instead_of: the name of the model that should have answered and is gone.
    """
    lines = []
    if still:
        lines.append("It moves, so I looked at one still.")
    if not classification.confident:
        lines.append("Not sure. Best guesses:")
    for rank, prediction in enumerate(classification.predictions[:top_k]):
        lines.append(_label_line(prediction, best=rank == 0))
    footer = f"{plain(classification.model)} · {classification.timings.total_ms:.0f} ms"
    lines += ["", f"<i>{footer}{' · seen before' if seen_before else ''}</i>"]
    if instead_of is not None:
        lines.append(f"<i>{plain(instead_of)} should answer here, but it is gone.</i>")
    return "\n".join(lines)


def failure(error: errors.InferenceError) -> str:
    """Say kindly why there are no labels, in one sentence or two."""
    return next(FAILURES[kind] for kind in type(error).__mro__ if kind in FAILURES)


def unexpected(reference: str) -> str:
    return f"Sorry, something went wrong on my side. Please try again. (Reference: {reference})"


def top(top_k: int) -> str:
    return f"I show {_labels_count(top_k)}. Change it with a number from {MIN_TOP} to {MAX_TOP}: <code>/top 3</code>"


def top_set(top_k: int) -> str:
    return f"From now on I show {_labels_count(top_k)} here."


def top_refused() -> str:
    return f"Please give me a number from {MIN_TOP} to {MAX_TOP}, like this: <code>/top 3</code>"


def model(spec: ModelSpec) -> str:
    return (
        f"<b>{plain(spec.name)}</b> answers here. "
        f"It knows {spec.classes} labels and looks at images in {spec.width} x {spec.height} pixels.\n\n"
        f"<i>version {spec.version} · licence {plain(spec.licence)}</i>"
    )


def _label_line(prediction: Prediction, *, best: bool) -> str:
    name = prediction.name if len(prediction.name) <= MAX_NAME_CHARS else f"{prediction.name[: MAX_NAME_CHARS - 1]}…"
    name = plain(name)
    return f"<code>{bar(prediction.score)} {prediction.score:6.1%}</code> {f'<b>{name}</b>' if best else name}"


def _labels_count(top_k: int) -> str:
    return "the best label" if top_k == 1 else f"the {top_k} best labels"


def bar(share: float) -> str:
    """Draw a share, from 0 to 1."""
    filled = round(share * BAR_CELLS)
    return "▰" * filled + "▱" * (BAR_CELLS - filled)


def plain(text: str) -> str:
    """Write a text of any origin as HTML."""
    return escape(text, quote=False)
