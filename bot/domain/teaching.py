"""What people teach the bot in a chat: classes, photos, and the outcome of teaching."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.media import Media
from inference import Prediction
from inference.teaching.class_names import BLANKS

MAX_NAME_CHARS = 64
# Characters that change the direction of the text around them (Unicode Standard Annex 9).
DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class NameProblem(StrEnum):
    """Reasons to refuse the name of a class. The values are keys of texts."""

    EMPTY = "teaching-name-empty"
    TOO_LONG = "teaching-name-too-long"
    SEVERAL_LINES = "teaching-name-several-lines"
    COMMAND = "teaching-name-command"
    UNREADABLE = "teaching-name-unreadable"


class NameRefused(Exception):
    """A text cannot be the name of a class.

    Attributes:
        problem: reason.
    """

    def __init__(self, problem: NameProblem) -> None:
        super().__init__(problem)
        self.problem = problem


def clean_name(text: str) -> str:
    """Return a text as the name of a class: NFC, with single spaces, of 1 to 64 characters.

    Raises:
        NameRefused: the text is empty, too long, several lines or a command, or has control characters.
    """
    stripped = unicodedata.normalize("NFC", text).strip()
    if len(stripped.splitlines()) > 1:
        raise NameRefused(NameProblem.SEVERAL_LINES)
    name = " ".join(stripped.split())
    # Joiners (Cf) belong to emoji, and to words of some scripts. Marks that turn the direction do not.
    if any(unicodedata.category(char) in ("Cc", "Cs", "Cn", "Co") or char in DIRECTIONS for char in name):
        raise NameRefused(NameProblem.UNREADABLE)
    if not any(unicodedata.category(char)[0] in "LNSP" and char not in BLANKS for char in name):
        raise NameRefused(NameProblem.EMPTY)
    if len(name) > MAX_NAME_CHARS:
        raise NameRefused(NameProblem.TOO_LONG)
    if name.startswith("/"):
        raise NameRefused(NameProblem.COMMAND)
    return name


@dataclass(frozen=True, slots=True)
class OfferedPhoto:
    """A photo that somebody offers for a class.

    Attributes:
        sizes: sizes in which Telegram has the photo, at least one.
        giver_id: id of the person who sent the photo, whose consent counts.
        message_id: id of the message with the photo.
    """

    sizes: tuple[Media, ...]
    giver_id: int
    message_id: int


@dataclass(frozen=True, slots=True)
class TeachRequest:
    """Photos that were offered for a class, while the bot waits for a name, further photos or consents.

    Attributes:
        id: id of the request.
        chat_id: id of the chat.
        asker_id: id of the person who wants to teach.
        name: name of the class; None until it is known.
        photos: offered photos, in the order of their messages.
    """

    id: int
    chat_id: int
    asker_id: int
    name: str | None
    photos: tuple[OfferedPhoto, ...]


@dataclass(frozen=True, slots=True)
class TaughtClass:
    """A class that a chat has taught.

    Attributes:
        id: id of the class.
        name: name of the class.
        photos: number of photos.
        recognised: number of held-out photos that are recognised as this class.
        held_out: number of photos that were held out in turn; 0 if the class cannot be judged yet.
        last_used_at: time when the class was last recognised in a photo, in seconds since 1970, UTC; None for never.
        waiting: number of photos that the chat's present model has not read yet.
        lost: number of photos that the present model cannot read, as Telegram no longer serves them.
    """

    id: int
    name: str
    photos: int
    recognised: int
    held_out: int
    last_used_at: int | None
    waiting: int = 0
    lost: int = 0


@dataclass(frozen=True, slots=True)
class TaughtPhoto:
    """A photo of a taught class.

    Attributes:
        id: id of the photo.
        class_id: id of the class.
        giver_id: id of the person who gave the photo.
        file_id: Telegram's id of the file.
        message_id: id of the message with the photo.
        given_at: time when the photo was taught, in seconds since 1970, UTC.
        is_photo: whether the file can be sent as a photo; not a sticker, an image file or a frame of a video.
        lost: whether Telegram no longer serves the file.
    """

    id: int
    class_id: int
    giver_id: int
    file_id: str
    message_id: int
    given_at: int
    is_photo: bool = True
    lost: bool = False


@dataclass(frozen=True, slots=True)
class GivenPhoto:
    """A photo that a person gave, and where.

    Attributes:
        chat_id: id of the chat.
        class_name: name of the class.
        photo: photo.
    """

    chat_id: int
    class_name: str
    photo: TaughtPhoto


class PhotoProblem(StrEnum):
    """Reasons to leave a photo out. The values are keys of texts; other reasons are failures to read an image."""

    NO_CONSENT = "teaching-photo-no-consent"
    CLASS_FULL = "teaching-photo-class-full"
    NO_EMBEDDING = "teaching-photo-model-cannot-learn"


@dataclass(frozen=True, slots=True)
class RefusedPhoto:
    """An offered photo that was left out.

    Attributes:
        message_id: id of the message with the photo.
        giver_id: id of the person who sent the photo.
        reason: key of the text with the reason.
    """

    message_id: int
    giver_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Resemblance:
    """A photo that was offered now, and what it resembles.

    Attributes:
        photo_id: id of the offered photo, as it was stored.
        message_id: id of the message with the photo.
        class_id: id of the class that the photo resembles.
        class_name: name of that class.
        other_id: id of the stored photo that is the same or nearly the same; None if only the class is similar.
        same_file: whether both photos are the same file.
    """

    photo_id: int
    message_id: int
    class_id: int
    class_name: str
    other_id: int | None
    same_file: bool


@dataclass(frozen=True, slots=True)
class TeachResult:
    """The result of teaching.

    Attributes:
        class_id: id of the class; None if nothing was stored, and there is no such class.
        name: name of the class, as the chat wrote it first.
        created: whether the class is new.
        added: number of photos that were added.
        photos: number of photos of the class by now.
        recognised: number of held-out photos that are recognised as this class.
        held_out: number of photos that were held out in turn; 0 if the class cannot be judged yet.
        nearest: name of the most similar other class that was taught; None if there is none.
        nearest_label: the model's own best label of the photos; None if there is none.
        duplicates: photos that the class has already. The same file is not stored twice, and `photo_id` is then the
            photo that was stored before. A photo that is nearly the same is stored; `remove_photo` takes it back.
        contradictions: photos that were stored, but belong to another class by the file or by what they show.
            `move_photo` and `remove_photo` follow the person's choice.
        teaching_id: id for `undo`.
        refused: photos that were left out.
        mean_accuracy, head_accuracy: share of the held-out photos of all classes of the chat that the mean of the
            photos and a trained classifier tell apart, in [0, 1]; the better one is used. None if the photos are too
            few for a comparison.
    """

    class_id: int | None
    name: str
    created: bool
    added: int
    photos: int
    recognised: int
    held_out: int
    nearest: str | None
    nearest_label: Prediction | None
    duplicates: tuple[Resemblance, ...]
    contradictions: tuple[Resemblance, ...]
    teaching_id: int
    refused: tuple[RefusedPhoto, ...]
    mean_accuracy: float | None = None
    head_accuracy: float | None = None


class TeachingProblem(StrEnum):
    """Reasons to refuse a change of taught classes. The values are keys of texts."""

    TOO_MANY_CLASSES = "teaching-too-many-classes"
    NAME_TAKEN = "teaching-name-taken"
    CLASS_GONE = "teaching-class-gone"
    PHOTO_GONE = "teaching-photo-gone"
    REQUEST_GONE = "teaching-request-gone"
    CLASS_FULL = "teaching-class-full"
    TOO_LATE = "teaching-too-late-to-undo"
    NOT_YOURS = "teaching-not-your-photo"
    NOTHING_TAUGHT = "teaching-nothing-taught"
    OTHER_NETWORK = "teaching-other-network"


class TeachingRefused(Exception):
    """A change of taught classes is refused; nothing changed.

    Attributes:
        problem: reason.
        limit: the limit that is reached; None if no limit is the reason.
    """

    def __init__(self, problem: TeachingProblem, limit: int | None = None) -> None:
        super().__init__(problem)
        self.problem = problem
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Share:
    """A number of photos out of some photos."""

    count: int
    total: int


@dataclass(frozen=True, slots=True)
class Promotion:
    """The outcome of a promotion. The test: more held-out photos right, and no more unrelated photos mistaken.

    About three of ten photos are held out: no model of the chat learns from them. The answer before comes from the
    taught classes, learned from the other photos; if they recognise nothing, from the chat's model.

    Attributes:
        model: name of the new model.
        before: name of the model that answered in the chat.
        promoted: whether the new model answers in the chat now.
        right_before, right: held-out photos of the chat that each model names.
        mistaken_before, mistaken: unrelated photos that each model takes for a class of the chat.
    """

    model: str
    before: str
    promoted: bool
    right_before: Share
    right: Share
    mistaken_before: Share
    mistaken: Share


def without_repeats(photos: Sequence[OfferedPhoto]) -> tuple[OfferedPhoto, ...]:
    """Return photos in the order of their messages, each message once."""
    by_message = {photo.message_id: photo for photo in photos}
    return tuple(by_message[message_id] for message_id in sorted(by_message))
