"""The commands, over the local Bot API server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.app import LabelBot
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.views import replies
from bot.views.texts import Languages
from tests.support.client import Client, connected_client, settings_for
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANGUAGES = Languages.load()
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
        ("Help!", HELP),
        ("what can you do?", HELP),
        ("Thank you :)", ENGLISH("commands-you-are-welcome")),
        ("top", ENGLISH("commands-top", count=5, min=1, max=10)),
        ("top 0", ENGLISH("commands-top-refused", min=1, max=10)),
        ("/TOP99", ENGLISH("commands-top-refused", min=1, max=10)),
        ("the top 3 of them", ENGLISH("commands-send-a-photo")),
    ],
)
async def test_each_command_is_answered(client: Client, text: str, answer: str) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_text(chat, person, text.format(bot=client.sim.bot.username))
    reply = await client.reply_to(message)
    assert reply["text"] == shown(answer)
    assert client.sim.replies(message) == [reply]


@pytest.mark.parametrize("text", ["top 3", "Top3", "/top3", "/TOP3", "/Top 3"])
async def test_top_is_understood_as_people_write_it(client: Client, text: str) -> None:
    chat, person = client.newcomer()
    assert await client.text_after(client.sim.send_text(chat, person, text)) == ENGLISH("commands-top-set", count=3)


@pytest.mark.parametrize(
    ("language", "text", "answer"),
    [("de", "Danke!", "commands-you-are-welcome"), ("ar", "شكرًا", "commands-you-are-welcome")],
)
async def test_thanks_are_understood_in_the_language_of_the_chat(
    client: Client, language: str, text: str, answer: str
) -> None:
    person = client.sim.add_user("Greta", language_code=language)
    chat = client.sim.add_private_chat(person)
    assert await client.text_after(client.sim.send_text(chat, person, text)) == LANGUAGES.closest(language)(answer)


async def test_a_command_for_another_bot_is_left_to_it(client: Client) -> None:
    chat, person = client.newcomer()
    for command in ("/help@another_bot", "/label@another_bot", "/frobnicate@another_bot"):
        client.sim.send_text(chat, person, command)
    assert await client.said_in(chat) == []


async def test_model_names_the_one_that_answers(client: Client) -> None:
    chat, person = client.newcomer()
    text = await client.text_after(client.sim.send_text(chat, person, "/model"))
    assert text.startswith("I'm using the model starter here. It knows 200 things.\nIt's my default.\n\nversion")


async def test_label_in_reply_to_a_photo_works_in_private_too(client: Client) -> None:
    chat, person = client.newcomer()
    message = client.sim.send_photo(chat, person, picture(70))
    first = await client.reply_to(message)
    asked = client.sim.send_text(chat, person, "/label", reply_to=message)
    said = await client.said_in(chat)
    assert len(said) == 2, asked
    assert said[0] == first["text"]
    assert said[1].endswith("seen before")


async def test_top_is_told_changed_and_kept_for_each_chat(client: Client) -> None:
    chat, person = client.newcomer()
    other_chat, other = client.newcomer()
    say = client.sim.send_text
    assert "the top 5 labels" in await client.text_after(say(chat, person, "/top"))
    assert "the top 3 labels" in await client.text_after(say(chat, person, "/top 3"))
    assert "the top 3 labels" in await client.text_after(say(chat, person, "/top"))
    photo = picture(72)  # of which the model is so unsure that ten labels have at least 1 %
    assert (await client.text_after(client.sim.send_photo(chat, person, photo))).count("%") == 3
    assert (await client.text_after(client.sim.send_photo(other_chat, other, photo))).count("%") == 5
    await client.text_after(say(chat, person, "/top 10"))
    assert (await client.text_after(client.sim.send_photo(chat, person, photo))).count("%") == 10


@pytest.mark.parametrize("argument", ["0", "11", "-1", "three", "1.5", "3 4", "99999999999999999999", "²"])
async def test_a_number_that_top_cannot_take_is_refused_kindly(client: Client, argument: str) -> None:
    chat, person = client.newcomer()
    text = await client.text_after(client.sim.send_text(chat, person, f"/top {argument}"))
    assert text == shown(replies.top_refused(ENGLISH))
    assert "the top 5 labels" in await client.text_after(client.sim.send_text(chat, person, "/top"))


async def test_settings_and_labels_survive_a_restart(tmp_path: Path) -> None:
    photo = picture(72)
    async with LocalChatServer() as server:
        alice, private = server.simulation.alice, server.simulation.private
        for expected in ("", "seen before"):
            async with LabelBot(settings_for(server, tmp_path)) as bot:
                client = Client(server, bot)
                if not expected:
                    await client.reply_to(client.sim.send_text(private, alice, "/top 2"))
                text = await client.text_after(client.sim.send_photo(private, alice, photo))
                assert text.count("%") == 2
                assert text.endswith(expected)
                assert len(client.calls_of("getFile")) == 1


async def test_the_menus_hold_what_works_in_each_kind_of_chat(client: Client) -> None:
    menus: dict[str, dict[str, list[str]]] = {}
    for call in client.calls_of("setMyCommands"):
        scope, menu = json.loads(call.parameters["scope"]), json.loads(call.parameters["commands"])
        menus.setdefault(scope["type"], {})[call.parameters.get("language_code", "")] = [row["command"] for row in menu]
    for languages in menus.values():
        assert sorted(languages) == ["", "ar", "de", "es", "pt", "ru", "uk"]
    assert {scope: languages["de"] for scope, languages in menus.items()} == {
        "all_private_chats": [
            *("help", "top", "model", "label", "teach", "classes"),
            *("settings", "privacy", "deletemydata"),
        ],
        "all_group_chats": ["label", "teach", "classes"],
        "all_chat_administrators": ["label", "teach", "classes", "settings"],
        "chat": [
            *("help", "top", "model", "label", "teach", "classes"),
            *("settings", "privacy", "deletemydata"),
            *("models", "use", "pull", "rollback", "remove", "reload", "stats", "workers", "ban", "unban"),
        ],
    }
    shown = client.sim.store.menus.shown
    assert "models" in {row["command"] for row in shown(client.admin_chat, client.sim.admin)}
    assert "models" not in {row["command"] for row in shown(*client.newcomer())}


async def test_the_profile_tells_in_each_language_what_the_bot_does(client: Client) -> None:
    descriptions = client.sim.store.descriptions
    await client.sim.wait_for(lambda: len(descriptions) == 2 * 7 or None)
    assert {language for _, language in descriptions} == {"", "ar", "de", "es", "pt", "ru", "uk"}
    assert descriptions["short_description", "de"].startswith("Schick mir ein Foto")
    assert descriptions["short_description", ""].startswith("Send me a photo")
    assert all("<" not in text for text in descriptions.values())


async def test_a_profile_that_the_owner_wrote_stays(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        descriptions = server.simulation.store.descriptions
        descriptions["description", ""] = "The owner's own text"
        async with LabelBot(settings_for(server, tmp_path)) as bot:
            await bot.menus
        assert {key: text for key, text in descriptions.items() if key[0] == "description"} == {
            ("description", ""): "The owner's own text"
        }
        assert len(descriptions) == 1 + 7


async def test_the_default_model_knows_a_thousand_things_and_says_so(home: Path) -> None:
    async with connected_client(home, model="efficientnet_lite0") as client:
        chat, person = client.newcomer()
        for command in ("/start", "/help"):
            said = await client.text_after(client.sim.send_text(chat, person, command))
            assert "\n\nI know a thousand things: animals, food, " in said
        assert "1,000 things" in await client.text_after(client.sim.send_text(chat, person, "/model"))
