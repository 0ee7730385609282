"""The files of the latest messages. They tell whether an edit changed the photo of a message, or only its caption."""

from __future__ import annotations

from collections import OrderedDict

from telegram import Message

from bot.domain.media import find_media

# Limit on the number of messages, which take about three megabytes. An edit of an older message is compared with the
# answers in the database only.
MAX_MESSAGES = 10_000


class SeenMedia:
    """The files of the messages that were handled last, in memory."""

    def __init__(self) -> None:
        # Ids in one text, which takes a quarter of the memory of a set. No id has a space.
        self._files: OrderedDict[tuple[int, int], str] = OrderedDict()

    def note(self, message: Message) -> None:
        """Note the files of a message that was handled."""
        key = message.chat_id, message.message_id
        self._files[key] = " ".join(size.file_unique_id for size in find_media(message))
        self._files.move_to_end(key)
        if len(self._files) > MAX_MESSAGES:
            self._files.popitem(last=False)

    def before(self, message: Message) -> frozenset[str] | None:
        """Return the unique ids of the files that a message had before its edit; None if they are not known."""
        files = self._files.get((message.chat_id, message.message_id))
        return None if files is None else frozenset(files.split())
