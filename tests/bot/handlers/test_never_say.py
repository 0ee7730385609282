"""Names that are never said in a chat: the list in /settings, and what is left of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.domain.callback_data import settings_data
from bot.domain.chat_settings import MAX_NEVER_SAY
from bot.domain.settings_options import NEVER_SAY
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, plain
from tests.support.keyboards import buttons, press, shown_now, walk
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")
NAME, ADD, BACK = ENGLISH("settings-never-say"), ENGLISH("settings-never-say-add"), ENGLISH("settings-back")
OTHER = ENGLISH("buttons-other-model")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A running bot whose models name colours."""
    home = tmp_path_factory.mktemp("home")
    for name in ("colours", "others"):
        install_colours(ModelStore(home), home, name)
    async with connected_client(home, model="colours") as running:
        yield running


async def names_of(client: Client, chat: Chat) -> tuple[str, ...]:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return (await services.storage.chats.settings(chat.id)).never_say


async def opened(client: Client, chat: Chat, person: User) -> Message:
    """Open the list of a chat."""
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    return await walk(client, menu, person, NAME)


async def answer_to_name(client: Client, screen: Message, person: User, name: str) -> Message:
    """Reply to a screen with a name; return the bot's answer."""
    chat = client.sim.store.chats[screen["chat"]["id"]]
    return await client.reply_to(client.sim.send_text(chat, person, name, reply_to=shown_now(client, screen)))


async def test_a_name_is_added_by_a_reply_and_removed_by_its_button(client: Client) -> None:
    chat, person = client.newcomer()
    screen = await opened(client, chat, person)
    assert list(buttons(screen)) == [BACK, ADD]
    told = await press(client, screen, ADD, person)
    assert (told.text, told.show_alert) == (ENGLISH("settings-never-say-how-in-private"), True)
    added = await answer_to_name(client, screen, person, " DOG ")
    assert added["text"].startswith("OK, I'll never say: dog\n\nTo add a name, ")
    both = await answer_to_name(client, added, person, "Red")
    assert list(buttons(both)) == ["✕ dog", "✕ red", BACK, ADD]
    assert await names_of(client, chat) == ("kind:dog", "class:red")
    assert (await press(client, both, "✕ dog", person)).text == "Saved."
    assert list(buttons(shown_now(client, both))) == ["✕ red", BACK, ADD]
    assert "Never say: red" in (await walk(client, both, person, BACK))["text"]


async def test_in_private_a_name_needs_no_reply_after_the_button(client: Client) -> None:
    chat, person = client.newcomer()

    async def say(name: str) -> str:
        return str((await client.reply_to(client.sim.send_text(chat, person, name)))["text"])

    screen = await opened(client, chat, person)
    assert await say("red") == ENGLISH("commands-send-a-photo")
    await press(client, screen, ADD, person)
    assert (await say("gren")).startswith("I don't know the name gren.")
    assert (await say("green")).startswith("OK, I'll never say: green")
    assert await say("red") == ENGLISH("commands-send-a-photo")
    await press(client, screen, ADD, person)
    await walk(client, screen, person, BACK)
    assert await say("red") == ENGLISH("commands-send-a-photo")
    assert await names_of(client, chat) == ("class:green",)


async def test_an_unknown_name_is_refused_with_similar_ones(client: Client) -> None:
    chat, person = client.newcomer()
    refused = await answer_to_name(client, await opened(client, chat, person), person, "gren")
    assert refused["text"].startswith("I don't know the name gren. Did you mean green")
    assert "OK" in (await answer_to_name(client, refused, person, "green"))["text"]
    refused = await answer_to_name(client, refused, person, "<b>" * 1000)
    assert refused["text"].startswith(f"I don't know the name {('<b>' * 13)}….\n")
    assert await names_of(client, chat) == ("class:green",)


async def test_it_holds_for_answers_their_buttons_albums_and_other_models(client: Client) -> None:
    chat, person = client.newcomer()
    photo = client.sim.send_photo(chat, person, plain("red"))
    before = await client.reply_to(photo)
    assert before["text"].startswith("Red: ")
    await answer_to_name(client, await opened(client, chat, person), person, "red")

    def shown(message: Message) -> str:
        return str(shown_now(client, message)["text"])

    cached = await client.reply_to(client.sim.send_photo(chat, person, plain("red")))
    assert cached["text"].startswith("Not sure. Best guesses:\n")
    assert "seen before" in cached["text"]
    assert "red" not in cached["text"].casefold()
    await walk(client, before, person, OTHER, "others")
    assert "others" in shown(before)
    assert "red" not in shown(before).casefold()
    album = client.sim.send_album(chat, person, [plain("red"), plain("green")])
    text = await client.text_after(album[0])
    assert "1. Not sure: " in text
    assert "2. Green" in text
    assert "red" not in text.casefold()


