"""/settings in groups and in private chats, over the local Bot API server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import LabelBot
from bot.domain.callback_data import settings_data
from bot.domain.chat_settings import ChatSettings
from bot.domain.settings_options import MAIN
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client, settings_for
from tests.support.colour_models import install_colours, plain
from tests.support.keyboards import buttons, press, shown_now, walk
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

BACK = ENGLISH("settings-back")
PHOTOS_HIDDEN = ENGLISH("settings-photos-hidden")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Client, Path]]:
    """A running bot that has a second model, and its home."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), home)
    async with connected_client(home) as running:
        yield running, home


@pytest_asyncio.fixture(loop_scope="module")
async def client(bot: tuple[Client, Path]) -> Client:
    return bot[0]


def services_of(client: Client) -> Services:
    services = client.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def settings_of(client: Client, chat: Chat) -> ChatSettings:
    return await services_of(client).storage.chats.settings(chat.id)


def new_group(client: Client, *, is_forum: bool = False) -> Chat:
    """A group of the admin and Alice that the bot is an ordinary member of."""
    sim = client.sim
    return sim.add_group("Club", creator=sim.admin, members=(sim.alice,), is_forum=is_forum)


async def opened(client: Client, chat: Chat, person: User) -> Message:
    return await client.reply_to(client.sim.send_text(chat, person, "/settings"))


# In a group


async def test_an_admin_walks_through_all_screens_of_one_message_and_back(client: Client) -> None:
    group, admin = new_group(client), client.sim.admin
    menu = await opened(client, group, admin)
    assert menu["text"].startswith("Settings for Club\n\nPhotos: When asked\n")
    names = [name for name in buttons(menu) if name != "Close"]
    assert len(names) == 11
    for name in names:
        screen = await walk(client, menu, admin, name)
        assert screen["text"].startswith(f"{name}\n\n")
        back = await walk(client, menu, admin, BACK)
        assert (back["text"], back["reply_markup"]) == (menu["text"], menu["reply_markup"])
    closed = await walk(client, menu, admin, "Close")
    assert closed["text"] == menu["text"]
    assert buttons(closed) == {}
    assert len(client.sim.messages(group)) == 2


async def test_what_is_chosen_is_set_and_shown(client: Client) -> None:
    group, admin = new_group(client), client.sim.admin
    menu = await opened(client, group, admin)
    choices = {
        "Photos": "None",
        "When nobody asked": "A reaction 👀",
        "Stay quiet below": "70%",
        "Labels": "3",
        "Language": "English",
        "Channel posts": "A comment",
    }
    for name, value in choices.items():
        await walk(client, menu, admin, name)
        assert (await press(client, menu, value, admin)).text == "Saved."
        assert f"{name}: {value}\n" in f"{shown_now(client, menu)['text']}\n"
        await walk(client, menu, admin, name)
        assert f"✓ {value}" in buttons(shown_now(client, menu))
        await walk(client, menu, admin, BACK)
    assert await settings_of(client, group) == ChatSettings(
        top_k=3, mode="off", language="en", threshold=0.7, answer_by="react", channel_posts="comment"
    )


async def test_quiet_hours_are_set_by_buttons_and_ended(client: Client) -> None:
    group, admin = new_group(client), client.sim.admin
    menu = await opened(client, group, admin)
    asked = await walk(client, menu, admin, "Quiet hours", "From: not set", "21:00")
    assert ENGLISH("settings-time-zone-about") in asked["text"]
    kolkata = next(name for name in buttons(asked) if name.startswith("Kolkata · "))
    await walk(client, menu, admin, kolkata, "To: 07:00", "06:00")
    shown = await walk(client, menu, admin, BACK)
    assert "Quiet hours: 21:00 to 06:00, Kolkata\n" in shown["text"]
    settings = await settings_of(client, group)
    assert (settings.quiet_from, settings.quiet_to, settings.time_zone) == (1260, 360, "Asia/Kolkata")
    screen = await walk(client, menu, admin, "Quiet hours")
    assert re.search(r"(Next: \w{3} 21:00 to \w{3} 06:00\.|It's quiet now, until \w{3} 06:00\.)$", screen["text"])
    await walk(client, menu, admin, BACK)
    ended = await walk(client, menu, admin, "Quiet hours", "No quiet hours", BACK)
    assert "Quiet hours: None\n" in ended["text"]


