"""Responses that no Bot API should give: the bot goes on, no message is doubled, and no call waits for ever."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from telegram.error import BadRequest, InvalidToken, NetworkError

from bot.app import LabelBot, StartError
from bot.localchat.faults import Answer, Faults
from bot.localchat.server import LocalChatServer
from bot.transport.bot_client import TelegramBot
from bot.transport.http import AiohttpRequest, UnreadableResponse, UnreadableResult
from tests.support.client import Client, settings_for
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

FURTHER_ODD = (b"", b"null", b"[]", b"{}", b'{"ok": true}')
ODD_RESULTS = (b"null", b"[]", b"{}", b"true", b"5", b'"text"', b"[[" + b"[" * 2000 + b"]" * 2002)


def result(value: bytes) -> bytes:
    return b'{"ok": true, "result": ' + value + b"}"


def odd_messages(chat_id: int) -> Iterator[bytes]:
    chat = {"id": chat_id, "type": "private"}
    for message in (
        {"date": 1, "chat": chat},
        {"message_id": 1, "date": 1},
        {"message_id": 2**64, "date": 1, "chat": chat},
        {"message_id": True, "date": 1, "chat": chat},
        {"message_id": 1, "date": 1, "chat": {"id": 2**70}},
    ):
        yield result(json.dumps(message).encode())


@pytest.fixture
def faults(client: Client) -> Iterator[Faults]:
    yield client.server.faults
    client.server.faults.clear()


@pytest.mark.parametrize("body", [b'{"ok": true}', *map(result, ODD_RESULTS), *odd_messages(5)])
async def test_a_message_that_was_taken_is_not_sent_again(client: Client, faults: Faults, body: bytes) -> None:
    chat, person = client.newcomer()
    faults.add(Answer(body, after_effect=True), method="sendMessage", chat_id=chat.id)
    client.sim.send_text(chat, person, "/help")
    client.sim.send_photo(chat, person, picture(1))
    said = await client.said_in(chat)
    assert len(said) == 2
    assert not client.bot.intake.done()


async def test_of_a_sent_message_no_more_is_needed_than_its_chat_and_its_id(client: Client, faults: Faults) -> None:
    chat, _ = client.newcomer()
    body = {"message_id": 9, "chat": {"id": chat.id, "type": None}, "photo": [{}], "text": 5, "date": "soon"}
    faults.add(Answer(result(json.dumps(body).encode())), method="sendMessage", chat_id=chat.id)
    sent = await client.bot.application.bot.send_message(chat.id, "hello")
    assert (sent.chat_id, sent.message_id) == (chat.id, 9)


@pytest.mark.parametrize("body", [b"null", result(b"{}"), result(b'{"status": "creator"}')])
@pytest.mark.parametrize("method", ["sendChatAction", "getChatMember", "setMessageReaction"])
async def test_other_calls_that_are_answered_oddly_cost_nobody_the_answer(
    client: Client, faults: Faults, method: str, body: bytes
) -> None:
    faults.add(Answer(body), method=method, count=1)
    chat, person = client.newcomer()
    group = client.sim.add_group("The friends", creator=person)
    asked = client.sim.send_text(group, person, f"/settings@{client.sim.bot.username}")
    assert "reply_markup" in await client.reply_to(asked), "an admin's keyboard"
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, picture(2)))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"null", id="no answer", marks=pytest.mark.slow),
        pytest.param(result(b'{"file_id": "a", "file_unique_id": "b"}'), id="no path"),
        pytest.param(
            result(b'{"file_id": "a", "file_unique_id": "b", "file_path": 5}'), id="a number", marks=pytest.mark.slow
        ),
        pytest.param(
            result(b'{"file_id": "a", "file_unique_id": "b", "file_path": ["photos/1.jpg"]}'),
            id="a list",
            marks=pytest.mark.slow,
        ),
    ],
)
async def test_a_file_of_which_telegram_does_not_say_where_it_is_is_told_to_be_unavailable(
    client: Client, faults: Faults, body: bytes
) -> None:
    chat, person = client.newcomer()
    faults.add(Answer(body), method="getFile")
    photo = picture(len(body))  # one that is not remembered
    assert await client.text_after(client.sim.send_photo(chat, person, photo)) == ENGLISH("answers-file-unavailable")


@pytest.mark.parametrize("body", [b"{}", result(b"{}"), result(b'{"message_id": 5}')])
async def test_a_press_whose_answers_are_odd_is_carried_out(client: Client, faults: Faults, body: bytes) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(4)))
    for method in ("editMessageText", "answerCallbackQuery"):
        faults.add(Answer(body, after_effect=True), method=method, count=1)
    button = reply["reply_markup"]["inline_keyboard"][0][0]
    await client.sim.press(reply, button["callback_data"], person)
    said = await client.said_in(chat)
    assert len(said) == 1
    assert said != [reply["text"]], "it was changed"


@asynccontextmanager
async def quiet_server() -> AsyncIterator[tuple[LocalChatServer, TelegramBot]]:
    """A server, and a bot without handlers."""
    async with LocalChatServer() as server, AiohttpRequest(connections=1, read_timeout_s=5) as request:
        url = f"{server.api_url}/bot"
        yield server, TelegramBot(server.token, url, request=request, get_updates_request=request)


FURTHER_ODD_SELVES = (
    b"[]",
    b"null",
    b'{"id": 1, "is_bot": true, "first_name": "B"}',
    b'{"id": "1", "is_bot": true, "first_name": "B", "username": "b_bot"}',
    b'{"id": 99999999999999999999999, "is_bot": true, "first_name": "B", "username": "b_bot"}',
    b'{"id": 1, "is_bot": true, "first_name": "B", "username": 5}',
)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        result(b"{}"),
        *(pytest.param(body, marks=pytest.mark.slow) for body in (*FURTHER_ODD, *map(result, FURTHER_ODD_SELVES))),
    ],
)
async def test_a_bot_that_is_told_oddly_who_it_is_does_not_start(tmp_path: Path, body: bytes) -> None:
    async with LocalChatServer() as server:
        server.faults.add(Answer(body), method="getMe")
        with pytest.raises(StartError, match=rf"^What answers at {server.api_url} is no Bot API: .*\.$"):
            await LabelBot(settings_for(server, tmp_path)).start()


@pytest.mark.slow
async def test_an_odd_answer_about_the_webhook_keeps_no_bot_from_starting(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        server.faults.add(Answer(b"{}"), method="deleteWebhook")
        server.faults.add(Answer(b"null"), method="setMyCommands", count=3)
        async with LabelBot(settings_for(server, tmp_path)) as bot:
            client = Client(server, bot)
            assert await client.said_in(client.newcomer()[0]) == []
            await bot.menus


async def test_what_cannot_be_read_is_told_apart() -> None:
    async with quiet_server() as (server, bot):
        cases: list[tuple[Answer, type[NetworkError]]] = [
            (Answer(b"{}"), UnreadableResponse),
            (Answer(b'{"ok": true}'), UnreadableResult),
            (Answer(result(b"{}")), UnreadableResult),
            (Answer(b'{"ok": false, "description": "Bad Request: no"}'), BadRequest),
            (Answer(b'{"ok": false}'), BadRequest),
            (Answer(b'{"ok": false, "description": ["no"]}', 400), BadRequest),
        ]
        for answer, kind in cases:
            server.faults.add(answer, method="getFile", count=1)
            with pytest.raises(NetworkError) as raised:
                await bot.get_file("a secret id")
            assert type(raised.value) is kind, answer


@pytest.mark.parametrize(
    "odd", [b"{}", b"[]", b'{"id": 5}', b'{"url": 5}', b'{"user": {"id": 5}}', b'{"file_path": 5}']
)
async def test_an_odd_answer_to_a_question_is_no_error_of_python(odd: bytes) -> None:
    async with quiet_server() as (server, bot):
        questions = {
            "getMe": bot.get_me(),
            "getFile": bot.get_file("a"),
            "getChat": bot.get_chat(5),
            "getChatMember": bot.get_chat_member(-5, 5),
            "getChatAdministrators": bot.get_chat_administrators(-5),
            "getWebhookInfo": bot.get_webhook_info(),
        }
        for method, question in questions.items():
            body = odd if odd == b"{}" or method != "getChatAdministrators" else b"[" + odd + b"]"
            server.faults.add(Answer(result(body)), method=method, count=1)
            with pytest.raises(UnreadableResult, match=f"the response to {method} cannot be read"):
                await question


async def test_the_page_of_a_server_on_the_way_is_not_told() -> None:
    async with quiet_server() as (server, bot):
        server.faults.add(Answer(b"<html>Ann wrote: a secret</html>", 404), method="getFile", count=1)
        with pytest.raises(InvalidToken, match=r"^Not Found \(404\)$"):
            await bot.get_file("a")


async def test_half_a_character_is_refused_before_it_leaves() -> None:
    async with quiet_server() as (_, bot):
        with pytest.raises(BadRequest, match=r"^[^\ud800]*$"):
            await bot.send_message(5, "half a character: \ud800")
