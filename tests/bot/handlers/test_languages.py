"""The language that the bot answers in: the person's in private chats, the one that a group chose elsewhere."""

from __future__ import annotations

import re

import pytest

from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.views.texts import Languages
from tests.support.client import Client
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANGUAGES = Languages.load()


def shown(language: str, key: str, **arguments: str | float) -> str:
    return parse_html(LANGUAGES.closest(language)(key, **arguments))[0]


def speaker(client: Client, language_code: str) -> tuple[Chat, User]:
    """Someone whose app speaks a language, and their chat with the bot."""
    person = client.sim.add_user(f"Guest {language_code}", language_code=language_code)
    return client.sim.add_private_chat(person), person


@pytest.mark.parametrize(
    ("language_code", "language"), [("uk", "uk"), ("pt-br", "pt"), ("ar", "ar"), ("en-GB", "en"), ("tlh", "en")]
)
async def test_a_person_is_answered_in_the_language_of_their_app(
    client: Client, language_code: str, language: str
) -> None:
    chat, person = speaker(client, language_code)
    help_asked = client.sim.send_text(chat, person, "/help")
    assert await client.text_after(help_asked) == shown(
        language, "commands-help", knows=LANGUAGES.closest(language)("commands-knows-own", model="starter")
    )
    assert await client.text_after(client.sim.send_text(chat, person, "/top 3")) == shown(
        language, "commands-top-set", count=3
    )


async def test_labels_failures_and_menus_are_in_that_language_too(client: Client) -> None:
    chat, person = speaker(client, "uk")
    labelled = await client.text_after(client.sim.send_photo(chat, person, picture(80)))
    assert labelled.endswith(" мс")
    assert re.search(r"▱ \d+%", labelled)
    broken = client.sim.send_document(chat, person, b"nothing", file_name="a.png", mime_type="image/png")
    assert await client.text_after(broken) == shown("uk", "failures-not-an-image")
    refused = await client.text_after(client.sim.send_text(chat, person, "/stats"))
    assert refused == shown("uk", "admin-only", id=str(person.id))
    menu = client.sim.store.menus.shown(chat, person)
    assert {"command": "help", "description": shown("uk", "menu-help")} in menu


async def test_a_group_is_answered_in_the_language_that_its_admins_chose(client: Client) -> None:
    sim = client.sim
    _, person = speaker(client, "uk")
    group = sim.add_group("Verein", creator=sim.alice, members=(person,))
    asked = f"/label@{sim.bot.username}"
    said = await client.text_after(sim.send_text(group, person, asked))
    assert said == shown("en", "commands-label-needs-a-photo")
    chats = client.bot.application.bot_data["services"].storage.chats
    await chats.change(group.id, {"language": "de"})
    said = await client.text_after(sim.send_text(group, person, asked))
    assert said == shown("de", "commands-label-needs-a-photo")
    photo = sim.send_photo(group, person, picture(82))
    sim.send_text(group, person, asked, reply_to=photo)
    assert re.search(r"▱ \d+\u00a0%", await client.text_after(photo))