async def test_the_time_of_a_chat_leads_to_the_places_that_have_it(client: Client) -> None:
    group, admin = new_group(client), client.sim.admin
    await services_of(client).storage.chats.change(group.id, {"quiet_from": 0, "quiet_to": 60, "utc_offset_min": 345})
    menu = await opened(client, group, admin)
    screen = await walk(client, menu, admin, "Quiet hours")
    (zone,) = (name for name in buttons(screen) if name.startswith("Time zone: UTC+05:45 · "))
    asked = await walk(client, menu, admin, zone)
    (clock,) = (name for name in buttons(asked) if name.startswith("✓ "))
    places = await walk(client, menu, admin, clock)
    assert list(buttons(places)) == ["Kathmandu", BACK, "✓ UTC+05:45"]
    await walk(client, menu, admin, "Kathmandu")
    settings = await settings_of(client, group)
    assert (settings.time_zone, settings.utc_offset_min) == ("Asia/Kathmandu", 0)


async def test_offset_buttons_of_earlier_versions_still_work(client: Client) -> None:
    group, admin = new_group(client), client.sim.admin
    await services_of(client).storage.chats.change(group.id, {"time_zone": "Europe/Berlin"})
    menu = await opened(client, group, admin)
    for value in ("", "330"):
        menu["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = settings_data(
            group.id, "utc_offset_min", value
        )
        await client.sim.press(menu, settings_data(group.id, "utc_offset_min", value), admin)
    settings = await settings_of(client, group)
    assert (settings.time_zone, settings.utc_offset_min) == (None, 330)


async def test_a_group_chooses_its_model_and_goes_back_to_the_one_of_all(client: Client) -> None:
    group, admin = new_group(client), client.sim.admin
    menu = await opened(client, group, admin)
    assert "Model: starter\n" in menu["text"]
    await walk(client, menu, admin, "Model")
    assert list(buttons(shown_now(client, menu))) == [
        "✓ Same as elsewhere",
        "starter",
        "efficientnet_lite0",
        "colours",
        BACK,
    ]
    assert "Model: colours\n" in (await walk(client, menu, admin, "colours"))["text"]
    photo = client.sim.send_photo(group, admin, plain("red"), caption="/label")
    assert "Red" in await client.text_after(photo)
    assert services_of(client).models.selected(client.sim.private.id).spec.name == "starter"
    back = await walk(client, menu, admin, "Model", "Same as elsewhere")
    assert "Model: starter\n" in back["text"]
    assert services_of(client).models.chosen(group.id) is None


async def test_a_model_that_does_not_work_is_told(bot: tuple[Client, Path]) -> None:
    client, home = bot
    group, admin = new_group(client), client.sim.admin
    install_colours(ModelStore(home), home, "broken", side=9)
    menu = await opened(client, group, admin)
    await walk(client, menu, admin, "Model")
    (home / "models" / "broken" / "model.tflite").write_bytes(b"nothing")
    said = await walk(client, menu, admin, "broken")
    assert said["text"].startswith(ENGLISH("settings-model-refused"))
    assert services_of(client).models.chosen(group.id) is None


async def test_a_model_that_was_removed_meanwhile_is_told(bot: tuple[Client, Path]) -> None:
    client, home = bot
    group, admin = new_group(client), client.sim.admin
    install_colours(ModelStore(home), home, "fleeting")
    menu = await opened(client, group, admin)
    await walk(client, menu, admin, "Model")
    ModelStore(home).remove("fleeting")
    assert (await press(client, menu, "fleeting", admin)).text == ENGLISH("settings-model-gone")
    assert "fleeting" not in buttons(shown_now(client, menu))


