"""The buttons under an answer, over the local Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.domain.callback_data import LESS, MORE, OTHER_MODEL, WITH, button_data
from bot.localchat.chats import Chat, User
from bot.localchat.faults import Delay
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, plain
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

# After the latest photo of an album.
QUIET_S = 0.3

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A bot that has a second model."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), tmp_path_factory.mktemp("models"))
    async with connected_client(home) as running:
        running.bot.application.bot_data["services"].albums._quiet_s = QUIET_S
        yield running


def buttons_of(message: Message) -> list[str]:
    rows = message.get("reply_markup", {}).get("inline_keyboard", [])
    return [button["text"] for row in rows for button in row]


async def pressed(client: Client, reply: Message, data: str, person: User) -> tuple[str | None, Message]:
    """Press a button; return what is told to whoever did, and the message as it is after the bot has changed it."""
    before = dict(current(client, reply))
    told = await client.sim.press(current(client, reply), data, person)
    await client.sim.wait_for(lambda: current(client, reply) != before, 30)
    return told.text, current(client, reply)


def current(client: Client, message: Message) -> Message:
    return client.sim.store.chats[message["chat"]["id"]].messages[message["message_id"]]


async def test_more_shows_ten_labels_in_place_and_less_the_usual_number(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(1)))
    usual = reply["text"]
    assert buttons_of(reply) == ["More", "Another model", "Which of these is it?"]
    _, more = await pressed(client, reply, button_data(MORE), person)
    assert more["text"].count("%") == 10
    assert more["text"].startswith(usual.rpartition("\n\n")[0])
    assert buttons_of(more) == ["Less", "Another model", "Which of these is it?"]
    _, less = await pressed(client, reply, button_data(LESS), person)
    assert less["text"] == usual


async def test_another_model_looks_at_the_photo_and_the_answer_changes(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, plain("green", 400)))
    _, choice = await pressed(client, reply, button_data(OTHER_MODEL), person)
    assert buttons_of(choice) == ["efficientnet_lite0", "colours", "Back"]
    told, other = await pressed(client, reply, button_data(WITH, "colours"), person)
    assert told == ENGLISH("buttons-looking", model="colours")
    assert other["text"].startswith("Green: ")
    assert "\ncolours · " in other["text"]
    assert buttons_of(other) == ["Another model"], "three labels are all that it knows"


async def test_an_album_has_its_buttons_too(client: Client) -> None:
    chat, person = client.newcomer()
    photos = client.sim.send_album(chat, person, [plain("red", 400), plain("blue", 400)])
    reply = await client.reply_to(photos[0])
    _, more = await pressed(client, reply, button_data(MORE), person)
    assert more["text"].count("%") > reply["text"].count("%")
    await pressed(client, reply, button_data(OTHER_MODEL), person)
    _, other = await pressed(client, reply, button_data(WITH, "colours"), person)
    assert [line.split()[:2] for line in other["text"].split("\n")[:2]] == [["1.", "Red"], ["2.", "Blue"]]
    assert other["text"].endswith("\ncolours")


async def test_what_another_model_said_before_is_told_as_that(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(5)))
    for model, end in (("colours", " ms"), ("starter", "\nstarter · seen before")):
        await pressed(client, reply, button_data(OTHER_MODEL), person)
        _, other = await pressed(client, reply, button_data(WITH, model), person)
        assert other["text"].endswith(end)


async def test_a_photo_that_comes_while_another_model_looks_stays(client: Client) -> None:
    chat, person = client.newcomer()
    album = client.sim.new_album_id()
    photo = client.sim.send_photo(chat, person, picture(6), media_group_id=album)
    reply = await client.reply_to(photo)
    await pressed(client, reply, button_data(OTHER_MODEL), person)
    client.server.faults.add(Delay(3 * QUIET_S), method="getFile", count=1)
    await client.sim.press(current(client, reply), button_data(WITH, "colours"), person)
    client.sim.send_photo(chat, person, picture(7), media_group_id=album)
    await client.sim.wait_for(lambda: "\ncolours, starter" in current(client, reply)["text"], 30)
    assert "\n2. " in current(client, reply)["text"]


async def test_what_is_forgotten_while_another_model_looks_stays_forgotten(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(8)))
    await pressed(client, reply, button_data(OTHER_MODEL), person)
    client.server.faults.add(Delay(0.5), method="getFile", count=1)
    choice = current(client, reply)
    await client.sim.press(choice, button_data(WITH, "colours"), person)
    await forget_answers(client, chat)
    await client.said_in(chat)
    assert (await client.sim.press(choice, button_data(LESS), person)).text == ENGLISH("buttons-forgotten")


async def test_in_a_group_only_the_asker_and_admins_may_press(client: Client) -> None:
    _, admin = client.newcomer()
    _, asker = client.newcomer()
    _, other = client.newcomer()
    group = client.sim.add_group("Colours", creator=admin, members=(asker, other))
    photo = client.sim.send_photo(group, other, picture(2))
    command = client.sim.send_text(group, asker, "/label", reply_to=photo)
    reply = await client.reply_to(photo)
    assert command["message_id"] < reply["message_id"]
    told = await client.sim.press(reply, button_data(MORE), other)
    assert told.text == ENGLISH("buttons-not-yours")
    _, more = await pressed(client, reply, button_data(MORE), asker)
    assert buttons_of(more)[0] == "Less"
    _, less = await pressed(client, reply, button_data(LESS), admin)
    assert buttons_of(less)[0] == "More"


async def test_old_buttons_answer_politely(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(3)))
    for data, expected in (
        (button_data(WITH, "gone"), ENGLISH("buttons-model-gone")),
        ("0:more:", ENGLISH("buttons-old")),
        ("1:never-heard-of:", ENGLISH("buttons-old")),
    ):
        reply["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = data
        assert (await client.sim.press(reply, data, person)).text == expected


@pytest.mark.filterwarnings("ignore:.*InaccessibleMessage:telegram.warnings.PTBUserWarning")
async def test_buttons_of_messages_that_are_gone_answer(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(3)))
    menu = await client.reply_to(client.sim.send_text(chat, person, "/settings"))
    question = await client.reply_to(client.sim.send_text(chat, person, "/deletemydata"))
    old = ENGLISH("buttons-old")
    for message, number, told in ((reply, 0, ""), (reply, 1, ""), (menu, 0, old), (question, 0, old)):
        if message["message_id"] in chat.messages:
            client.sim.delete(chat, message)
        row = message["reply_markup"]["inline_keyboard"][0]
        assert (await client.sim.press(message, row[number]["callback_data"], person)).text == told
    assert "▰" in await client.text_after(client.sim.send_photo(chat, person, picture(3)))
    assert len(await client.said_in(chat)) == 1


async def test_an_answer_that_is_forgotten_says_so(client: Client) -> None:
    chat, person = client.newcomer()
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(4)))
    await client.said_in(chat)
    await forget_answers(client, chat)
    assert (await client.sim.press(reply, button_data(MORE), person)).text == ENGLISH("buttons-forgotten")


async def forget_answers(client: Client, chat: Chat) -> None:
    services = client.bot.application.bot_data["services"]
    await services.storage.answers.erase_chat(chat.id)
