"""Data about models and about the bot's work, for the texts in `views`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from bot.domain.corrections import LiveAccuracy
from inference import Classification, ModelSpec


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """An installed model.

    Attributes:
        name: name of the model.
        spec: description of the model; None if it cannot be read.
        size_bytes: size of the model's files.
        everywhere: whether the model is used in all chats that have no choice of their own.
        chats: number of chats that have chosen the model for themselves.
    """

    name: str
    spec: ModelSpec | None
    size_bytes: int
    everywhere: bool
    chats: int


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model that can be downloaded, with attributes of its catalogue entry."""

    name: str
    size_bytes: int
    accuracy: float | None
    measured_on: str | None = None


@dataclass(frozen=True, slots=True)
class DownloadProgress:
    """The progress of a download.

    Attributes:
        step: "downloading", "unpacking" or "compiling".
        subject: name of the file or network in this step.
        done_bytes, total_bytes: bytes of the file so far and in total; None in other steps.
    """

    step: str
    subject: str
    done_bytes: int | None
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class SwitchResult:
    """The result of a switch.

    Attributes:
        name: name of the model that is used now.
        before: name of the model that was used before.
        canary: labels of the sample photo; None if the model was already in use elsewhere.
    """

    name: str
    before: str
    canary: Classification | None


class Refusal(StrEnum):
    """Reasons to refuse an admin's command."""

    CHOSEN_ALREADY = "chosen-already"
    NOTHING_BEFORE = "nothing-before"
    IN_USE = "in-use"
    INSTALLED_ALREADY = "installed-already"
    PULL_UNDER_WAY = "pull-under-way"
    PULL_STOPPED = "pull-stopped"
    OF_A_CHAT = "of-a-chat"


class CommandRefused(Exception):
    """An admin's command is refused.

    Attributes:
        refusal: reason.
        name: name of the model concerned.
    """

    def __init__(self, refusal: Refusal, name: str) -> None:
        super().__init__(refusal, name)
        self.refusal = refusal
        self.name = name


@dataclass(frozen=True, slots=True)
class Metrics:
    """Metrics of one model, or of all models.

    Attributes:
        photos: number of photos answered with labels.
        cached: number of photos whose labels came from the cache.
        p50_ms, p95_ms: percentiles of the time from a message's arrival to its labels, for the last photos whose labels
            did not come from the cache; None if there are no such photos.
    """

    photos: int
    cached: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of the past year, across restarts.

    Attributes:
        photos: number of photos answered with labels.
        cached: number of photos whose labels came from the cache.
        failures: number of messages answered with an apology.
        left_out: number of updates that could not be read or stored.
        unknown_fate: number of sends for which nobody knows whether the message arrived, so that the message may be in
            the chat twice.
    """

    photos: int
    cached: int
    failures: int
    left_out: int = 0
    unknown_fate: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """The status of the running bot.

    Attributes:
        uptime_s: seconds since the start.
        total: metrics of all models since the start.
        totals: counts of the past year.
        by_model: metrics by model name; the busiest model comes first.
        photos_per_minute: photos answered in the last minute.
        pending: photos that wait or are being classified.
        messages_waiting: messages that wait for Telegram's limits.
        messages_given_up: messages and other calls that were given up since the start, because Telegram did not accept
            them in time.
        workers_ready: number of worker processes that are ready.
        workers: number of worker processes that are wanted.
        memory_bytes: memory of the bot and its workers, with shared pages counted once.
        live: what people say about the bot's answers.
        retention_days: number of days for which that is kept.
    """

    uptime_s: float
    total: Metrics
    totals: Totals
    by_model: Mapping[str, Metrics]
    photos_per_minute: int
    pending: int
    messages_waiting: int
    messages_given_up: int
    workers_ready: int
    workers: int
    memory_bytes: int
    live: LiveAccuracy
    retention_days: int
