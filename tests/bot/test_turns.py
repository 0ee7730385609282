"""Fairness between chats before the pool."""

from __future__ import annotations

import asyncio

from bot.turns import ChatTurns


class Work:
    """Counts what is in hand."""

    def __init__(self, turns: ChatTurns) -> None:
        self.turns = turns
        self.in_hand = 0
        self.most_in_hand = 0
        self.release = asyncio.Event()

    async def __call__(self, chat_id: int) -> None:
        async with self.turns.of(chat_id):
            self.in_hand += 1
            self.most_in_hand = max(self.most_in_hand, self.in_hand)
            await self.release.wait()
            self.in_hand -= 1


async def started(work: Work, chat_id: int, count: int) -> list[asyncio.Task[None]]:
    tasks = [asyncio.create_task(work(chat_id)) for _ in range(count)]
    await asyncio.sleep(0)
    return tasks


async def test_a_chat_has_only_so_many_images_in_hand() -> None:
    work = Work(ChatTurns(3))
    tasks = await started(work, 1, 10)
    assert work.in_hand == 3
    work.release.set()
    await asyncio.gather(*tasks)
    assert work.most_in_hand == 3


async def test_a_chat_whose_turns_are_taken_holds_up_no_other() -> None:
    work = Work(ChatTurns(3))
    tasks = await started(work, 1, 10)
    tasks += await started(work, 2, 1)
    assert work.in_hand == 4
    work.release.set()
    await asyncio.gather(*tasks)


async def test_cancelled_images_give_their_turns_back_and_nothing_is_kept_of_idle_chats() -> None:
    turns = ChatTurns(1)
    work = Work(turns)
    holder, waiter, last = await started(work, 1, 3)
    waiter.cancel()
    holder.cancel()
    await asyncio.wait({holder, waiter})
    work.release.set()
    await last
    assert not turns._chats
    assert not turns._users
