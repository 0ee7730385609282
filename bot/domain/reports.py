"""Facts about models and about what the bot did, for `replies` to put into words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from inference import Classification, ModelSpec


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model in the store.

    Attributes:
        name: of the model.
        spec: None where it cannot be read.
        size_bytes: of its files.
        everywhere: whether it answers wherever no other was chosen.
        chats: number of chats that have it for themselves.
    """

    name: str
    spec: ModelSpec | None
    size_bytes: int
    everywhere: bool
    chats: int


@dataclass(frozen=True, slots=True)
class PublishedModel:
    """A model that can be pulled; the attributes are those of the catalogue's entry."""

    name: str
    size_bytes: int
    accuracy: float | None


@dataclass(frozen=True, slots=True)
class PullProgress:
    """How far a pull is.

    Attributes:
        step: what is being done: "downloading", "unpacking" or "compiling".
        subject: the file or the network that it is done to.
        done_bytes, total_bytes: of the file that is being downloaded; None in other steps.
    """

    step: str
    subject: str
    done_bytes: int | None
    total_bytes: int | None


@dataclass(frozen=True, slots=True)
class Switched:
    """What a switch did.

    Attributes:
        name: of the model that answers now.
        before: of the one that answered until now.
        canary: labels that the new model gave to the sample photo; None if it was in use elsewhere already.
    """

    name: str
    before: str
    canary: Classification | None


class Refusal(StrEnum):
    """Why what an admin asked for is not done."""

    CHOSEN_ALREADY = "chosen-already"
    NOTHING_BEFORE = "nothing-before"
    NOTHING_CHOSEN = "nothing-chosen"
    IN_USE = "in-use"
    INSTALLED_ALREADY = "installed-already"
    PULL_UNDER_WAY = "pull-under-way"
    PULL_STOPPED = "pull-stopped"


class Refused(Exception):
    """What an admin asked for is not done.

    Attributes:
        refusal: why.
        name: of the model that keeps it from being done, or would be changed.
    """

    def __init__(self, refusal: Refusal, name: str) -> None:
        super().__init__(refusal, name)
        self.refusal = refusal
        self.name = name


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one model, or of all.

    Attributes:
        photos: number of those answered with labels.
        cached: number of them whose labels came from the cache.
        p50_ms, p95_ms: from the message's arrival until its labels were known, for the last photos that were not seen
            before; None without any.
    """

    photos: int
    cached: int
    p50_ms: float | None
    p95_ms: float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What was counted within a year, also before the program was started last.

    Attributes:
        photos: number of those answered with labels.
        cached: number of them whose labels came from the cache.
        failures: messages answered with an apology.
        left_out: updates that could not be read or stored.
    """

    photos: int
    cached: int
    failures: int
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """What the bot did and does.

    Attributes:
        uptime_s: since it was started.
        total: of all models, since then.
        remembered: also from before.
        by_model: by name, the busiest first.
        photos_per_minute: answered within the last minute.
        pending: photos that wait or are looked at.
        messages_waiting: that Telegram does not take yet.
        messages_given_up: since the bot was started, and other calls, as Telegram would not take them for too long.
        workers_ready: processes that label.
        workers: how many there should be.
        memory_bytes: of them and the bot, where pages that several share count once in all.
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
