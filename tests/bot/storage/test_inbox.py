"""Updates that were received, and the messages that answered them."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import SQLAlchemyError

from bot.storage.engine import is_permanent
from bot.storage.inbox import ReceivedUpdate
from bot.storage.sends import Claim
from bot.storage.storage import Storage


def received(update_id: int) -> ReceivedUpdate:
    return ReceivedUpdate(update_id, 5, {"update_id": update_id, "message": {"text": "naïve 'quotes' 🐼"}})


async def test_each_update_is_new_once(storage: Storage) -> None:
    assert await storage.inbox.add([received(2**40), received(3)]) == {2**40, 3}
    assert await storage.inbox.add([received(3), received(4), received(4)]) == {4}
    assert await storage.inbox.add([]) == frozenset()


async def test_updates_are_stored_together_or_not_at_all(storage: Storage) -> None:
    with pytest.raises(SQLAlchemyError) as refused:
        await storage.inbox.add([received(1), received(10**30), received(2)])
    assert is_permanent(refused.value)
    assert await storage.inbox.add([received(1), received(2)]) == {1, 2}


async def test_what_is_not_done_comes_back_whole_and_in_order(storage: Storage) -> None:
    await storage.inbox.add([received(2), received(3), received(1)])
    await storage.inbox.mark_done(2)
    unfinished = await storage.inbox.unfinished(limit=9)
    assert [row.update_id for row in unfinished] == [1, 3]
    assert unfinished[0].body == received(1).body
    assert await storage.inbox.add([received(2)]) == frozenset(), "what is done is still known"


async def test_what_is_not_done_is_read_in_pages_and_by_ids(storage: Storage) -> None:
    await storage.inbox.add([received(update_id) for update_id in range(1, 8)])
    await storage.inbox.mark_done(2)
    first = await storage.inbox.unfinished(limit=3)
    second = await storage.inbox.unfinished(after=first[-1], limit=9)
    assert [[row.update_id for row in rows] for rows in (first, second)] == [[1, 3, 4], [5, 6, 7]]
    assert await storage.inbox.unfinished(after=second[-1], limit=9) == []
    assert await storage.inbox.unfinished_of([5, 2, 3, 99]) == [second[0], first[1]]


async def test_attempts_are_counted(storage: Storage) -> None:
    await storage.inbox.add([received(1), received(2)])
    await storage.inbox.count_attempts([1, 2])
    await storage.inbox.count_attempts([])
    assert [row.attempts for row in await storage.inbox.unfinished(limit=9)] == [2, 2]
    await storage.inbox.uncount_attempts([1, 2])
    await storage.inbox.uncount_attempts([])
    assert [row.attempts for row in await storage.inbox.unfinished(limit=9)] == [1, 1]


async def test_claims_of_what_is_not_done_are_known(storage: Storage) -> None:
    await storage.inbox.add([received(1), received(2)])
    for update_id in (1, 2):
        await storage.sends.claim(update_id, 0, chat_id=5)
        await storage.sends.claim(update_id, 1, chat_id=5)
        storage.sends.confirm(update_id, 0, chat_id=-100, message_id=77)
        await storage.sends.claim(update_id, 1, chat_id=5)
    assert await storage.sends.of_updates([1, 3]) == {1: {0: Claim(-100, 77), 1: Claim(5, None)}}
