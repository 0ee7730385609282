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
class AwaitedName:
    """A photo whose name is awaited.

    Attributes:
        answer_id: id of the bot's message with the answer.
        photo_id: id of the message with the photo.
        since_s: `time.monotonic()` since when the name is awaited.
    """

    answer_id: int
    photo_id: int
    since_s: float


class AwaitedNames:
    """Remembers for ten minutes, in memory, for which photo each person is asked for a name in the private chat."""

    def __init__(self) -> None:
        # By the person's id, which is also the id of the private chat; the oldest one comes first.
        self._awaited: OrderedDict[int, AwaitedName] = OrderedDict()

    def wait_for(self, person_id: int, answer_id: int, photo_id: int) -> None:
        """Wait for the name of a photo, in place of an earlier one."""
        self._awaited.pop(person_id, None)
        if len(self._awaited) >= MAX_AWAITED:
            self._awaited.popitem(last=False)
        self._awaited[person_id] = AwaitedName(answer_id, photo_id, time.monotonic())

    def take(self, person_id: int) -> AwaitedName | None:
        """Return the photo whose name a person was asked for, and wait no longer; None if there is none."""
        found = self._awaited.pop(person_id, None)
        return found if found is not None and time.monotonic() - found.since_s < WAIT_S else None
