"""The request quota: bursts, rates, one notice, and recovery."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bot.limits.request_quota import Decision, RequestQuota


class Clock:
    """Shows what it is set to."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def new_quota(clock: Clock, *, person: float = 30, group: float = 20) -> RequestQuota:
    return RequestQuota(per_min_per_person=person, per_min_per_group=group, clock=clock)


def decisions(quota: RequestQuota, count: int, *, person_id: int = 1, group_id: int | None = None) -> list[Decision]:
    return [quota.request(person_id, group_id) for _ in range(count)]


def test_two_minutes_worth_may_come_at_once_then_one_word_then_silence() -> None:
    made = decisions(new_quota(Clock()), 100)
    assert made[:60] == [Decision.ADMITTED] * 60
    assert made[60] is Decision.NOTIFY_PERSON
    assert set(made[61:]) == {Decision.IGNORED}


def test_ten_minutes_worth_may_wait_in_a_private_chat_beside_what_is_asked_elsewhere() -> None:
    quota = new_quota(Clock())
    made = [quota.request(1, None, queued=True) for _ in range(302)]
    assert made == [Decision.ADMITTED] * 300 + [Decision.NOTIFY_PERSON, Decision.IGNORED]
    assert quota.request(1, -1) is Decision.ADMITTED


def test_whoever_was_refused_without_a_word_is_told_once_they_ask() -> None:
    quota = new_quota(Clock(), person=5)
    made = [quota.request(1, -1, silently=True) for _ in range(20)]
    assert made == [Decision.ADMITTED] * 10 + [Decision.IGNORED] * 10
    assert decisions(quota, 3, group_id=-1) == [Decision.NOTIFY_PERSON, Decision.IGNORED, Decision.IGNORED]


def test_a_person_who_goes_on_is_answered_at_the_rate_and_told_nothing_more() -> None:
    clock = Clock()
    quota = new_quota(clock)
    decisions(quota, 61)
    made = []
    for _ in range(120):
        clock.now_s += 0.5
        made.append(quota.request(1, None))
    assert made.count(Decision.ADMITTED) == 30
    assert made.count(Decision.IGNORED) == 90


def test_what_counts_is_when_they_asked_not_when_it_is_their_turn() -> None:
    clock = Clock()
    quota = new_quota(clock)
    at_once = []
    for _ in range(75):
        clock.now_s += 2
        at_once.append(quota.request(1, None, asked_at_s=1000.0))
    assert at_once.count(Decision.ADMITTED) == 60
    apart = [quota.request(2, None, asked_at_s=1000.0 + 2 * number) for number in range(75)]
    assert apart == [Decision.ADMITTED] * 75


def test_after_a_rest_everything_is_as_at_first() -> None:
    clock = Clock()
    quota = new_quota(clock)
    first = decisions(quota, 100)
    clock.now_s += 120
    assert decisions(quota, 100) == first


def test_people_do_not_share_their_limits_but_the_groups() -> None:
    quota = new_quota(Clock())
    made = [quota.request(person_id, -1) for person_id in range(60)]
    assert made[:40] == [Decision.ADMITTED] * 40
    assert made[40] is Decision.NOTIFY_GROUP
    assert set(made[41:]) == {Decision.IGNORED}
    assert quota.request(59, -2) is Decision.ADMITTED
    assert quota.request(0, None) is Decision.ADMITTED


def test_what_a_person_is_refused_does_not_count_for_the_group() -> None:
    quota = new_quota(Clock(), person=5)
    made = decisions(quota, 50, person_id=1, group_id=-1)
    assert made.count(Decision.ADMITTED) == 10
    assert made[10] is Decision.NOTIFY_PERSON
    others = [quota.request(person_id, -1) for person_id in range(2, 40)]
    assert others.count(Decision.ADMITTED) == 30


def test_what_a_group_is_refused_does_not_count_for_the_person() -> None:
    quota = new_quota(Clock(), group=5)
    decisions(quota, 50, person_id=1, group_id=-1)
    assert (
        decisions(quota, 61, person_id=1)
        == [Decision.ADMITTED] * 50 + [Decision.NOTIFY_PERSON] + [Decision.IGNORED] * 10
    )


def test_whoever_has_rested_is_forgotten() -> None:
    clock = Clock()
    quota = new_quota(clock)
    for person_id in range(1000):
        quota.request(person_id, -person_id - 1)
    clock.now_s += 2 * 3600
    quota.request(5000, None)
    assert len(quota._accounts) == 1


@given(
    pauses_s=st.lists(st.one_of(st.just(0.0), st.floats(0, 120)), max_size=300),
    person=st.floats(1, 100),
    group=st.floats(1, 100),
)
def test_nobody_is_ever_answered_more_than_the_limit(pauses_s: list[float], person: float, group: float) -> None:
    clock = Clock()
    quota = new_quota(clock, person=person, group=group)
    answered_s = []
    for pause_s in pauses_s:
        clock.now_s += pause_s
        if quota.request(1, -1) is Decision.ADMITTED:
            answered_s.append(clock.now_s)
    least = min(person, group)
    for first in range(len(answered_s)):
        for last in range(first, len(answered_s)):
            minutes = (answered_s[last] - answered_s[first]) / 60
            assert last - first + 1 <= least * (2 + minutes) + 1e-6
