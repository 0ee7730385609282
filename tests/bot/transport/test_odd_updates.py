"""Answers to getUpdates that no Bot API should give: polling goes on, and others get their answers."""

from __future__ import annotations

import json
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.localchat.faults import Answer
from bot.localchat.server import LocalChatServer
from bot.storage.database import Database
from bot.transport.objects import MAX_UPDATE_ID, kind_of, update_id_of
from bot.transport.partial_json import UnreadItem, parse
from bot.transport.polling import _next_offset
from tests.bot.transport.test_polling import polling, send, texts

# A bot at work pauses for longer, so that it does not press a server that is in trouble.
SHORT_PAUSES: dict[str, Any] = {"first_pause_s": 0.01, "pause_without_ids_s": 0.01}


@pytest.fixture(autouse=True)
def new_types_of_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # as the app does


def update(update_id: int, text: str) -> str:
    chat = {"id": 7, "type": "private", "first_name": "Ann"}
    message = {"message_id": 1, "date": 1_795_940_000, "chat": chat, "text": text}
    return json.dumps({"update_id": update_id, "message": message})


def answer(*items: str) -> bytes:
    return f'{{"ok": true, "result": [{", ".join(items)}]}}'.encode()


ANSWERS: dict[str, Answer] = {
    "nothing": Answer(b""),
    "null": Answer(b"null"),
    "a list": Answer(b"[]"),
    "an empty object": Answer(b"{}"),
    "a page": Answer(b"<html>Log in to this network</html>"),
    "no UTF-8": Answer(b'\xff\xfe{"ok"'),
    "no result": Answer(b'{"ok": true}'),
    "a result that is null": Answer(b'{"ok": true, "result": null}'),
    "a result that is an object": Answer(b'{"ok": true, "result": {}}'),
    "a result that is a text": Answer(b'{"ok": true, "result": "text"}'),
    "no objects": Answer(b'{"ok": true, "result": [1, "text", null, [], true, 1e999]}'),
    "an object of nothing": Answer(b'{"ok": true, "result": [{}]}'),
    "a refusal": Answer(b'{"ok": false}'),
    "a refusal in words that are none": Answer(b'{"ok": false, "description": [1]}', 400),
    "a refusal of a number": Answer(b'{"ok": false, "parameters": 5, "description": {}}', 400),
    "a flood wait without a time": Answer(b'{"ok": false, "parameters": {"retry_after": "soon"}}', 429),
    "a flood wait that is infinite the wrong way": Answer(b'{"ok": false, "parameters": {"retry_after": -1e999}}', 429),
    "a move to nowhere": Answer(b'{"ok": false, "parameters": {"migrate_to_chat_id": [5]}}', 400),
    "another refusal": Answer(b"teapot", 418),
    "nesting": Answer(b"[" * 100_000),
    "digits": Answer(b"5" * 5000),
}


@pytest.mark.parametrize("odd", ANSWERS.values(), ids=ANSWERS.keys())
async def test_an_odd_answer_is_asked_for_again(server: LocalChatServer, database: Database, odd: Answer) -> None:
    fault = server.faults.add(odd, method="getUpdates", count=1)
    async with polling(server, database, **SHORT_PAUSES) as (inbox, task, _):
        send(server, "one")
        assert await texts(inbox, 1) == ["one"]
        assert fault.hits == 1
        assert not task.done()


ITEMS: dict[str, str] = {
    "no number": '{"update_id": 5, "message": {"date": NaN}}',
    "an infinite number": '{"update_id": 5, "message": {"date": -Infinity}}',
    "a number of 5,000 digits": f'{{"update_id": 5, "message": {{"date": {"9" * 5000}}}}}',
    "nesting": f'{{"update_id": 5, "message": {"[" * 50_000}{"]" * 50_000}}}',
    "nesting of objects": '{"update_id": 5, "message": ' + '{"a": ' * 50_000 + "1" + "}" * 50_001,
    "brackets in a text": '{"update_id": 5, "message": {"text": "}]]}\\"[{", "date": NaN}}',
    "a missing comma": '{"update_id": 5 "message": {}}',
    "an id of text": '{"update_id": "5", "message": {}}',
}


@pytest.mark.parametrize("item", ITEMS.values(), ids=ITEMS.keys())
async def test_an_unreadable_update_costs_those_beside_it_nothing(
    server: LocalChatServer, database: Database, item: str
) -> None:
    body = answer(update(4, "before"), item, update(6, "after"))
    server.faults.add(Answer(body), method="getUpdates", count=1)
    async with polling(server, database, **SHORT_PAUSES) as (inbox, task, _):
        assert await texts(inbox, 2) == ["before", "after"]
        send(server, "one")
        assert await texts(inbox, 1) == ["one"]
        assert not task.done()
    assert server.simulation.calls[1].parameters["offset"] == "7"


@pytest.mark.parametrize("item", list(ITEMS.values())[:5], ids=list(ITEMS)[:5])
def test_what_is_known_of_an_unreadable_update_is_its_id_and_its_kind(item: str) -> None:
    parsed = parse(answer(item, update(6, "after")))
    assert isinstance(parsed, dict)
    unread = parsed["result"][0]
    assert isinstance(unread, UnreadItem)
    assert (update_id_of(unread), kind_of(unread)) == (5, "message")


def test_of_two_values_of_one_key_the_last_one_counts() -> None:
    assert parse(b'{"ok": true, "result": [{"update_id": 5, "update_id": 6}]}') == {
        "ok": True,
        "result": [{"update_id": 6}],
    }


Shown = st.sampled_from(["its id", "no id", "a lower id"])


@given(
    gaps=st.lists(st.tuples(st.integers(1, 40), Shown), min_size=1, max_size=60),
    begin=st.booleans(),
    limit=st.integers(1, 25),
)
def test_an_offset_confirms_what_came_and_nothing_else(gaps: list[tuple[int, str]], begin: bool, limit: int) -> None:
    waiting = dict(zip(accumulate(gap for gap, _ in gaps), (shown for _, shown in gaps), strict=True))
    offset = 1 if begin else None
    while waiting:
        came = sorted(waiting)[:limit]
        lower_by = {"its id": 0, "a lower id": 30}
        ids = [max(1, number - lower_by[waiting[number]]) for number in came if waiting[number] in lower_by]
        after = _next_offset(offset, ids, len(came))
        if after is None:
            assert not ids
            assert offset is None
            break
        assert offset is None or after > offset
        gone = [number for number in waiting if number < after]
        assert set(gone) <= set(came)
        for number in gone:
            del waiting[number]
        offset = after


def test_ids_that_telegram_cannot_have_given_are_none() -> None:
    odd: list[Any] = [0, -1, MAX_UPDATE_ID + 1, 2**70, 1.0, True, "1", None, [1], {}]
    assert [update_id_of({"update_id": number}) for number in odd] == [None] * len(odd)
    assert update_id_of({"update_id": MAX_UPDATE_ID}) == MAX_UPDATE_ID


def test_a_kind_is_named_by_a_field_of_the_bot_api_and_by_nothing_else() -> None:
    odd: list[Any] = [{}, {"telepathy": 1, "magic": 2}, {"Zebediah wrote": 1}, {"ж": 1}, None, [1], "message", {5: 5}]
    assert [kind_of(item) for item in odd] == ["unknown"] * len(odd)
    assert kind_of({"update_id": 5, "secret": 1, "poll": {}}) == "poll"
    assert kind_of({"update_id": 5, "telepathy": {}}) == "telepathy"
