"""Turns between clients."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from inference.fair_queue import FairQueue


def drain(queue: FairQueue[str]) -> list[str]:
    items = []
    while (item := queue.pop()) is not None:
        items.append(item)
    return items


def test_clients_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "a2", "a3", "b1", "b2", "c1"):
        queue.put(item[0], item)
    assert drain(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_joins_comes_before_the_next_item_of_whoever_was_served_last() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(1000):
        queue.put("a", f"a{number}")
    assert queue.pop() == "a0"
    queue.put("b", "b0")
    assert queue.pop() == "b0"
    assert queue.pop() == "a1"


def test_who_is_passed_over_keeps_the_turn() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "A2", "b1", "c1", "C2", "c3"):
        queue.put(item[0].lower(), item)
    assert [queue.pop(str.islower) for _ in range(4)] == ["a1", "b1", "c1", None]
    assert len(queue) == 3
    assert drain(queue) == ["A2", "C2", "c3"]


def test_who_sends_one_at_a_time_gets_no_more_turns_than_others() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("b", "b0")
    queue.put("b", "b1")
    queue.put("a", "a0")
    served = []
    for number in range(1, 4):
        item = queue.pop()
        assert item
        served += [item]
        if item.startswith("a"):
            queue.put("a", f"a{number}")
    assert served == ["b0", "a0", "b1"]


def test_an_item_that_was_put_back_is_the_next_of_all() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", "a1")
    queue.put("a", "a2")
    item = queue.pop()
    assert item
    queue.put("b", "b1")
    queue.put_back("a", item)
    assert drain(queue) == ["a1", "b1", "a2"]


def test_items_that_were_put_back_in_reverse_keep_their_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "a2", "b1", "c1", "d1"):
        queue.put(item[0], item)
    taken = [queue.pop() for _ in range(3)]
    assert taken == ["a1", "b1", "c1"]
    for item in ("c1", "b1", "a1"):
        queue.put_back(item[0], item)
    assert drain(queue) == ["a1", "b1", "c1", "d1", "a2"]


def test_removing_tells_whether_the_item_was_there() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.put("a", "a1")
    assert not queue.remove("a", "a2")
    assert not queue.remove("b", "a1")
    assert queue.remove("a", "a1")
    assert not queue.remove("a", "a1")
    assert len(queue) == 0


def test_an_empty_queue_has_nothing_to_pop() -> None:
    assert FairQueue[str]().pop() is None


CLIENTS = st.sampled_from("abcd")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), CLIENTS),
        st.tuples(st.just("pop"), st.none()),
        st.tuples(st.just("remove"), CLIENTS),
    ),
    max_size=60,
)


@given(STEPS)
def test_nobody_is_passed_twice_by_the_same_client(steps: list[tuple[str, str | None]]) -> None:
    queue: FairQueue[str] = FairQueue()
    waiting: dict[str, list[str]] = {client: [] for client in "abcd"}
    passed: dict[str, Counter[str]] = {client: Counter() for client in "abcd"}
    for number, (what, client) in enumerate(steps):
        if what == "put" and client:
            queue.put(client, f"{client}{number}")
            waiting[client].append(f"{client}{number}")
        elif what == "remove" and client and waiting[client]:
            assert queue.remove(client, waiting[client].pop())
        elif what == "pop" and len(queue):
            item = queue.pop()
            assert item
            assert item == waiting[item[0]].pop(0), "a client's items keep their order"
            passed[item[0]].clear()
            for other in "abcd":
                if waiting[other] and other != item[0]:
                    passed[other][item[0]] += 1
                    assert passed[other][item[0]] == 1
        for other in "abcd":
            if not waiting[other]:
                passed[other].clear()
        assert len(queue) == sum(map(len, waiting.values()))