async def test_nothing_is_said_if_nothing_is_left(client: Client) -> None:
    chat, person = client.newcomer()
    screen = await opened(client, chat, person)
    for name in ("red", "green", "blue"):
        await answer_to_name(client, screen, person, name)
    answer = await client.reply_to(client.sim.send_photo(chat, person, plain("red")))
    assert answer["text"] == ENGLISH("answers-never-said")
    await walk(client, screen, person, BACK, NAME, "✕ red")
    await walk(client, answer, person, OTHER, "others")
    assert shown_now(client, answer)["text"].startswith("Red: ")


async def test_automatic_answers_keep_silent_about_it(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,), with_bot=False)
    sim.groups.set_status(group, sim.bot, "administrator", by=sim.admin)
    menu = await client.reply_to(sim.send_text(group, sim.admin, "/settings"))
    await walk(client, menu, sim.admin, "Photos", "Every photo", NAME)
    await answer_to_name(client, menu, sim.admin, "red")
    sim.send_photo(group, sim.alice, plain("red"))
    assert "Green" in await client.text_after(sim.send_photo(group, sim.alice, plain("green")))
    assert not any("Not sure" in text for text in await client.said_in(group))


async def test_only_admins_add_names_in_a_group(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Club", creator=sim.admin, members=(sim.alice,))
    screen = await opened(client, group, sim.admin)
    assert (await answer_to_name(client, screen, sim.alice, "red"))["text"] == ENGLISH("settings-not-yours")
    assert await names_of(client, group) == ()
    assert "OK" in (await answer_to_name(client, screen, sim.anonymous, "red"))["text"]
    assert await names_of(client, group) == ("class:red",)


async def test_an_admin_adds_names_of_a_channel_from_the_private_chat(client: Client) -> None:
    sim = client.sim
    person = sim.add_user("Host")
    chat = sim.add_private_chat(person)
    channel = sim.add_channel("News", creator=person)
    for status in ("left", "administrator"):
        sim.groups.set_status(channel, sim.bot, status, by=person)
        await client.said_in(chat)
    menu = await client.reply_to(sim.send_text(chat, person, "/settings"))
    await walk(client, menu, person, "Groups and channels", "News", "Channel posts", "Labels under them")
    await walk(client, menu, person, "Stay quiet below", "0%", NAME)
    assert "OK" in (await answer_to_name(client, menu, person, "red"))["text"]
    assert await names_of(client, channel) == ("class:red",)
    assert await names_of(client, chat) == ()
    post = sim.send_photo(channel, person, plain("red"))
    caption = await sim.wait_for(lambda: channel.messages[post["message_id"]].get("caption"), 30)
    assert "%" in str(caption)
    assert "red" not in str(caption)


async def test_a_reply_to_another_message_adds_nothing(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    assert settings_data(chat.id, NEVER_SAY) in buttons(menu).values()
    assert (await answer_to_name(client, menu, person, "red"))["text"] == ENGLISH("commands-send-a-photo")
    assert await names_of(client, chat) == ()


async def test_names_added_at_once_are_all_kept(client: Client) -> None:
    chat, person = client.newcomer()
    screen = await opened(client, chat, person)
    for name in ("red", "green", "blue"):
        client.sim.send_text(chat, person, name, reply_to=screen)
    await client.said_in(chat)
    assert set(await names_of(client, chat)) == {"class:red", "class:green", "class:blue"}


async def test_a_full_list_takes_no_further_names(client: Client) -> None:
    chat, person = client.newcomer()
    services = client.bot.application.bot_data["services"]
    full = tuple(f"class:{number}" for number in range(MAX_NEVER_SAY))
    await services.storage.chats.change(chat.id, {"never_say": full})
    screen = await opened(client, chat, person)
    assert len(buttons(screen)) == MAX_NEVER_SAY + 2
    assert "room for 50 names" in (await answer_to_name(client, screen, person, "red"))["text"]
    assert await names_of(client, chat) == full


async def test_names_go_with_a_group_and_with_its_data(client: Client) -> None:
    services = client.bot.application.bot_data["services"]
    await services.storage.chats.change(-7, {"never_say": ("class:red",)})
    await services.chat_upgrade.move(-7, -1007)
    assert (await services.storage.chats.settings(-1007)).never_say == ("class:red",)
    await services.erasure.erase_chat(-1007)
    assert (await services.storage.chats.settings(-1007)).never_say == ()
