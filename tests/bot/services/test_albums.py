"""How the photos of an album find each other."""

from __future__ import annotations

import asyncio
import itertools
from datetime import UTC, datetime

import pytest
from telegram import Chat, Message

from bot.domain.triggers import Trigger
from bot.services.albums import Albums, Part

QUIET_S = 0.1
numbers = itertools.count(1)


def part(album: str = "a", chat_id: int = 1) -> Part:
    return Part(Message(next(numbers), datetime.now(UTC), Chat(chat_id, Chat.PRIVATE), media_group_id=album))


async def take(albums: Albums, own: Part, trigger: Trigger | None = Trigger.REQUESTED) -> list[Part] | None:
    """Handle a photo as the bot does; what the first one of an album gets are all that it answers for."""
    async with albums.joined(own) as album:
        album.set_trigger(trigger)
        if await albums.wait_for_trigger(album, own) is None:
            return None
        own.finished.set()
        if album.parts[0] is own:
            await albums.complete(album)
            return list(album.parts)
        await album.ended.wait()
        return []


async def test_the_first_answers_for_all_that_come_before_it_is_quiet() -> None:
    albums = Albums(quiet_s=0.6)
    parts = [part() for _ in range(4)]
    taken = []
    for own in parts:
        taken.append(asyncio.create_task(take(albums, own)))
        await asyncio.sleep(0.25)
    assert await asyncio.gather(*taken) == [parts, [], [], []]


async def test_albums_and_chats_are_apart() -> None:
    albums = Albums(quiet_s=QUIET_S)
    parts = [part("a"), part("b"), part("a", chat_id=2)]
    assert await asyncio.gather(*(take(albums, own) for own in parts)) == [[own] for own in parts]


async def test_an_album_without_end_is_answered_in_parts() -> None:
    albums = Albums(quiet_s=QUIET_S, longest_s=2 * QUIET_S)
    taken = []
    for _ in range(8):
        taken.append(asyncio.create_task(take(albums, part())))
        await asyncio.sleep(QUIET_S / 2)
    answered = [len(parts) for parts in await asyncio.gather(*taken) if parts]
    assert len(answered) > 1
    assert sum(answered) == 8


async def test_a_late_photo_waits_until_those_before_it_are_answered() -> None:
    albums = Albums(quiet_s=QUIET_S)
    order: list[str] = []
    first_closed, answered = asyncio.Event(), asyncio.Event()

    async def first() -> None:
        own = part()
        async with albums.joined(own) as album:
            album.set_trigger(Trigger.REQUESTED)
            own.finished.set()
            await albums.complete(album)
            first_closed.set()
            await answered.wait()
            order.append("first")

    async def late() -> None:
        await first_closed.wait()
        assert await take(albums, part()) is not None
        order.append("late")

    both = asyncio.gather(first(), late())
    await first_closed.wait()
    await asyncio.sleep(3 * QUIET_S)
    answered.set()
    await both
    assert order == ["first", "late"]


async def test_a_photo_that_comes_while_those_before_it_are_answered_is_asked_about_like_them() -> None:
    albums = Albums(quiet_s=QUIET_S)
    async with albums.joined(own := part()) as album:
        album.set_trigger(Trigger.REQUESTED)
        own.finished.set()
        await albums.complete(album)
        late = asyncio.create_task(take(albums, part(), None))
        await asyncio.sleep(0)
    assert len(await late or ()) == 1


async def test_one_that_asks_asks_for_all_also_when_it_comes_last() -> None:
    albums = Albums(quiet_s=QUIET_S)
    parts = [part() for _ in range(3)]
    occasions = (None, Trigger.AUTOMATIC, Trigger.REQUESTED)
    taken = await asyncio.gather(*(take(albums, own, why) for own, why in zip(parts, occasions, strict=True)))
    assert taken == [parts, [], []]


async def test_where_none_asks_all_are_let_go() -> None:
    albums = Albums(quiet_s=QUIET_S)
    assert await asyncio.gather(*(take(albums, part(), None) for _ in range(3))) == [None] * 3


async def test_the_answer_waits_for_the_slowest_photo() -> None:
    albums = Albums(quiet_s=0)
    slow, done = part(), asyncio.Event()

    async def look_slowly() -> None:
        async with albums.joined(slow) as album:
            await done.wait()
            slow.finished.set()
            await album.ended.wait()

    first = asyncio.create_task(take(albums, part()))
    await asyncio.sleep(0)
    slowly = asyncio.create_task(look_slowly())
    assert not (await asyncio.wait({first}, timeout=QUIET_S))[0]
    done.set()
    assert len(await first or ()) == 2
    await slowly


async def test_a_cancelled_photo_delays_no_other() -> None:
    albums = Albums(quiet_s=QUIET_S)
    first, second, third = (asyncio.create_task(take(albums, part())) for _ in range(3))
    await asyncio.sleep(0)
    first.cancel()
    assert [await second, await third] == [[], []]
    assert await take(albums, own := part()) == [own]


async def closed_but_unanswered(albums: Albums, answered: asyncio.Event, closed: asyncio.Event) -> None:
    """Handle a first photo whose answer takes its time."""
    own = part()
    async with albums.joined(own) as album:
        album.set_trigger(Trigger.REQUESTED)
        own.finished.set()
        await albums.complete(album)
        closed.set()
        await answered.wait()


async def test_a_late_photo_that_fails_leaves_those_before_it_alone() -> None:
    albums = Albums(quiet_s=0)
    answered, closed = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(closed_but_unanswered(albums, answered, closed))
    await closed.wait()
    with pytest.raises(LookupError):
        async with albums.joined(part()):
            raise LookupError
    answered.set()
    await first


async def test_a_photo_that_comes_after_a_late_one_failed_waits_for_the_first_all_the_same() -> None:
    albums = Albums(quiet_s=0)
    answered, closed = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(closed_but_unanswered(albums, answered, closed))
    await closed.wait()
    late, fails = part(), asyncio.Event()

    async def fail() -> None:
        async with albums.joined(late):
            await fails.wait()
            raise LookupError

    failing = asyncio.create_task(fail())
    await asyncio.sleep(0)
    later = asyncio.create_task(take(albums, part()))
    await asyncio.sleep(0)
    fails.set()
    with pytest.raises(LookupError):
        await failing
    last = asyncio.create_task(take(albums, own := part(), None))
    assert await later == []
    await asyncio.sleep(QUIET_S)
    assert not last.done()
    answered.set()
    assert await last == [own], "asked about like the first"
    await first


async def test_nothing_is_left_of_albums_that_are_over() -> None:
    albums = Albums(quiet_s=0)
    answered, closed = asyncio.Event(), asyncio.Event()
    first = asyncio.create_task(closed_but_unanswered(albums, answered, closed))
    await closed.wait()
    answered.set()
    await asyncio.gather(first, *(take(albums, part()) for _ in range(3)), return_exceptions=True)
    assert albums._albums == {}
