"""Which updates are in memory, and which wait on disk."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bot.transport.admission import MAX_IN_FLIGHT, MAX_PER_SENDER, Admission


def test_a_chat_with_many_updates_leaves_room_for_others() -> None:
    admission = Admission()
    taken = [admission.take(number, sender=1, album=None) for number in range(300)]
    assert taken == [True] * MAX_PER_SENDER + [False] * (300 - MAX_PER_SENDER)
    assert admission.has_room
    assert admission.take(1000, sender=2, album=None)


def test_many_chats_with_many_updates_leave_room_for_others_too() -> None:
    admission = Admission()
    for number in range(100 * MAX_IN_FLIGHT):
        admission.take(number, sender=number % 500, album=None)
        assert admission.has_room
    assert admission.take(-1, sender=-1, album=None)


def test_the_oldest_of_a_chat_is_next_and_chats_take_turns() -> None:
    admission = Admission(max_in_flight=1000, max_per_sender=2)
    for number in range(12):
        admission.take(number, sender=number % 2, album=None)
    loaded = []
    for number in range(12):
        admission.finish(number)
        if number % 2:
            loaded += admission.load()
    assert loaded == list(range(4, 12))
    assert admission.waiting == 0


def test_parts_of_an_album_are_in_memory_together() -> None:
    admission = Admission(max_per_sender=2)
    assert [admission.take(number, 1, "first") for number in range(10)] == [True] * 10
    assert not any(admission.take(number, 1, "second") for number in range(10, 20))
    assert not admission.take(20, 1, None)
    for number in range(9):
        admission.finish(number)
        if number < 8:
            assert admission.load() == []
    assert admission.load() == list(range(10, 20))


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([None, None, "a", "b"]), st.booleans()), max_size=60))
def test_everything_is_in_memory_once_and_what_is_there_is_bounded(
    steps: list[tuple[int, str | None, bool]],
) -> None:
    admission = Admission(max_in_flight=20, max_per_sender=2)
    in_flight: list[int] = []
    seen = Counter[int]()
    for number, (chat, album, finish) in enumerate(steps):
        if admission.take(number, chat, album):
            in_flight.append(number)
            seen[number] += 1
        if finish and in_flight:
            admission.finish(in_flight.pop(0))
            loaded = admission.load()
            in_flight += loaded
            seen.update(loaded)
        assert len(seen) + admission.waiting == number + 1
    while in_flight:
        admission.finish(in_flight.pop(0))
        loaded = admission.load()
        in_flight += loaded
        seen.update(loaded)
    assert admission.waiting == 0
    assert seen == dict.fromkeys(range(len(steps)), 1)
