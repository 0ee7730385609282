"""Which model answers in a home of before, in a new one, and where one is missing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.config import load_settings
from bot.localchat.server import LocalChatServer
from bot.sample import sample, samples
from inference import AUTO, DEFAULT_MODEL, STARTER, ModelStore
from inference.models.store import BUILT_IN
from tests.support.client import Client, connected_client, connected_client_at
from tests.support.colour_models import install_colours
from tests.support.texts import ENGLISH


async def answer_to(client: Client, photo: Path) -> str:
    chat, person = client.newcomer()
    return await client.text_after(client.sim.send_photo(chat, person, await asyncio.to_thread(photo.read_bytes)))


@pytest.fixture
def settings_of_nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LABELBOT_MODEL", raising=False)


@pytest.mark.usefixtures("settings_of_nobody")
def test_the_default_is_one_that_comes_with_the_program_until_a_setting_names_another(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert load_settings().model == AUTO
    assert ModelStore(tmp_path).resolve(AUTO) == DEFAULT_MODEL
    assert {DEFAULT_MODEL, STARTER} == set(BUILT_IN)
    monkeypatch.setenv("LABELBOT_MODEL", STARTER)
    assert load_settings().model == STARTER


async def test_it_answers_where_nobody_chose_and_is_sure_of_the_samples(home: Path) -> None:
    async with connected_client(home, model=DEFAULT_MODEL) as client:
        for photo, seen in zip(samples(), ("Espresso: ", "A cat: "), strict=True):
            said = await answer_to(client, photo)
            assert said.startswith(seen)
            assert DEFAULT_MODEL not in said
            assert ENGLISH("answers-unsure") not in said


@pytest.mark.slow
async def test_a_home_whose_admin_chose_keeps_that_choice(home: Path) -> None:
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        async with connected_client_at(server, home, model=DEFAULT_MODEL) as client:
            await client.order("/use starter")
        async with connected_client_at(server, home, model=DEFAULT_MODEL) as client:
            assert f"\n{STARTER} · " in await answer_to(client, sample())
            # As if none had ever been chosen.
            assert f"I'm using {DEFAULT_MODEL} everywhere" in await client.order("/rollback")
            assert await answer_to(client, sample()) == "Espresso: 99%"


@pytest.mark.slow
async def test_it_is_built_at_the_start_to_stand_in_for_a_chosen_model_that_is_removed(tmp_path: Path) -> None:
    install_colours(ModelStore(tmp_path), tmp_path)
    async with LocalChatServer() as server:
        server.simulation.add_private_chat(server.simulation.admin)
        async with connected_client_at(server, tmp_path) as client:
            await client.order("/use colours")
        async with connected_client_at(server, tmp_path, model=DEFAULT_MODEL) as client:
            ModelStore(tmp_path).remove("colours")
            said = await answer_to(client, sample())
            assert said.startswith("Espresso: ")
            assert "colours should answer here" in said