async def test_the_language_of_a_group_is_that_of_its_next_screen(client: Client) -> None:
    languages = services_of(client).languages
    code = languages.codes[0]
    group, admin = new_group(client), client.sim.admin
    menu = await opened(client, group, admin)
    name = languages.closest(code)("settings-language-name")
    changed = await walk(client, menu, admin, "Language", name)
    texts = languages.closest(code)
    assert changed["text"].startswith(parse_html(texts("settings-title", title="Club"))[0])


# Who may


async def test_others_are_told_that_they_may_not(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    asked = sim.send_text(group, sim.alice, "/settings")
    assert await client.text_after(asked) == ENGLISH("settings-admins-only")
    menu = await opened(client, group, sim.admin)
    assert (await press(client, menu, "Photos", sim.alice)).text == ENGLISH("settings-not-yours")
    assert shown_now(client, menu) == menu


async def test_rights_are_those_at_the_press(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    sim.groups.set_status(group, sim.alice, "administrator", by=sim.admin)
    menu = await opened(client, group, sim.alice)
    await walk(client, menu, sim.alice, "Photos")
    sim.groups.set_status(group, sim.alice, "member", by=sim.admin)
    assert (await press(client, menu, "Every photo", sim.alice)).text == ENGLISH("settings-not-yours")
    assert (await settings_of(client, group)).mode == "ask"
    sim.groups.set_status(group, sim.alice, "administrator", by=sim.admin)
    assert (await press(client, menu, "None", sim.alice)).text == "Saved."
    assert (await settings_of(client, group)).mode == "off"


async def test_an_admin_who_hides_behind_the_group_opens_the_menu_and_presses_under_their_own_name(
    client: Client,
) -> None:
    sim, group = client.sim, new_group(client)
    menu = await opened(client, group, sim.anonymous)
    assert (await press(client, menu, "Labels", sim.admin)).text == ""
    assert "Labels\n" in shown_now(client, menu)["text"]


async def test_a_channel_that_writes_in_a_group_is_no_admin_of_it(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    channel = sim.add_channel("News", creator=sim.admin)
    author = {"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}, "sender_chat": channel.to_api()}
    text = {"text": "/settings", "entities": [{"type": "bot_command", "offset": 0, "length": 9}]}
    asked = sim.store.post(group, author, text)
    assert await client.text_after(asked) == ENGLISH("settings-admins-only")


async def test_an_admin_of_the_bot_is_not_thereby_one_of_a_group(client: Client) -> None:
    sim = client.sim
    group = sim.add_group("Others", creator=sim.alice, members=(sim.admin,))
    asked = sim.send_text(group, sim.admin, "/settings")
    assert await client.text_after(asked) == ENGLISH("settings-admins-only")


async def test_admins_are_known_where_the_group_hides_its_members(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    group.has_hidden_members = True
    menu = await opened(client, group, sim.admin)
    assert (await press(client, menu, "Photos", sim.alice)).text == ENGLISH("settings-not-yours")
    assert (await press(client, menu, "Photos", sim.admin)).text == ""


async def test_nobody_sets_a_chat_through_a_button_that_is_forged(client: Client) -> None:
    sim, group = client.sim, new_group(client)
    chat, person = client.newcomer()
    for chat_id in (group.id, sim.private.id, -1001999999999, 77):
        menu = await opened(client, chat, person)
        menu["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = settings_data(chat_id, "top_k", "9")
        answer = await sim.press(menu, settings_data(chat_id, "top_k", "9"), person)
        assert answer.text == ENGLISH("settings-not-yours")
    assert (await settings_of(client, group)).top_k == (await settings_of(client, sim.private)).top_k == 5


@pytest.mark.parametrize("data", ["1:set:abc:main:", "0:set:5:main:", "nonsense"])
async def test_a_button_that_nobody_knows_is_answered(client: Client, data: str) -> None:
    chat, person = client.newcomer()
    menu = await opened(client, chat, person)
    menu["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = data
    answer = await client.sim.press(menu, data, person)
    assert "button" in answer.text


# Telegram's privacy mode


async def test_who_sets_auto_is_told_once_that_telegram_hides_photos_and_the_screen_shows_it(
    client: Client,
) -> None:
    sim, admin = client.sim, client.sim.admin
    group = sim.add_group("Old club", creator=admin)
    menu = await opened(client, group, admin)
    assert PHOTOS_HIDDEN not in menu["text"]
    await walk(client, menu, admin, "Photos")
    answer = await press(client, menu, "Every photo", admin)
    assert (answer.text, answer.show_alert) == (ENGLISH("settings-photos-hidden-alert"), True)
    assert PHOTOS_HIDDEN in shown_now(client, menu)["text"]
    await walk(client, menu, admin, "Photos", "When asked", "Photos")
    assert (await press(client, menu, "Every photo", admin)).text == "Saved."
    sim.groups.set_status(group, sim.bot, "administrator", by=admin)
    assert PHOTOS_HIDDEN not in (await opened(client, group, admin))["text"]


# In private


async def test_a_private_chat_sets_its_labels_and_language(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await opened(client, chat, person)
    lines = ("Labels: 5", "Model: starter", "Language: Automatic", "Never say: Nothing")
    asked = "Ask if I'm right: When I'm not sure"
    assert menu["text"] == "\n".join(("Settings for this chat", "", *lines, asked))
    await walk(client, menu, person, "Labels", "2")
    assert (await client.text_after(client.sim.send_photo(chat, person, picture(401)))).count("%") == 2
    assert "the top 2 labels" in await client.text_after(client.sim.send_text(chat, person, "/top"))
    await client.reply_to(client.sim.send_text(chat, person, "/top 4"))
    assert "Labels: 4\n" in (await opened(client, chat, person))["text"]


async def test_an_admin_sets_groups_and_channels_from_the_private_chat(client: Client) -> None:
    sim = client.sim
    person = sim.add_user("Host")
    chat = sim.add_private_chat(person)
    theirs = sim.add_group("Theirs", creator=person, with_bot=False)
    others = sim.add_group("Others", creator=sim.admin, members=(person,), with_bot=False)
    left = sim.add_group("Left", creator=person, with_bot=False)
    channel = sim.add_channel("Theirs, too", creator=person)
    sim.groups.set_status(channel, sim.bot, "left", by=person)
    for place in (theirs, others, left, channel):
        sim.groups.set_status(place, sim.bot, "administrator", by=sim.admin)
    sim.groups.set_status(left, sim.bot, "kicked", by=person)
    await client.said_in(chat)

    menu = await opened(client, chat, person)
    listed = await walk(client, menu, person, "Groups and channels")
    assert list(buttons(listed)) == ["Theirs", "Theirs, too", BACK]
    await walk(client, menu, person, "Theirs, too", "Channel posts", "Labels under them", BACK, "Theirs")
    shown = await walk(client, menu, person, "Photos", "Every photo")
    assert shown["text"].startswith("Settings for Theirs\n\nPhotos: Every photo\n")
    assert (await settings_of(client, theirs)).mode == "auto"
    assert (await settings_of(client, channel)).channel_posts == "caption"

    sim.groups.set_status(theirs, person, "member", by=sim.admin)
    assert (await press(client, menu, "Labels", person)).text == ENGLISH("settings-not-yours")
    assert list(buttons(await walk(client, menu, person, BACK))) == ["Theirs, too", BACK]


async def test_who_runs_more_groups_than_one_list_has_finds_all_of_them(client: Client) -> None:
    sim = client.sim
    person = sim.add_user("Host")
    chat = sim.add_private_chat(person)
    groups = [sim.add_group(f"Group {number}", creator=person) for number in range(70)]
    places = [*groups, sim.add_channel("The channel", creator=person)]
    chats = services_of(client).storage.chats
    for place in places:
        await chats.note_active(place.id)
    menu = await opened(client, chat, person)
    listed = await walk(client, menu, person, "Groups and channels")
    found = set(buttons(listed))
    while ENGLISH("settings-chats-further") in buttons(listed):
        listed = await walk(client, menu, person, ENGLISH("settings-chats-further"))
        found |= set(buttons(listed))
    assert {place.title for place in places} <= found


async def test_a_person_sets_the_model_of_their_private_chat(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await opened(client, chat, person)
    shown = await walk(client, menu, person, "Model", "colours")
    assert "\nModel: colours\n" in shown["text"]
    said = await client.text_after(client.sim.send_text(chat, person, "/model"))
    assert "the model colours here" in said
    assert ENGLISH("commands-model-here") in said


async def test_buttons_of_an_upgraded_group_lead_to_its_settings(client: Client) -> None:
    sim = client.sim
    person = sim.add_user("Host")
    chat = sim.add_private_chat(person)
    group = sim.add_group("Club", creator=person, kind="group")
    await services_of(client).storage.chats.note_active(group.id)
    menu = await opened(client, chat, person)
    await walk(client, menu, person, "Groups and channels", "Club")
    in_group = await opened(client, group, person)
    supergroup = sim.groups.migrate(group, by=person)
    assert (await press(client, menu, "Photos", person)).text == ENGLISH("settings-group-moved")
    await walk(client, menu, person, "Photos", "Every photo")
    assert (await settings_of(client, supergroup)).mode == "auto"
    answer = await press(client, in_group, "Photos", person)
    assert (answer.text, answer.show_alert) == (ENGLISH("settings-group-moved-there"), True)
    assert (await press(client, in_group, "Photos", sim.alice)).text == ENGLISH("settings-not-yours")


async def test_who_is_an_admin_nowhere_reads_what_to_do(client: Client) -> None:
    chat, person = client.newcomer()
    menu = await opened(client, chat, person)
    listed = await walk(client, menu, person, "Groups and channels")
    assert ENGLISH("settings-chats-none") in listed["text"]
    assert list(buttons(await walk(client, menu, person, BACK))) == list(buttons(menu))


# Elsewhere


async def test_the_menu_stays_in_its_topic(client: Client) -> None:
    sim, forum = client.sim, new_group(client, is_forum=True)
    topic = sim.groups.open_topic(forum, "Cats", by=sim.admin)
    asked = sim.send_text(forum, sim.admin, "/settings", thread_id=topic.thread_id)
    menu = await client.reply_to(asked)
    assert menu["message_thread_id"] == topic.thread_id
    assert (await walk(client, menu, sim.admin, "Labels"))["message_thread_id"] == topic.thread_id


async def test_a_command_of_another_bot_is_left_to_it(client: Client) -> None:
    group = new_group(client)
    client.sim.groups.set_status(group, client.sim.bot, "administrator", by=client.sim.admin)
    before = await client.said_in(group)
    client.sim.send_text(group, client.sim.admin, "/settings@another_bot")
    assert await client.said_in(group) == before
    own = client.sim.send_text(group, client.sim.admin, f"/settings@{client.sim.bot.username}")
    assert "Settings for Club" in await client.text_after(own)


async def test_settings_survive_a_restart(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        sim = server.simulation
        group = sim.add_group("Club", creator=sim.admin)
        async with LabelBot(settings_for(server, tmp_path)) as running:
            before = Client(server, running)
            menu = await opened(before, group, sim.admin)
            await walk(before, menu, sim.admin, "Photos", "Every photo", "Stay quiet below", "30%")
        async with LabelBot(settings_for(server, tmp_path)) as running:
            after = Client(server, running)
            # Buttons of before the restart work as well.
            await walk(after, menu, sim.admin, "Labels", "1")
            assert await settings_of(after, group) == ChatSettings(top_k=1, mode="auto", threshold=0.3)
            assert settings_data(group.id, MAIN) not in buttons(shown_now(after, menu)).values()
