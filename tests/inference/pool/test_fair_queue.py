"""Fairness between clients."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.pool.fair_queue import NOMINAL_COST_S, FairQueue


def drain(queue: FairQueue[str]) -> list[str]:
    items = []
    while (item := queue.dequeue()) is not None:
        items.append(item)
    return items


def test_clients_take_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "a2", "a3", "b1", "b2", "c1"):
        queue.enqueue(item[0], item)
    assert drain(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_who_joins_comes_before_the_next_item_of_whoever_was_served_last() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(1000):
        queue.enqueue("a", f"a{number}")
    assert queue.dequeue() == "a0"
    queue.enqueue("b", "b0")
    assert queue.dequeue() == "b0"
    assert queue.dequeue() == "a1"


def test_only_a_client_without_pending_items_and_debts_rested() -> None:
    queue: FairQueue[str] = FairQueue()
    assert queue.enqueue("a", "a0")
    assert not queue.enqueue("a", "a1"), "another item waits"
    assert queue.enqueue("b", "b0")
    assert [queue.dequeue() for _ in range(2)] == ["a0", "b0"]
    assert (queue.waiting("a"), queue.waiting("b"), queue.waiting("c")) == (1, 0, 0)
    assert not queue.enqueue("b", "b1"), "another item is in flight"
    queue.remove("b", "b1")
    queue.charge("b", 10.0)
    assert not queue.enqueue("b", "b2"), "the others have not had as much yet"


def test_who_is_passed_over_keeps_the_turn() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "A2", "b1", "c1", "C2", "c3"):
        queue.enqueue(item[0].lower(), item)
    assert [queue.dequeue(str.islower) for _ in range(4)] == ["a1", "b1", "c1", None]
    assert len(queue) == 3
    assert drain(queue) == ["A2", "C2", "c3"]


def test_who_sends_one_at_a_time_gets_no_more_turns_than_others() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.enqueue("b", "b0")
    queue.enqueue("b", "b1")
    queue.enqueue("a", "a0")
    served = []
    for number in range(1, 4):
        item = queue.dequeue()
        assert item
        served += [item]
        if item.startswith("a"):
            queue.enqueue("a", f"a{number}")
    assert served == ["b0", "a0", "b1"]


def test_an_item_that_was_put_back_is_the_next_of_all() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.enqueue("a", "a1")
    queue.enqueue("a", "a2")
    item = queue.dequeue()
    assert item
    queue.enqueue("b", "b1")
    queue.requeue("a", item)
    assert drain(queue) == ["a1", "b1", "a2"]


def test_items_that_were_put_back_in_reverse_keep_their_turns() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "a2", "b1", "c1", "d1"):
        queue.enqueue(item[0], item)
    taken = [queue.dequeue() for _ in range(3)]
    assert taken == ["a1", "b1", "c1"]
    for item in ("c1", "b1", "a1"):
        queue.requeue(item[0], item)
    assert drain(queue) == ["a1", "b1", "c1", "d1", "a2"]


def test_removing_tells_whether_the_item_was_there() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.enqueue("a", "a1")
    assert not queue.remove("a", "a2")
    assert not queue.remove("b", "a1")
    assert queue.remove("a", "a1")
    assert not queue.remove("a", "a1")
    assert len(queue) == 0


def test_an_empty_queue_has_nothing_to_pop() -> None:
    assert FairQueue[str]().dequeue() is None


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
            queue.enqueue(client, f"{client}{number}")
            waiting[client].append(f"{client}{number}")
        elif what == "remove" and client and waiting[client]:
            assert queue.remove(client, waiting[client].pop())
        elif what == "pop" and len(queue):
            item = queue.dequeue()
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


def serve(queue: FairQueue[str], costs_s: dict[str, float], until_s: float) -> dict[str, float]:
    """Have one worker serve clients that always want more, in time that only passes on paper; return their seconds."""
    got: defaultdict[str, float] = defaultdict(float)
    for client in costs_s:
        queue.enqueue(client, client)
    while sum(got.values()) < until_s:
        client = queue.dequeue() or ""
        cost_s = costs_s.get(client, 0.1)
        queue.enqueue(client, client)
        queue.charge(client, cost_s)
        got[client] += cost_s
    return got


def test_clients_that_keep_waiting_get_the_same_time_whatever_their_items_cost() -> None:
    got = serve(FairQueue(), {"a": 4.0, "b": 0.05, "c": 0.4}, until_s=300)
    assert all(95 < seconds < 105 for seconds in got.values()), got


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcdef"), st.floats(0.02, 2), min_size=2))
def test_shares_differ_by_no_more_than_the_two_costliest_items(costs_s: dict[str, float]) -> None:
    got = serve(FairQueue(), costs_s, until_s=20 * max(costs_s.values()))
    assert max(got.values()) - min(got.values()) <= 2 * max(costs_s.values()) + 2 * NOMINAL_COST_S


def test_whoever_joins_owes_nothing_and_is_owed_nothing() -> None:
    queue: FairQueue[str] = FairQueue()
    serve(queue, {"a": 0.1, "b": 0.1}, until_s=100)
    assert serve(queue, {"c": 0.1}, until_s=3)["c"] == pytest.approx(1.0, abs=0.11)


def test_whoever_waits_is_not_passed_by_all_that_join_later() -> None:
    queue: FairQueue[str] = FairQueue()
    for mine in ("a1", "a2", "a3"):
        queue.enqueue("a", mine)
    served = []
    for number in range(20):
        queue.enqueue(f"newcomer {number}", f"n{number}")
        item = queue.dequeue()
        assert item
        queue.charge("a" if item.startswith("a") else f"newcomer {item[1:]}", 0.05)
        served.append(item)
    assert {"a1", "a2", "a3"} <= set(served[:12])


def test_costly_items_are_paid_for_before_the_next() -> None:
    queue: FairQueue[str] = FairQueue()
    for waiting in ("a1", "a2", *(f"b{number}" for number in range(60))):
        queue.enqueue(waiting[0], waiting)
    served = []
    while (item := queue.dequeue()) is not None:
        queue.charge(item[0], 2.0 if item == "a1" else 0.05)
        served.append(item)
    assert served.index("a1") == 0
    assert served.index("a2") == 41, "40 of b's take as long as a1"


def test_what_was_paid_is_forgotten_when_nobody_waits() -> None:
    queue: FairQueue[str] = FairQueue()
    queue.enqueue("a", "a1")
    assert queue.dequeue() == "a1"
    queue.charge("a", 30.0)
    queue.enqueue("b", "b1")
    queue.enqueue("a", "a2")
    queue.enqueue("b", "b2")
    assert drain(queue) == ["b1", "a2", "b2"]


def test_what_was_put_back_costs_nothing() -> None:
    queue: FairQueue[str] = FairQueue()
    for waiting in ("a1", "b1", "a2", "b2"):
        queue.enqueue(waiting[0], waiting)
    item = queue.dequeue()
    assert item == "a1"
    queue.requeue("a", item)
    assert drain(queue) == ["a1", "b1", "a2", "b2"]


def test_a_queue_keeps_nothing_of_clients_who_are_gone() -> None:
    queue: FairQueue[int] = FairQueue()
    queue.enqueue("busy", -1)
    assert queue.dequeue() == -1
    for number in range(10_000):
        queue.enqueue(number, number)
        assert queue.dequeue() == number
        queue.charge(number, 0.001)
    assert len(queue._clients) <= 128
    queue.charge("busy", 1.0)
    assert len(queue._clients) == 0


def test_a_queue_that_was_cleared_is_empty_and_serves_on() -> None:
    queue: FairQueue[str] = FairQueue()
    for item in ("a1", "a2", "b1"):
        queue.enqueue(item[0], item)
    assert queue.dequeue() == "a1"
    queue.clear()
    assert len(queue) == 0
    assert queue.dequeue() is None
    queue.charge("a", 0.1)
    queue.enqueue("a", "a3")
    assert queue.dequeue() == "a3"
