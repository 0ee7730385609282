"""The files of the latest messages, and the memory that they take."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message, PhotoSize

from bot.transport import seen_media
from bot.transport.seen_media import MAX_MESSAGES, SeenMedia

SENT_AT = datetime(2026, 1, 1, tzinfo=UTC)
SIZES = 4


def photo(message_id: int) -> Message:
    sizes = [PhotoSize(f"id-{size}", f"AQAD{message_id:08}-{size}", 90, 90) for size in range(SIZES)]
    return Message(message_id, date=SENT_AT, chat=Chat(100_000_000, "private"), photo=sizes)


def test_files_are_known_of_the_latest_messages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_media, "MAX_MESSAGES", 2)
    seen = SeenMedia()
    for number in range(3):
        seen.note(photo(number))
    assert seen.before(photo(0)) is None
    assert seen.before(photo(2)) == frozenset(size.file_unique_id for size in photo(2).photo)


def test_ten_thousand_messages_take_about_three_megabytes() -> None:
    messages = [photo(number) for number in range(500)]
    seen = SeenMedia()
    tracemalloc.start()
    try:
        for message in messages:
            seen.note(message)
        kept_bytes, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept_bytes / len(messages) * MAX_MESSAGES < 4e6
