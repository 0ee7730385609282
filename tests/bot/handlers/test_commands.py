"""The commands, over the local Bot API server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.app import LabelBot
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.views import replies
from tests.support.conversation import Conversation, conversation, settings_for
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

KNOWS = ENGLISH("commands-knows-own", model="starter")
START, HELP = ENGLISH("commands-start", knows=KNOWS), ENGLISH("commands-help", knows=KNOWS)


def shown(html: str) -> str:
    return parse_html(html)[0]


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("/start", START),
        ("/start deep-link", START),
        ("/help", HELP),
        ("/HELP", HELP),
        ("/help@{bot}", HELP),
        ("/privacy", ENGLISH("privacy-kept", days=30)),
        ("/label", ENGLISH("commands-label-needs-a-photo")),
        ("/frobnicate", ENGLISH("commands-unknown")),
        ("/frobnicate@{bot} now", ENGLISH("commands-unknown")),
        ("hello there", ENGLISH("commands-send-a-photo")),
    ],
)
async def test_each_command_is_answered(talk: Conversation, text: str, answer: str) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_text(chat, person, text.format(bot=talk.world.bot.username))
    reply = await talk.reply_to(message)
    assert reply["text"] == shown(answer)
    assert reply["reply_to_message"]["message_id"] == message["message_id"]


async def test_a_command_for_another_bot_is_left_to_it(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    for command in ("/help@another_bot", "/label@another_bot", "/frobnicate@another_bot"):
        talk.world.send_text(chat, person, command)
    assert await talk.said_in(chat) == []


async def test_model_names_the_one_that_answers(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    text = await talk.text_after(talk.world.send_text(chat, person, "/model"))
    assert text.startswith("starter answers here. It knows 200 labels and looks at images in 64 x 64 pixels.")


async def test_label_in_reply_to_a_photo_works_in_private_too(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    message = talk.world.send_photo(chat, person, picture(70))
    first = await talk.reply_to(message)
    asked = talk.world.send_text(chat, person, "/label", reply_to=message)
    said = await talk.said_in(chat)
    assert len(said) == 2, asked
    assert said[0] == first["text"]
    assert said[1].endswith("seen before")


async def test_top_is_told_changed_and_kept_for_each_chat(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    other_chat, other = talk.newcomer()
    say = talk.world.send_text
    assert "the 5 best labels" in await talk.text_after(say(chat, person, "/top"))
    assert "the 3 best labels" in await talk.text_after(say(chat, person, "/top 3"))
    assert "the 3 best labels" in await talk.text_after(say(chat, person, "/top"))
    photo = picture(71)
    assert (await talk.text_after(talk.world.send_photo(chat, person, photo))).count("%") == 3
    assert (await talk.text_after(talk.world.send_photo(other_chat, other, photo))).count("%") == 5
    await talk.text_after(say(chat, person, "/top 10"))
    assert (await talk.text_after(talk.world.send_photo(chat, person, photo))).count("%") == 10


@pytest.mark.parametrize("argument", ["0", "11", "-1", "three", "1.5", "3 4", "99999999999999999999", "²"])
async def test_a_number_that_top_cannot_take_is_refused_kindly(talk: Conversation, argument: str) -> None:
    chat, person = talk.newcomer()
    text = await talk.text_after(talk.world.send_text(chat, person, f"/top {argument}"))
    assert text == shown(replies.top_refused(ENGLISH))
    assert "the 5 best labels" in await talk.text_after(talk.world.send_text(chat, person, "/top"))


async def test_settings_and_labels_survive_a_restart(tmp_path: Path) -> None:
    photo = picture(72)
    async with LocalChatServer() as server:
        alice, private = server.world.alice, server.world.private
        for expected in ("", "seen before"):
            async with LabelBot(settings_for(server, tmp_path)) as bot:
                talk = Conversation(server, bot)
                if not expected:
                    await talk.reply_to(talk.world.send_text(private, alice, "/top 2"))
                text = await talk.text_after(talk.world.send_photo(private, alice, photo))
                assert text.count("%") == 2
                assert text.endswith(expected)
                assert len(talk.calls_of("getFile")) == 1


async def test_the_menus_hold_what_works_in_each_kind_of_chat(talk: Conversation) -> None:
    menus: dict[str, dict[str, list[str]]] = {}
    for call in talk.calls_of("setMyCommands"):
        scope, menu = json.loads(call.parameters["scope"]), json.loads(call.parameters["commands"])
        menus.setdefault(scope["type"], {})[call.parameters.get("language_code", "")] = [row["command"] for row in menu]
    for languages in menus.values():
        assert sorted(languages) == ["", "ar", "de", "es", "pt", "ru", "uk"]
    assert {scope: languages["de"] for scope, languages in menus.items()} == {
        "all_private_chats": ["help", "top", "model", "label", "settings", "privacy", "deletemydata"],
        "all_group_chats": ["label", "settings"],
        "chat": [
            *("help", "top", "model", "label", "settings", "privacy", "deletemydata"),
            *("models", "use", "pull", "rollback", "remove", "reload", "stats", "workers", "ban", "unban"),
        ],
    }
    shown = talk.world.store.menus.shown
    assert "models" in {row["command"] for row in shown(talk.admin_chat, talk.world.boss)}
    assert "models" not in {row["command"] for row in shown(*talk.newcomer())}


async def test_the_default_model_knows_a_thousand_things_and_says_so(home: Path) -> None:
    async with conversation(home, model="efficientnet_lite0") as talk:
        chat, person = talk.newcomer()
        for command in ("/start", "/help"):
            said = await talk.text_after(talk.world.send_text(chat, person, command))
            assert "\n\nI know a thousand things: animals, food, " in said
        assert "1,000 labels" in await talk.text_after(talk.world.send_text(chat, person, "/model"))
