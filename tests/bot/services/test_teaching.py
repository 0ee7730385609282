"""People teach classes in the running bot: what is stored, what is recognised, and what is refused."""

from __future__ import annotations

import asyncio

import pytest

from bot.domain.teaching import PhotoProblem, TeachingProblem, TeachingRefused, TeachResult
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.services.teaching import Teaching
from tests.support.client import Client
from tests.support.taught_photos import CAT, CUP, offered, view

pytestmark = pytest.mark.asyncio(loop_scope="module")


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


@pytest.fixture
def teaching(client: Client) -> Teaching:
    return services_of(client).teaching


async def teach(
    client: Client, chat: Chat, person: User, name: str, subject: int, *numbers: int, teaching_id: int | None = None
) -> TeachResult:
    """Teach photos of a person who agrees."""
    teaching = services_of(client).teaching
    await teaching.agree(chat.id, person.id)
    photos = [offered(client.sim.send_photo(chat, person, view(subject, number))) for number in numbers]
    return await teaching.teach(chat.id, name, photos, person.id, teaching_id=teaching_id)


async def test_a_taught_class_comes_first_in_the_next_answer(client: Client, teaching: Teaching) -> None:
    chat, person = client.newcomer()
    result = await teach(client, chat, person, "Minka", CAT, 0, 1, 2)
    assert (result.name, result.created, result.added, result.photos) == ("Minka", True, 3, 3)
    assert result.refused == ()
    answer = await client.text_after(client.sim.send_photo(chat, person, view(CAT, 4)))
    assert answer.startswith("Minka")
    (kept,) = await teaching.classes(chat.id)
    assert (kept.name, kept.photos, kept.waiting) == ("Minka", 3, 0)
    other = await client.text_after(client.sim.send_photo(chat, person, view(CUP, 4)))
    assert "Minka" not in other
