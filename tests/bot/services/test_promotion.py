"""A model made from a chat's photos becomes the chat's model only if it is better."""

from __future__ import annotations

from collections.abc import AsyncIterator

import numpy as np
import pytest
import pytest_asyncio

from bot.domain.reports import CommandRefused, Refusal
from bot.domain.teaching import Share, TeachingProblem, TeachingRefused
from bot.web.api.served_models import BotModels
from inference import ModelStore, errors
from inference.models.familiarity import Familiarity
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, install_head, photo
from tests.support.keyboards import buttons, press, shown_now
from tests.support.taught_photos import blue, red, services_of, teach_part, teach_photos, violet
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER = ENGLISH("buttons-other-model")
# A familiarity that knows everything, or nothing.
ALL, NOTHING = (
    Familiarity(np.zeros(3, np.float32), np.zeros((3, 2), np.float32), np.full(2, bias, np.float32))
    for bias in (5.0, -5.0)
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A bot whose model of colours has two heads that know blue: one is always sure, one never."""
    home = tmp_path_factory.mktemp("home")
    store = ModelStore(home)
    base = install_colours(store, home, "colours")
    install_colours(store, home, "others", side=9)
    install_head(store, base, "blue", 2, ALL)
    install_head(store, base, "never", 2, NOTHING)
    async with connected_client(home, model="colours") as running:
        yield running


async def test_a_model_that_is_not_better_is_refused_with_both_figures(client: Client) -> None:
    chat, person = client.newcomer()
    shades = map(violet, range(100))
    for held_out in (False, True):
        await teach_part(client, chat, person, "Fog", shades, held_out=held_out)
    outcome = await services_of(client).teaching.promote(chat.id, "never")
    assert (outcome.model, outcome.before, outcome.promoted) == ("never", "colours", False)
    assert (outcome.right, outcome.right_before.total) == (Share(0, 4), 4)
    assert outcome.right_before.count > 0
    assert outcome.mistaken.total == outcome.mistaken_before.total > 0
    assert services_of(client).models.chosen(chat.id) is None


async def test_a_better_model_answers_in_the_chat_and_the_way_back_is_open(client: Client) -> None:
    chat, person = client.newcomer()
    services = services_of(client)
    # The photos that are learnt from do not show what the others show, but the head calls those blue.
    await teach_part(client, chat, person, "blue", map(red, range(100)), held_out=False)
    await teach_part(client, chat, person, "blue", map(blue, range(100)), held_out=True)
    outcome = await services.teaching.promote(chat.id, "blue")
    assert outcome.promoted
    assert (outcome.right, outcome.right_before) == (Share(4, 4), Share(0, 4))
    assert outcome.mistaken.count == outcome.mistaken_before.count == 0
    assert services.models.chosen(chat.id) == "blue"
    with pytest.raises(CommandRefused):
        await services.teaching.promote(chat.id, "blue")
    await services.models.roll_back(chat.id)
    assert services.models.selected(chat.id).spec.name == "colours"


async def test_a_model_of_what_a_chat_taught_answers_nowhere_else(client: Client) -> None:
    (chat, _), (elsewhere, stranger) = client.newcomer(), client.newcomer()
    store, services = ModelStore(client.home), services_of(client)
    install_head(store, store.find("colours"), "ours", 2, ALL, chat=chat.id)
    await teach_photos(client, elsewhere, stranger, "blue", [violet(number) for number in range(8)])
    for attempt in (
        services.teaching.promote(elsewhere.id, "ours"),
        services.models.use("ours", elsewhere.id),
        services.models.use("ours"),
    ):
        with pytest.raises(CommandRefused) as refused:
            await attempt
        assert refused.value.refusal is Refusal.OF_A_CHAT
    answer = await client.reply_to(client.sim.send_photo(elsewhere, stranger, photo("red")))
    await press(client, answer, OTHER, stranger)
    assert "never" in buttons(shown_now(client, answer))
    assert "ours" not in buttons(shown_now(client, answer))
    served = BotModels(services.models)
    assert "ours" not in served.names()
    with pytest.raises(errors.ModelNotFound):
        served.spec("ours")
    await services.models.use("ours", chat.id)
    await services.models.move(chat.id, -(10**12))
    await services.models.roll_back(-(10**12))
    await services.models.use("ours", -(10**12))
    assert services.models.selected(-(10**12)).spec.name == "ours"


@pytest.mark.parametrize(
    ("model", "photos", "problem"),
    [
        ("others", 2, TeachingProblem.OTHER_NETWORK),
        ("never", 0, TeachingProblem.NOTHING_TAUGHT),
        ("never", 1, TeachingProblem.NOTHING_TAUGHT),
    ],
)
async def test_what_cannot_be_compared_is_told(
    client: Client, model: str, photos: int, problem: TeachingProblem
) -> None:
    chat, person = client.newcomer()
    if photos:
        await teach_photos(client, chat, person, "Fog", [violet(number) for number in range(photos)])
    with pytest.raises(TeachingRefused) as refused:
        await services_of(client).teaching.promote(chat.id, model)
    assert refused.value.problem is problem


async def test_a_model_that_is_not_installed_is_one_error(client: Client) -> None:
    chat, _ = client.newcomer()
    with pytest.raises(errors.ModelNotFound):
        await services_of(client).teaching.promote(chat.id, "absent")
