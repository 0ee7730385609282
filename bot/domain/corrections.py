"""Corrections: what people say about the bot's answers, and the live accuracy that follows from it.

A vote says whether what an answer names first is right. A photo counts once for each model: if the person who asked for
the answer has voted, that vote counts; otherwise the photo counts if all voters agree, and is disputed if they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal, TypeAlias

from bot.domain.answers import Answer, AnsweredPhoto
from inference import class_key, covers, kind_key

Certainty: TypeAlias = Literal["sure", "unsure", "taught"]

# Quantile of the standard normal distribution for intervals of 95 %.
Z_95 = 1.959964
# Number of photos from which a share is told. With fewer, the interval is wider than 40 points.
MIN_PHOTOS = 20


@dataclass(frozen=True, slots=True)
class Correction:
    """The vote of one person on what a model says about one photo. A later vote replaces it.

    Attributes:
        chat_id: id of the chat.
        photo_id: id of the message with the photo.
        model, version: model that labelled the photo.
        voter_id: id of the person who voted.
        asker_id: id of the person who asked for the answer; None for a channel or an anonymous admin.
        certainty: "sure" for a class or kind that the model was sure of, "unsure" for its best guess, "taught" for a
            class that was taught in the chat.
        said: key of what the answer names first, as in `inference.Blocklist`; None for a taught class.
        is_right: whether that is right.
        label: key of the class or kind that is right instead, or of the guess that is right; None if it was not named,
            or if no model knows it.
    """

    chat_id: int
    photo_id: int
    model: str
    version: str
    voter_id: int
    asker_id: int | None
    certainty: Certainty
    said: str | None
    is_right: bool
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """The votes on a photo so far.

    Attributes:
        right, wrong: number of people who say so.
        label: key of the class or kind that is right, if the asker named one, or all who named one agree.
    """

    right: int = 0
    wrong: int = 0
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """Photos on which people voted, for one version of a model.

    Attributes:
        model, version: version of a model.
        certainty: how sure the answers were.
        right, wrong: number of photos whose answer is right or wrong.
        disputed: number of photos that do not count, because voters disagree.
    """

    model: str
    version: str
    certainty: Certainty
    right: int
    wrong: int
    disputed: int

    @property
    def photos(self) -> int:
        """Number of photos that count."""
        return self.right + self.wrong

    @property
    def share(self) -> float | None:
        """Share of right answers, in [0, 1]; None if there are too few photos to tell."""
        return self.right / self.photos if self.photos >= MIN_PHOTOS else None

    @property
    def interval(self) -> tuple[float, float]:
        """Interval of 95 % for the share."""
        return wilson_interval(self.right, self.photos)


@dataclass(frozen=True, slots=True)
class Confusion:
    """A correction that was made for several photos.

    Attributes:
        model: name of the model.
        said, label: keys of what it said, and of what is right.
        photos: number of photos.
    """

    model: str
    said: str
    label: str
    photos: int


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """The votes of people on the bot's answers, and their corrections.

    Attributes:
        tallies: photos by version of a model and certainty; models with the most photos come first.
        confusions: the most frequent corrections, the most frequent one first.
    """

    tallies: tuple[Tally, ...] = ()
    confusions: tuple[Confusion, ...] = ()


def wilson_interval(right: int, total: int) -> tuple[float, float]:
    """Return the score interval of 95 % for a share.

    It keeps its coverage for few trials and shares near 0 and 1, unlike the normal approximation: E. B. Wilson,
    "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), and Brown, Cai and DasGupta,
    "Interval estimation for a binomial proportion", Statistical Science 16 (2001).

    Args:
        right: number of successes.
        total: number of trials, at least 1.
    """
    share, z2 = right / total, Z_95**2
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half_width = Z_95 / (1 + z2 / total) * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    # Rounding errors must not leave the share outside of its interval.
    return max(0.0, min(share, centre - half_width)), min(1.0, max(share, centre + half_width))


def said_first(photo: AnsweredPhoto) -> tuple[Certainty, str | None]:
    """Return how sure the answer to a photo is, and the key of what it names first; None for a taught class."""
    assert photo.classification is not None, "only photos with labels are judged"
    if photo.taught:
        return "taught", None
    headline = photo.classification.headline
    if headline.level == "kind":
        return "sure", kind_key(headline.key)
    return ("sure" if headline.level == "class" else "unsure"), class_key(headline.key)


def correction(
    answer: Answer, photo: AnsweredPhoto, voter_id: int, *, is_right: bool, label: str | None = None
) -> Correction:
    """Make a person's vote on the answer to a photo.

    Args:
        answer: answer about the photo.
        photo: photo with the labels that the chat may see.
        voter_id: id of the person.
        is_right: whether what the answer names first is right; a label that it covers makes it right.
        label: key of the class or kind that the person named; None if none was named.
    """
    found = photo.classification
    assert found is not None, "only photos with labels are judged"
    certainty, said = said_first(photo)
    return Correction(
        answer.chat_id,
        photo.message_id,
        found.model,
        found.version,
        voter_id,
        answer.asker_id,
        certainty,
        said,
        is_right or (said is not None and label is not None and covers(said, label)),
        label,
    )


def standings_of(photos: Sequence[AnsweredPhoto], votes: Iterable[Correction]) -> Mapping[int, Standing]:
    """Return the standing of each photo of an answer, by the id of its message. Votes on other models do not count."""
    votes = tuple(votes)
    return {
        photo.message_id: standing_of(
            vote for vote in votes if (vote.photo_id, vote.model) == (photo.message_id, photo.classification.model)
        )
        for photo in photos
        if photo.classification is not None
    }


def standing_of(votes: Iterable[Correction]) -> Standing:
    """Return the standing of a photo. `votes` are the votes on one photo and model."""
    votes = tuple(votes)
    asker = next((vote for vote in votes if vote.voter_id == vote.asker_id), None)
    named = {vote.label for vote in votes if vote.label is not None} if asker is None else {asker.label}
    right = sum(vote.is_right for vote in votes)
    return Standing(right, len(votes) - right, named.pop() if len(named) == 1 else None)
