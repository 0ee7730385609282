"""Idempotency records: each message that answers an update is sent once, even if the program crashes.

    handler -> Outbox -> FloodControl: waits for a slot, stores the record -> Telegram -> Outbox: completes the record

A record is stored right before its message leaves, and completed with Telegram's id of the message a few milliseconds
after Telegram told the id, in one transaction with the answer and the end of its update. After a crash the
handler runs again. A message with a completed record is not sent again. A record without an id means that the program
ended between sending and completing: that message is sent again. Duplicates can arise only in this way.

A message is identified by its name, so a handler may send its messages in another order when it runs again.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import IntEnum
from functools import partial
from math import inf

import structlog

from bot.storage.durable import until_stored
from bot.storage.sends import Claim, Sends

log = structlog.get_logger()

# Id in the record of a message that was sent, although Telegram did not tell the message's id.
UNKNOWN_ID = 0


class MessageName(IntEnum):
    """The messages that answer an update.

    The values are stored as ordinals of the table `sends`. They never change, so an update that was in flight during an
    upgrade is also answered only once.
    """

    ANSWER = 0
    """The reply to the update: labels, the result of a command, or the reason why there is none."""

    APOLOGY = 1
    """The apology for an error after the answer; before the answer, an apology is the answer."""

    QUOTA_NOTICE = 2
    """The notice that a person or group asks too much."""

    PHOTOS = 10
    """Taught photos that are shown above the answer: an album, or single photos with an index from 0."""

    CONSENT_QUESTION = 100
    """The question to the sender of a photo that somebody else teaches. Its index is the sender's rank, from 0."""

    DEAD_LETTER_APOLOGY = 1_000
    """The apology for a dead letter. Attempts before it used only numbers far below."""

    DEAD_LETTER_NEWS = 1_001
    """The news of a dead letter to an admin. Its index is the admin's rank by id, from 0."""


class MessageRecord:
    """The idempotency record of one message. `UpdateRecords.of` makes one.

    `FloodControl` gets it as the call's `rate_limit_args`.

    Attributes:
        chat_id: chat to send to.
        earlier: record of the message from an earlier run of the program; None if there is none.
        may_be_sent: whether this run may have sent the message.
        others: records of the same message for other updates, if it also answers those updates.
    """

    def __init__(self, update: UpdateRecords, sends: Sends, ordinal: int, chat_id: int, earlier: Claim | None) -> None:
        self.chat_id = chat_id
        self.earlier = earlier
        self.may_be_sent = False
        self.others: Sequence[MessageRecord] = ()
        self._update = update
        self._sends = sends
        self._update_id = update.update_id
        self._ordinal = ordinal

    def patience_s(self) -> float:
        """Return the seconds for which the message may still wait for Telegram."""
        return self._update.give_up_at_s - time.time()

    def count_unknown_fate(self) -> None:
        """Count a send whose outcome is unknown: the message may have arrived or not."""
        self._update.on_unknown_fate()

    def count_given_up(self) -> None:
        """Count the message as given up."""
        self._update.on_given_up()

    async def mark_sending(self) -> None:
        """Store that the message is about to be sent; further calls do nothing."""
        if not self.may_be_sent:
            self.may_be_sent = True
            if self.earlier is not None:
                # An earlier run ended while it sent the message. This is counted here, and not earlier: a run that only
                # waits until it may send the message may end as well.
                log.warning("sent again, maybe twice", update_id=self._update_id, ordinal=self._ordinal)
                self.count_unknown_fate()
            await until_stored(partial(self._sends.claim, self._update_id, self._ordinal, chat_id=self.chat_id))
            for other in self.others:
                await other.mark_sending()

    def complete(self, chat_id: int, message_id: int) -> None:
        """Start to store that the message was sent, and its id, in one transaction with what the update does next."""
        assert self.may_be_sent, "the flood control calls mark_sending before each message"
        self._sends.confirm(self._update_id, self._ordinal, chat_id=chat_id, message_id=message_id)
        for other in self.others:
            other.complete(chat_id, message_id)


class UpdateRecords:
    """The idempotency records of the messages that answer one update.

    Args:
        sends: table of the records.
        update_id: Telegram's id of the update.
        earlier: records from earlier runs of the program, by ordinal.
        give_up_at_s: time, in seconds since 1970, at which messages that Telegram has not accepted are given up.
        on_unknown_fate: function that is called for each send whose outcome is unknown.
        on_given_up: function that is called for each message that is given up.

    Attributes:
        answered: whether the handler in this run is past the sending of its answer. An earlier run may have sent it.
        turn: function that waits until a message of the update may leave, given the ids of the other updates that the
            message answers; None if messages need not leave in the order of the updates.
    """

    turn: Callable[[Collection[int]], Awaitable[None]] | None = None

    def __init__(
        self,
        sends: Sends,
        update_id: int,
        earlier: Mapping[int, Claim] | None = None,
        *,
        give_up_at_s: float = inf,
        on_unknown_fate: Callable[[], None] = lambda: None,
        on_given_up: Callable[[], None] = lambda: None,
    ) -> None:
        self.answered = False
        self.update_id = update_id
        self.give_up_at_s = give_up_at_s
        self.on_unknown_fate = on_unknown_fate
        self.on_given_up = on_given_up
        self._sends = sends
        self._earlier = earlier or {}
        self._in_flight: set[MessageRecord] = set()

    @property
    def sending(self) -> bool:
        """Whether a message is on its way to Telegram, so that a crash now may lead to a duplicate."""
        return any(record.may_be_sent for record in self._in_flight)

    def was_sent(self, name: MessageName) -> bool:
        """Return whether an earlier run of the program sent a message."""
        earlier = self._earlier.get(name)
        return earlier is not None and earlier.message_id is not None

    def is_claimed(self, name: MessageName) -> bool:
        """Return whether an earlier run of the program sent a message or may have sent it."""
        return name in self._earlier

    @contextmanager
    def of(self, name: MessageName, index: int, chat_id: int) -> Iterator[MessageRecord]:
        """Make the record of a message that is sent within the block.

        Args:
            name: name of the message.
            index: number of the message among the messages with the same name, from 0.
            chat_id: chat to send to.
        """
        ordinal = name + index
        record = MessageRecord(self, self._sends, ordinal, chat_id, self._earlier.get(ordinal))
        self._in_flight.add(record)
        try:
            yield record
        finally:
            self._in_flight.remove(record)
        self.answered |= name is MessageName.ANSWER
