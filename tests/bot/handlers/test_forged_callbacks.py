"""Presses with data that an app made up: each is judged by what it does, to which chat, on which message, by whom."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.callback_data import (
    CANCEL,
    ERASE,
    LESS,
    MORE,
    OTHER_MODEL,
    USE,
    VERSION,
    WITH,
    button_data,
    hash_of,
    settings_data,
)
from bot.domain.settings_options import CHATS, CLOSE, MAIN, MODEL, NOTHING, QUIET_HOURS, SCREENS
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.simulation import inaccessible
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours
from tests.support.examples import examples
from tests.support.keyboards import shown_now
from tests.support.pictures import picture
from tests.support.processes import until
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

COLOURS = hash_of("colours")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A bot that has a second model."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), tmp_path_factory.mktemp("models"))
    async with connected_client(home) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def answer(client: Client) -> tuple[Message, Chat, User, User, User]:
    """An answer to a member of a group; the group, the member, another one, and an admin of it."""
    (_, admin), (_, asker), (_, other) = client.newcomer(), client.newcomer(), client.newcomer()
    group = client.sim.add_group("Pressers", creator=admin, members=(asker, other))
    photo = client.sim.send_photo(group, asker, picture(1), caption=f"@{client.sim.bot.username}")
    return await client.reply_to(photo), group, asker, other, admin


def services(client: Client) -> Services:
    found = client.bot.application.bot_data["services"]
    assert isinstance(found, Services)
    return found


async def forge(client: Client, message: Message, data: str, person: User) -> str:
    """Press what a message may not have; wait until the bot has done all that comes of it; return what it answers."""
    told = await client.sim.forge_callback(message, data, person, timeout_s=30)
    await client.said_in(client.sim.store.chats[message["chat"]["id"]])
    return told.text


async def state(client: Client, *chats: Chat) -> tuple[Any, ...]:
    """All that presses could change."""
    models, storage = services(client).models, services(client).storage
    settings = [await storage.chats.settings(chat.id) for chat in chats]
    return settings, [models.chosen(chat_id) for chat_id in (0, *(chat.id for chat in chats))]


def every_forgery(chat: Chat, person: User) -> list[str]:
    """One press of each kind, and those of all settings of some chat."""
    screens = {MAIN, CLOSE, CHATS, MODEL, *QUIET_HOURS, *SCREENS["group"], *SCREENS["channel"]}
    return [
        *(settings_data(chat.id, screen, token) for screen in sorted(screens) for token in ("", NOTHING, COLOURS, "5")),
        *(f"{VERSION}:{ERASE}:{key}" for key in ("chat", "nothing", person.id, chat.id)),
        button_data(USE, "colours"),
        button_data(CANCEL, "birds"),
        button_data(WITH, "colours"),
    ]


async def test_nobody_makes_anything_of_a_message_that_does_not_show_it(
    client: Client, answer: tuple[Message, Chat, User, User, User]
) -> None:
    given, group, _, other, _ = answer
    _, elsewhere = client.newcomer()
    own_group = client.sim.add_group("Elsewhere", creator=other)
    before = await state(client, group, own_group)
    for data in [*every_forgery(group, elsewhere), *every_forgery(own_group, elsewhere)]:
        await client.sim.forge_callback(given, data, other, timeout_s=30)
    await client.said_in(group)
    assert await state(client, group, own_group) == before
    assert shown_now(client, given) == given


async def test_not_even_an_admin_turns_an_answer_into_a_screen_or_a_farewell(
    client: Client, answer: tuple[Message, Chat, User, User, User]
) -> None:
    given, group, _, _, admin = answer
    for data in (settings_data(group.id, MAIN), settings_data(group.id, "mode", "auto"), f"{VERSION}:{ERASE}:chat"):
        assert await forge(client, given, data, admin) == ""
    assert shown_now(client, given) == given
    assert (await services(client).storage.chats.settings(group.id)).mode == "ask"


async def test_a_private_chat_has_no_settings_that_only_groups_have(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    # Also where a message shows such a button, as one of another version of the program may.
    for screen, token in (("mode", "auto"), ("teachers", "all"), ("quiet_from", "60"), ("quiet_from", "")):
        data = settings_data(chat.id, screen, token)
        chat.messages[menu["message_id"]]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = data
        assert await forge(client, menu, data, person) == ENGLISH("settings-old-button")
    settings = await services(client).storage.chats.settings(chat.id)
    assert (settings.mode, settings.quiet_from, settings.teachers) == ("ask", None, "admins")


async def test_settings_of_another_chat_are_shown_in_private_only(client: Client) -> None:
    (chat, person), (_, other) = client.newcomer(), client.newcomer()
    own = client.sim.add_group("Secret club", creator=person)
    public = client.sim.add_group("Public", creator=other, members=(person,))
    menu = await client.reply_to(client.sim.send_text(public, other, "/settings"))
    data = settings_data(own.id, MAIN)
    public.messages[menu["message_id"]]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = data
    assert await forge(client, menu, data, person) == ENGLISH("settings-old-button")
    assert "Secret club" not in str(client.sim.messages(public))
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    chat.messages[menu["message_id"]]["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = data
    assert await forge(client, menu, data, person) == ""
    assert "Secret club" in shown_now(client, menu)["text"]


async def test_the_list_of_chats_is_shown_to_whose_chats_they_are(client: Client) -> None:
    (chat, person), (_, other) = client.newcomer(), client.newcomer()
    client.sim.add_group("Of the other", creator=other)
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    assert await forge(client, menu, settings_data(chat.id, CHATS), other) == ENGLISH("settings-not-yours")
    assert "Of the other" not in str(shown_now(client, menu))


async def test_who_did_not_ask_ends_no_question(client: Client) -> None:
    (_, admin), (_, asker), (_, other) = client.newcomer(), client.newcomer(), client.newcomer()
    group = client.sim.add_group("Askers", creator=admin, members=(asker, other))
    question = await client.reply_to(client.sim.send_text(group, asker, "/deletemydata"))
    nothing, me = f"{VERSION}:{ERASE}:nothing", f"{VERSION}:{ERASE}:{other.id}"
    assert await forge(client, question, nothing, other) == ENGLISH("privacy-not-yours")
    assert await forge(client, question, me, other) == ""
    assert shown_now(client, question) == question
    await forge(client, question, nothing, admin)
    assert shown_now(client, question)["text"] == ENGLISH("privacy-kept-all")


async def test_an_answer_is_changed_by_whoever_asked_and_admins_whatever_is_forged(
    client: Client, answer: tuple[Message, Chat, User, User, User]
) -> None:
    given, _, _, other, _ = answer
    for data in (button_data(MORE), button_data(LESS), button_data(OTHER_MODEL), button_data(WITH, "colours")):
        assert await forge(client, given, data, other) == ENGLISH("buttons-not-yours")
    assert shown_now(client, given) == given


async def test_what_is_no_answer_has_no_buttons_of_one(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    assert await forge(client, menu, button_data(MORE), person) == ENGLISH("buttons-forgotten")
    theirs = client.sim.send_text(chat, person, "a message of their own")
    assert await forge(client, theirs, button_data(WITH, "colours"), person) == ENGLISH("buttons-forgotten")
    assert await forge(client, theirs, settings_data(chat.id, "top_k", "1"), person) == ""
    assert shown_now(client, menu) == menu


@pytest.mark.parametrize("data", [settings_data(1, MAIN), f"{VERSION}:{ERASE}:chat", button_data(USE, "colours")])
async def test_a_message_that_telegram_shows_no_more_is_left_alone(client: Client, data: str) -> None:
    chat, person = client.newcomer()
    assert await forge(client, inaccessible(chat, 10**9), data, client.sim.admin) == ENGLISH("buttons-old")
    assert await forge(client, inaccessible(chat, 10**9), data, person) == ENGLISH("buttons-old")
    assert services(client).models.chosen(0) is None


async def test_a_press_without_a_message_does_nothing(client: Client) -> None:
    chat, person = client.newcomer()
    before, answered = await state(client, chat), len(client.calls_of("answerCallbackQuery"))
    forged = [*every_forgery(chat, person), button_data(MORE), "", "\x00" * 64]
    for number, data in enumerate(forged):
        query = {
            "id": str(number),
            "from": person.to_api(),
            "chat_instance": "1",
            "inline_message_id": "A",
            "data": data,
        }
        client.sim.store.updates.add("callback_query", query)
    query = {"id": "game", "from": person.to_api(), "chat_instance": "1", "game_short_name": "chess"}
    client.sim.store.updates.add("callback_query", query)
    await client.said_in(chat)
    expected = answered + len(forged) + 1
    # The last ones are answered while the updates are already done.
    await until(lambda: len(client.calls_of("answerCallbackQuery")) >= expected)
    assert len(client.calls_of("answerCallbackQuery")) == expected
    assert await state(client, chat) == before


async def test_the_banned_press_in_vain(client: Client, answer: tuple[Message, Chat, User, User, User]) -> None:
    given, _, asker, _, _ = answer
    await client.order(f"/ban {asker.id}")
    with pytest.raises(TimeoutError):
        await client.sim.forge_callback(given, button_data(MORE), asker, timeout_s=0.5)
    assert shown_now(client, given) == given


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    data=st.one_of(
        st.text(max_size=64),
        st.tuples(st.sampled_from([VERSION, "0", "2", "", "٣"]), st.text(max_size=8), st.text(max_size=20)).map(
            ":".join
        ),
        st.tuples(st.integers(), st.sampled_from([MAIN, MODEL, "threshold"]), st.text(max_size=9)).map(
            lambda parts: settings_data(*parts)
        ),
    )
)
async def test_no_data_is_too_odd_to_be_answered(client: Client, data: str) -> None:
    chat = client.sim.private
    message = {"message_id": 1, "chat": chat.to_api(), "date": 1, "from": client.sim.bot.to_api()}
    button = {"text": "?", "callback_data": data}
    message |= {"text": "?", "reply_markup": {"inline_keyboard": [[button]]}}
    query = {"id": "0", "from": client.sim.alice.to_api(), "chat_instance": "1", "data": data, "message": message}
    before = (await services(client).statistics.totals()).failures
    client.sim.store.updates.add("callback_query", query)
    answered = len(client.calls_of("answerCallbackQuery"))
    await client.sim.wait_for(lambda: len(client.calls_of("answerCallbackQuery")) > answered, 30)
    assert (await services(client).statistics.totals()).failures == before
