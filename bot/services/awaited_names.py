"""Names that the bot waits for: in a private chat, people type them without replying to the bot's message."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

# Seconds for which a name is awaited. Later, a text is hardly meant as one.
WAIT_S = 600.0
# Limit on the awaited names, which take about a megabyte.
MAX_AWAITED = 5_000


@dataclass(frozen=True, slots=True)
class NameOfPhoto:
    """What a photo shows.

    Attributes:
        answer_id: id of the bot's message with the answer.
        photo_id: id of the message with the photo.
    """

    answer_id: int
    photo_id: int


@dataclass(frozen=True, slots=True)
class NewNameOfClass:
    """The new name of a class that the private chat has taught."""

    class_id: int


@dataclass(frozen=True, slots=True)
class NameNeverSaid:
    """A name that is never said in a chat, whose settings are shown in the private chat."""

    chat_id: int


AwaitedName = NameOfPhoto | NewNameOfClass | NameNeverSaid


class AwaitedNames:
    """Remembers for ten minutes, in memory, which name each person is asked for in the private chat."""

    def __init__(self) -> None:
        # By the person's id, which is also the id of the private chat, with `time.monotonic()` since when the name is
        # awaited; the oldest one comes first.
        self._awaited: OrderedDict[int, tuple[AwaitedName, float]] = OrderedDict()

    def wait_for(self, person_id: int, name: AwaitedName) -> None:
        """Wait for a name, in place of an earlier one."""
        self._awaited.pop(person_id, None)
        if len(self._awaited) >= MAX_AWAITED:
            self._awaited.popitem(last=False)
        self._awaited[person_id] = name, time.monotonic()

    def take(self, person_id: int) -> AwaitedName | None:
        """Return the name that a person was asked for, and wait no longer; None if there is none."""
        name, since_s = self._awaited.pop(person_id, (None, 0.0))
        return name if time.monotonic() - since_s < WAIT_S else None
