"""/promote NAME: who may give it, and the figures in the answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from inference import ModelStore
from inference.models.familiarity import Familiarity
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, install_head
from tests.support.taught_photos import blue, red, teach_part, teach_photos, violet
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A bot whose model of colours has a head that knows blue."""
    home = tmp_path_factory.mktemp("home")
    base = install_colours(ModelStore(home), home, "colours")
    sure = Familiarity(np.zeros(3, np.float32), np.zeros((3, 2), np.float32), np.full(2, 5.0, np.float32))
    install_head(ModelStore(home), base, "blue", 2, sure)
    async with connected_client(home, model="colours") as running:
        yield running


async def test_a_better_model_answers_from_now_on_and_the_way_back_is_named(client: Client) -> None:
    chat, person = client.newcomer()
    # The photos that are learnt from do not show what the others show, but the head calls those blue.
    await teach_part(client, chat, person, "blue", map(red, range(100)), held_out=False)
    await teach_part(client, chat, person, "blue", map(blue, range(100)), held_out=True)
    told = (await client.reply_to(client.sim.send_text(chat, person, "/promote blue")))["text"].split("\n")
    assert told[0] == "blue answers here now: it is better than colours. To go back: /rollback here"
    assert told[1].startswith("Photos of this chat, named right: blue 4 of 4, colours 0 of 4.")
    assert told[2].startswith("Unrelated photos, taken for something taught here: blue ")


async def test_what_cannot_be_tried_has_a_sentence(client: Client) -> None:
    chat, person = client.newcomer()

    async def told(text: str) -> str:
        return str((await client.reply_to(client.sim.send_text(chat, person, text)))["text"])

    assert (await told("/promote")).startswith("Tell me which model should answer here, like this: /promote NAME.")
    assert await told("/promote blue") == ENGLISH("teaching-nothing-taught")
    await teach_photos(client, chat, person, "Fog", [violet(number) for number in range(8)])
    assert "nonesuch" in await told("/promote nonesuch")


async def test_only_admins_of_a_group_choose_its_model(client: Client) -> None:
    (_, admin), (_, member) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Garden club", creator=admin, members=(member,))
    refused = await client.reply_to(client.sim.send_text(group, member, "/promote blue"))
    assert refused["text"] == ENGLISH("teaching-promote-admins-only")
    for person in (admin, client.sim.anonymous):
        told = await client.reply_to(client.sim.send_text(group, person, "/promote blue"))
        assert told["text"] == ENGLISH("teaching-nothing-taught")
