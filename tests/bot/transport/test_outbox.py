"""Sending to a chat: what is tried again, what is given up, and that no reply is sent twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from telegram.constants import ReactionEmoji
from telegram.error import BadRequest

from bot.limits import backoff
from bot.localchat.faults import Answer, Cut, Delay, Effect, Faults, Refused, RetryAfter, ServerError
from bot.transport import flood_control, retries
from bot.transport.outbox import Outbox
from tests.support.client import Client, connected_client
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def faults(client: Client) -> Iterator[Faults]:
    yield client.server.faults
    client.server.faults.clear()


@pytest.mark.parametrize(
    "effect",
    [
        ServerError(500),
        Answer(b"<html>nginx</html>", 404),
        Answer(b'{"ok":false,"error_code":401,"description":"Unauthorized"}', 401),
        *(
            pytest.param(effect, marks=pytest.mark.slow)
            for effect in (ServerError(502), ServerError(504), RetryAfter(1))
        ),
    ],
)
async def test_a_refused_reply_is_sent_again_and_arrives_once(client: Client, faults: Faults, effect: Effect) -> None:
    chat, person = client.newcomer()
    faults.add(effect, method="sendMessage", chat_id=chat.id, count=2)
    client.sim.send_text(chat, person, "/help")
    assert len(await client.said_in(chat)) == 1
    assert len(client.calls("sendMessage", chat)) == 3


@pytest.mark.slow
async def test_a_chat_that_floods_holds_up_no_other(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    other_chat, other = client.newcomer()
    faults.add(RetryAfter(2), method="sendMessage", chat_id=chat.id, count=1)
    slow = client.sim.send_text(chat, person, "/help")
    await client.sim.wait_for(lambda: client.calls("sendMessage", chat))
    await client.reply_to(client.sim.send_photo(other_chat, other, picture(1)))
    assert len(client.calls("sendMessage", chat)) == 1
    await client.reply_to(slow)


@pytest.mark.slow
async def test_a_burst_that_telegram_slows_down_is_answered_whole(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    faults.add(RetryAfter(1), method="sendMessage", chat_id=chat.id, count=40)
    sent = [client.sim.send_text(chat, person, "/help") for _ in range(8)]
    assert len({(await client.sim.wait_for_reply(message, 60))["message_id"] for message in sent}) == len(sent)


@pytest.mark.parametrize(("after_effect", "delivered"), [(True, 2), (False, 1)])
async def test_a_reply_whose_connection_broke_is_sent_again(
    client: Client, faults: Faults, after_effect: bool, delivered: int
) -> None:
    chat, person = client.newcomer()
    faults.add(Cut(after_effect=after_effect), method="sendMessage", chat_id=chat.id, count=1)
    client.sim.send_text(chat, person, "/help")
    assert len(await client.said_in(chat)) == delivered


async def test_a_message_that_somebody_deletes_at_once_is_not_sent_again(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    description = "Internal Server Error: sent message was immediately deleted"
    body = json.dumps({"ok": False, "error_code": 500, "description": description}).encode()
    faults.add(Answer(body, 500, after_effect=True), method="sendMessage", chat_id=chat.id, count=1)
    client.sim.send_text(chat, person, "/help")
    client.sim.send_text(chat, person, "/privacy")
    assert len(await client.said_in(chat)) == 2
    assert len(client.calls("sendMessage", chat)) == 2


async def test_connections_that_always_break_do_not_fill_a_chat(
    client: Client, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "PAUSES_OF_UNKNOWN_FATE_S", (0.01,) * 4)
    unknown, given_up = await doubts(client), client.statistics.given_up
    chat, person = client.newcomer()
    faults.add(Cut(after_effect=True), method="sendMessage", chat_id=chat.id)
    client.sim.send_text(chat, person, "/help")
    assert len(await client.said_in(chat)) == 5
    assert (await doubts(client) - unknown, client.statistics.given_up - given_up) == (5, 1)


@pytest.mark.parametrize("after_effect", [True, False])
@pytest.mark.parametrize(
    ("status", "body"), [(504, b"<html>"), (200, b"<html>"), (200, b""), (200, b"null"), (200, b"[]"), (200, b"{}")]
)
async def test_a_send_of_unknown_fate_is_repeated_once_and_counted(
    client: Client, faults: Faults, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, after_effect: bool
) -> None:
    monkeypatch.setattr(retries, "PAUSES_OF_UNKNOWN_FATE_S", (0.01,) * 4)
    unknown = await doubts(client)
    chat, person = client.newcomer()
    effect = Answer(body, status, after_effect=after_effect)
    faults.add(effect, method="sendMessage", chat_id=chat.id, count=1)
    client.sim.send_text(chat, person, "/help")
    assert len(await client.said_in(chat)) == 1 + after_effect
    assert len(client.calls("sendMessage", chat)) == 2
    assert await doubts(client) - unknown == 1
    assert ENGLISH("admin-stats-unknown-fate", count=unknown + 1) in await client.order("/stats")


@pytest.mark.slow
async def test_a_server_that_falls_silent_costs_no_answer(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    unknown = await doubts(client)
    silence = faults.add(Delay(60.0), method="sendMessage", chat_id=chat.id, count=1)
    await client.reply_to(client.sim.send_photo(chat, person, picture(5)))
    assert silence.hits == 1
    assert await doubts(client) - unknown == 1


async def test_what_certainly_failed_is_sent_until_it_is_too_old(
    client: Client, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retries, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(backoff, "MAX_PAUSE_S", 0.01)
    unknown = await doubts(client)
    chat, person = client.newcomer()
    faults.add(ServerError(502), method="sendMessage", chat_id=chat.id, count=40)
    client.sim.send_text(chat, person, "/help")
    assert len(await client.said_in(chat)) == 1
    assert len(client.calls("sendMessage", chat)) == 41
    assert await doubts(client) == unknown


@pytest.mark.parametrize("effect", [ServerError(502), RetryAfter(1)])
async def test_what_fails_until_it_is_too_old_is_given_up_and_told_to_the_admins(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], effect: Effect
) -> None:
    async with connected_client(tmp_path, max_age=3) as client:
        chat, person = client.newcomer()
        client.server.faults.add(effect, method="sendMessage", chat_id=chat.id)
        client.sim.send_text(chat, person, "/help")
        assert await client.said_in(chat) == []
        assert ENGLISH("admin-stats-given-up", count=1) in await client.order("/stats")
        assert "message lost" in capfd.readouterr().out


@pytest.mark.slow
async def test_a_wait_of_minutes_that_telegram_asks_for_costs_no_answer(
    client: Client, faults: Faults, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flood_control, "MAX_COOL_DOWN_S", 0.5)
    chat, person = client.newcomer()
    faults.add(RetryAfter(2), method="sendMessage", chat_id=chat.id, count=2)
    for message in [client.sim.send_text(chat, person, "/help") for _ in range(5)]:
        await client.reply_to(message)


async def doubts(client: Client) -> int:
    """Count the sends so far of which the bot does not know whether they arrived."""
    return (await client.statistics.totals()).unknown_fate


async def test_floods_that_do_not_end_are_given_up(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    faults.add(RetryAfter(3600), method="sendMessage", chat_id=chat.id)
    client.sim.send_text(chat, person, "/help")
    assert await client.said_in(chat) == []
    assert len(client.calls("sendMessage", chat)) == 1


async def test_a_person_who_blocked_the_bot_is_no_error(
    client: Client, faults: Faults, capfd: pytest.CaptureFixture[str]
) -> None:
    chat, person = client.newcomer()
    faults.add(Delay(0.2), method="getFile", count=1)
    client.sim.send_photo(chat, person, picture(2))
    client.sim.block_bot(person)
    assert await client.said_in(chat) == []
    assert len(client.calls("sendMessage", chat)) == 1
    written = capfd.readouterr().out
    assert "chat unreachable" in written
    assert "unexpected error" not in written


REFUSALS = [
    *(
        Refused(words)
        for words in (
            "ALLOW_PAYMENT_REQUIRED",
            "CHANNEL_PRIVATE",
            "CHAT_ADMIN_REQUIRED",
            "CHAT_GUEST_SEND_FORBIDDEN",
            "CHAT_RESTRICTED",
            "CHAT_SEND_PHOTOS_FORBIDDEN",
            "CHAT_SEND_PLAIN_FORBIDDEN",
            "CHAT_WRITE_FORBIDDEN",
            "INPUT_USER_DEACTIVATED",
            "PEER_ID_INVALID",
            "PRIVACY_PREMIUM_REQUIRED",
            "TOPIC_CLOSED",
            "TOPIC_DELETED",
            "USER_BANNED_IN_CHANNEL",
            "USER_DEACTIVATED",
            "USER_IS_BLOCKED",
            "chat not found",
            "group chat was deactivated",
            "have no rights to send a message",
            "have no write access to the chat",
            "message thread not found",
            "need administrator rights in the channel chat",
            "not enough rights to send text messages to the chat",
        )
    ),
    *(
        Refused(words, 403)
        for words in (
            "CHAT_SEND_PLAIN_FORBIDDEN",
            "bot is not a member of the supergroup chat",
            "bot was blocked by the user",
            "bot was kicked from the supergroup chat",
            "bots can't send messages to bots",
            "the group chat was deleted",
            "user is deactivated",
        )
    ),
]


@pytest.mark.parametrize("refused", REFUSALS, ids=lambda refused: refused.description)
async def test_where_the_bot_may_not_write_it_tries_once_and_says_so_in_one_line(
    client: Client, faults: Faults, capfd: pytest.CaptureFixture[str], refused: Refused
) -> None:
    chat, person = client.newcomer()
    faults.add(refused, method="sendMessage", chat_id=chat.id)
    client.sim.send_text(chat, person, "/help")
    assert await client.said_in(chat) == []
    assert len(client.calls("sendMessage", chat)) == 1
    written = capfd.readouterr().out
    assert written.count("chat unreachable") == 1
    assert "Traceback" not in written


async def test_what_telegram_refuses_in_words_that_nobody_knows_is_told_once_and_apologised_for_once(
    client: Client, faults: Faults, capfd: pytest.CaptureFixture[str]
) -> None:
    chat, person = client.newcomer()
    faults.add(Refused("SOMETHING_NEW"), method="sendMessage", chat_id=chat.id)
    client.sim.send_text(chat, person, "/help")
    assert await client.said_in(chat) == []
    assert len(client.calls("sendMessage", chat)) == 2
    written = capfd.readouterr().out
    assert written.count("unexpected error") == 1
    assert written.count("apology refused") == 1


@pytest.mark.parametrize("words", ["REACTION_INVALID", "message to react not found", "MESSAGE_ID_INVALID"])
async def test_a_reaction_that_is_not_taken_is_no_error(
    client: Client, faults: Faults, capfd: pytest.CaptureFixture[str], words: str
) -> None:
    chat, _ = client.newcomer()
    message = await client.bot.application.bot.send_message(chat.id, "a message of the bot's own")
    faults.add(Refused(words), method="setMessageReaction", chat_id=chat.id)
    await Outbox(client.bot.application.bot).react(message, ReactionEmoji.EYES)
    assert len(client.calls("setMessageReaction", chat)) == 1


async def test_a_photo_deleted_meanwhile_is_still_answered(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    faults.add(Delay(0.2), method="getFile", count=1)
    client.sim.delete(chat, client.sim.send_photo(chat, person, picture(3)))
    (said,) = await client.said_in(chat)
    assert "%" in said


async def test_failing_to_show_typing_costs_nobody_the_answer(client: Client, faults: Faults) -> None:
    chat, person = client.newcomer()
    faults.add(RetryAfter(60), method="sendChatAction", chat_id=chat.id)
    assert "%" in await client.text_after(client.sim.send_photo(chat, person, picture(4)))


async def test_a_text_that_telegram_refuses_is_an_error_of_ours(client: Client) -> None:
    chat, _ = client.newcomer()
    message = await client.bot.application.bot.send_message(chat.id, "a message of the bot's own")
    with pytest.raises(BadRequest, match="parse entities"):
        await Outbox(client.bot.application.bot).reply(message, "<b>never closed")


async def test_links_in_replies_show_no_preview_and_replies_are_html(client: Client) -> None:
    group = client.sim.group
    await client.reply_to(client.sim.send_text(group, client.sim.alice, f"/start@{client.sim.bot.username}"))
    (call,) = client.calls("sendMessage", group)
    assert call.parameters["parse_mode"] == "HTML"
    assert call.parameters["text"] == ENGLISH("commands-start", knows=ENGLISH("commands-knows-own", model="starter"))
    assert '"is_disabled": true' in call.parameters["link_preview_options"]
    assert '"allow_sending_without_reply": true' in call.parameters["reply_parameters"]


async def test_a_token_or_password_that_an_admin_pasted_comes_back_hidden(client: Client) -> None:
    secret = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
    address = f"http://me:hunter2@127.0.0.1:9/bot4839574812:{secret}"
    for text in (f"/use 4839574812:{secret}", f"/pull birds {address}", f"/remove {address}", f"/pull {address}"):
        order = client.sim.send_text(client.admin_chat, client.sim.admin, text)
        await client.reply_to(order)
        await client.said_in(client.admin_chat)
    said = str([call.parameters for call in client.calls("sendMessage", client.admin_chat)])
    said += str([call.parameters for call in client.calls_of("editMessageText")])
    assert secret not in said
    assert "hunter2" not in said
    assert "4839574812:[token]" in said
