"""The language that the bot answers in: the person's in private chats, the one that a group chose elsewhere."""

from __future__ import annotations

import re

import pytest

from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.views.texts import Languages
from tests.support.conversation import Conversation
from tests.support.pictures import picture

pytestmark = pytest.mark.asyncio(loop_scope="module")

LANGUAGES = Languages.load()


def shown(language: str, key: str, **arguments: str | float) -> str:
    return parse_html(LANGUAGES.closest(language)(key, **arguments))[0]


def speaker(talk: Conversation, language_code: str) -> tuple[Chat, User]:
    """Someone whose app speaks a language, and their chat with the bot."""
    person = talk.world.add_user(f"Guest {language_code}", language_code=language_code)
    return talk.world.add_private_chat(person), person


@pytest.mark.parametrize(
    ("language_code", "language"), [("uk", "uk"), ("pt-br", "pt"), ("ar", "ar"), ("en-GB", "en"), ("tlh", "en")]
)
async def test_a_person_is_answered_in_the_language_of_their_app(
    talk: Conversation, language_code: str, language: str
) -> None:
    chat, person = speaker(talk, language_code)
    help_asked = talk.world.send_text(chat, person, "/help")
    assert await talk.text_after(help_asked) == shown(
        language, "commands-help", knows=LANGUAGES.closest(language)("commands-knows-own", model="starter")
    )
    assert await talk.text_after(talk.world.send_text(chat, person, "/top 3")) == shown(
        language, "commands-top-set", count=3
    )


async def test_labels_failures_and_menus_are_in_that_language_too(talk: Conversation) -> None:
    chat, person = speaker(talk, "uk")
    labelled = await talk.text_after(talk.world.send_photo(chat, person, picture(80)))
    assert labelled.endswith(" мс")
    assert re.search(r"▱ +\d+,\d%", labelled)
    broken = talk.world.send_document(chat, person, b"nothing", file_name="a.png", mime_type="image/png")
    assert await talk.text_after(broken) == shown("uk", "failures-not-an-image")
    refused = await talk.text_after(talk.world.send_text(chat, person, "/stats"))
    assert refused == shown("uk", "admin-only", id=str(person.id))
    menu = talk.world.store.menus.shown(chat, person)
    assert {"command": "help", "description": shown("uk", "menu-help")} in menu


async def test_a_group_is_answered_in_the_language_that_its_admins_chose(talk: Conversation) -> None:
    world = talk.world
    _, person = speaker(talk, "uk")
    group = world.add_group("Verein", creator=world.alice, members=(person,))
    asked = f"/label@{world.bot.username}"
    said = await talk.text_after(world.send_text(group, person, asked))
    assert said == shown("en", "commands-label-needs-a-photo")
    chats = talk.bot.application.bot_data["services"].storage.chats
    await chats.change(group.id, {"language": "de"})
    said = await talk.text_after(world.send_text(group, person, asked))
    assert said == shown("de", "commands-label-needs-a-photo")
    photo = world.send_photo(group, person, picture(82))
    world.send_text(group, person, asked, reply_to=photo)
    assert re.search(r"▱ +\d+,\d\u00a0%", await talk.text_after(photo))
