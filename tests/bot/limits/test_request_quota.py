"""How much people may ask: bursts, rates, one kind word, and recovery."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.limits.request_quota import RequestQuota, Verdict


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def limits(clock: Clock, *, person: float = 30, group: float = 20) -> RequestQuota:
    return RequestQuota(per_min_per_person=person, per_min_per_group=group, clock=clock)


def verdicts(asked: RequestQuota, count: int, *, person_id: int = 1, group_id: int | None = None) -> list[Verdict]:
    return [asked.ask(person_id, group_id) for _ in range(count)]


def test_two_minutes_worth_may_come_at_once_then_one_word_then_silence() -> None:
    seen = verdicts(limits(Clock()), 100)
    assert seen[:60] == [Verdict.ADMITTED] * 60
    assert seen[60] is Verdict.PERSON_TOLD
    assert set(seen[61:]) == {Verdict.IGNORED}


def test_whoever_was_refused_without_a_word_is_told_once_they_ask() -> None:
    asked = limits(Clock(), person=5)
    seen = [asked.ask(1, -1, silently=True) for _ in range(20)]
    assert seen == [Verdict.ADMITTED] * 10 + [Verdict.IGNORED] * 10
    assert verdicts(asked, 3, group_id=-1) == [Verdict.PERSON_TOLD, Verdict.IGNORED, Verdict.IGNORED]


def test_a_person_who_goes_on_is_answered_at_the_rate_and_told_nothing_more() -> None:
    clock = Clock()
    asked = limits(clock)
    verdicts(asked, 61)
    seen = []
    for _ in range(120):
        clock.now_s += 0.5
        seen.append(asked.ask(1, None))
    assert seen.count(Verdict.ADMITTED) == 30
    assert seen.count(Verdict.IGNORED) == 90


def test_what_counts_is_when_they_asked_not_when_it_is_their_turn() -> None:
    clock = Clock()
    asked = limits(clock)
    at_once = []
    for _ in range(75):
        clock.now_s += 2
        at_once.append(asked.ask(1, None, asked_at_s=1000.0))
    assert at_once.count(Verdict.ADMITTED) == 60
    apart = [asked.ask(2, None, asked_at_s=1000.0 + 2 * number) for number in range(75)]
    assert apart == [Verdict.ADMITTED] * 75


def test_after_a_rest_everything_is_as_at_first() -> None:
    clock = Clock()
    asked = limits(clock)
    first = verdicts(asked, 100)
    clock.now_s += 120
    assert verdicts(asked, 100) == first


def test_people_do_not_share_their_limits_but_the_groups() -> None:
    asked = limits(Clock())
    seen = [asked.ask(person_id, -1) for person_id in range(60)]
    assert seen[:40] == [Verdict.ADMITTED] * 40
    assert seen[40] is Verdict.GROUP_TOLD
    assert set(seen[41:]) == {Verdict.IGNORED}
    assert asked.ask(59, -2) is Verdict.ADMITTED
    assert asked.ask(0, None) is Verdict.ADMITTED


def test_what_a_person_is_refused_does_not_count_for_the_group() -> None:
    asked = limits(Clock(), person=5)
    seen = verdicts(asked, 50, person_id=1, group_id=-1)
    assert seen.count(Verdict.ADMITTED) == 10
    assert seen[10] is Verdict.PERSON_TOLD
    others = [asked.ask(person_id, -1) for person_id in range(2, 40)]
    assert others.count(Verdict.ADMITTED) == 30


def test_what_a_group_is_refused_does_not_count_for_the_person() -> None:
    asked = limits(Clock(), group=5)
    verdicts(asked, 50, person_id=1, group_id=-1)
    assert verdicts(asked, 61, person_id=1) == [Verdict.ADMITTED] * 50 + [Verdict.PERSON_TOLD] + [Verdict.IGNORED] * 10


def test_whoever_has_rested_is_forgotten() -> None:
    clock = Clock()
    asked = limits(clock)
    for person_id in range(1000):
        asked.ask(person_id, -person_id - 1)
    clock.now_s += 2 * 3600
    asked.ask(5000, None)
    assert len(asked._accounts) == 1


@given(
    pauses_s=st.lists(st.one_of(st.just(0.0), st.floats(0, 120)), max_size=300),
    person=st.floats(1, 100),
    group=st.floats(1, 100),
)
def test_nobody_is_ever_answered_more_than_the_limit(pauses_s: list[float], person: float, group: float) -> None:
    clock = Clock()
    asked = limits(clock, person=person, group=group)
    answered_s = []
    for pause_s in pauses_s:
        clock.now_s += pause_s
        if asked.ask(1, -1) is Verdict.ADMITTED:
            answered_s.append(clock.now_s)
    least = min(person, group)
    for first in range(len(answered_s)):
        for last in range(first, len(answered_s)):
            minutes = (answered_s[last] - answered_s[first]) / 60
            assert last - first + 1 <= least * (2 + minutes) + 1e-6
