"""Apologies for unexpected errors."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from bot.services.label_cache import LabelCache
from inference import ModelStore
from inference.catalog.install import install_file
from tests.support.client import connected_client
from tests.support.pictures import picture


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the program a mistake that each photo meets."""

    def put(*_: object) -> None:
        raise RuntimeError("a mistake of the program")

    monkeypatch.setattr(LabelCache, "put", put)


@pytest.mark.usefixtures("broken")
async def test_an_unexpected_error_is_an_apology_whose_reference_is_in_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with connected_client(tmp_path) as client:
        alice, private = client.sim.alice, client.sim.private
        text = await client.text_after(client.sim.send_photo(private, alice, picture(1)))
        greta = client.sim.add_user("Greta", language_code="de")
        german = await client.text_after(client.sim.send_photo(client.sim.add_private_chat(greta), greta, picture(2)))
    assert german.startswith("Entschuldigung, bei mir ist etwas schiefgegangen.")
    found = re.fullmatch(r"Sorry, something went wrong on my side\. Please try again\. \(Reference: (\w{8})\)", text)
    assert found is not None
    written = capfd.readouterr().out
    assert f"reference={found[1]}" in written
    assert "RuntimeError" in written


@pytest.mark.usefixtures("broken")
async def test_no_apology_is_made_for_what_nobody_asked_about(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with connected_client(tmp_path) as client:
        sim = client.sim
        group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
        channel = sim.add_channel("News", creator=sim.admin)
        sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("INSERT INTO chats (id, mode) VALUES (?, 'auto')", (group.id,))
            database.execute("INSERT INTO chats (id, channel_posts) VALUES (?, 'caption')", (channel.id,))
        sim.send_photo(group, sim.alice, picture(1))
        sim.send_photo(channel, sim.admin, picture(2))
        assert await client.said_in(group) == await client.said_in(channel) == []
        asked = sim.send_photo(group, sim.alice, picture(3), caption="/label")
        assert "Sorry" in await client.text_after(asked)
        assert len(sim.messages(channel)) == 1
    assert capfd.readouterr().out.count("unexpected error") == 3


async def test_an_apology_does_not_need_the_database(tmp_path: Path) -> None:
    async with connected_client(tmp_path) as client:
        person = client.sim.add_user("Oksana", language_code="uk")
        chat = client.sim.add_private_chat(person)
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("DROP TABLE chats")
        text = await client.text_after(client.sim.send_photo(chat, person, picture(1)))
    assert text.startswith("Вибачте")


async def test_people_are_answered_while_nothing_can_be_noted_of_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    async with connected_client(tmp_path) as client:
        alice, private = client.sim.alice, client.sim.private
        with sqlite3.connect(tmp_path / "labelbot.sqlite3") as database:
            database.execute("DROP TABLE sends")
        assert "%" in await client.text_after(client.sim.send_photo(private, alice, picture(1)))
        assert len(await client.said_in(private)) == 1
    assert "the next start may do it again" in capfd.readouterr().out


@pytest.mark.shared
async def test_a_model_installed_anew_under_the_running_bot_answers_anew(shared: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    model, labels = (shared / "models" / name for name in ("mobilenet_v1_0.25_128_quant.tflite", "imagenet_labels.txt"))
    install_file(store, model, labels=labels, name="mine")
    async with connected_client(tmp_path, model="mine") as client:
        sim = client.sim
        before = await client.text_after(sim.send_photo(sim.private, sim.alice, picture(3)))
        store.remove("mine")
        renamed = tmp_path / "labels.txt"
        renamed.write_text("".join(f"thing {n}\n" for n in range(len(labels.read_text().splitlines()))))
        install_file(store, model, labels=renamed, name="mine")
        after = await client.text_after(sim.send_photo(sim.private, sim.alice, picture(3)))
    assert "thing" not in before
    assert "thing" in after
    assert "seen before" not in after
