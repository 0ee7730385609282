"""/settings in groups and in private chats, over the local Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.app import LabelBot
from bot.domain.chat_settings import ChatSettings
from bot.domain.settings_options import MAIN, settings_data
from bot.localchat.chats import Chat, User
from bot.localchat.html import parse_html
from bot.localchat.server import LocalChatServer
from bot.localchat.threads import Message
from bot.services.container import Services
from inference import ModelStore
from tests.support.colour_models import install_colours, plain
from tests.support.conversation import Conversation, conversation, settings_for
from tests.support.keyboards import buttons, press, shown_now, walk
from tests.support.pictures import picture
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

BACK = ENGLISH("settings-back")
PHOTOS_HIDDEN = ENGLISH("settings-photos-hidden")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bot(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[Conversation, Path]]:
    """A running bot that has a second model, and its home."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), home)
    async with conversation(home) as running:
        yield running, home


@pytest_asyncio.fixture(loop_scope="module")
async def talk(bot: tuple[Conversation, Path]) -> Conversation:
    return bot[0]


def services_of(talk: Conversation) -> Services:
    services = talk.bot.application.bot_data["services"]
    assert isinstance(services, Services)
    return services


async def settings_of(talk: Conversation, chat: Chat) -> ChatSettings:
    return await services_of(talk).storage.chats.settings(chat.id)


def new_group(talk: Conversation, *, is_forum: bool = False) -> Chat:
    """A group of the boss and Alice that the bot is an ordinary member of."""
    world = talk.world
    return world.add_group("Club", creator=world.boss, members=(world.alice,), is_forum=is_forum)


async def opened(talk: Conversation, chat: Chat, person: User) -> Message:
    return await talk.reply_to(talk.world.send_text(chat, person, "/settings"))


# In a group


async def test_an_admin_walks_through_all_screens_of_one_message_and_back(talk: Conversation) -> None:
    group, boss = new_group(talk), talk.world.boss
    menu = await opened(talk, group, boss)
    assert menu["text"].startswith("Settings of Club\n\nPhotos: When asked\n")
    names = [name for name in buttons(menu) if name != "Close"]
    assert len(names) == 8
    for name in names:
        screen = await walk(talk, menu, boss, name)
        assert screen["text"].startswith(f"{name}\n\n")
        back = await walk(talk, menu, boss, BACK)
        assert (back["text"], back["reply_markup"]) == (menu["text"], menu["reply_markup"])
    closed = await walk(talk, menu, boss, "Close")
    assert closed["text"] == menu["text"]
    assert buttons(closed) == {}
    assert len(talk.world.messages(group)) == 2


async def test_what_is_chosen_is_set_and_shown(talk: Conversation) -> None:
    group, boss = new_group(talk), talk.world.boss
    menu = await opened(talk, group, boss)
    choices = {
        "Photos": "None",
        "Unasked": "A reaction 👀",
        "Silent under": "70%",
        "Labels": "3",
        "Language": "English",
        "Channel posts": "A comment",
    }
    for name, value in choices.items():
        await walk(talk, menu, boss, name)
        assert (await press(talk, menu, value, boss)).text == "Saved."
        assert f"{name}: {value}\n" in f"{shown_now(talk, menu)['text']}\n"
        await walk(talk, menu, boss, name)
        assert f"✓ {value}" in buttons(shown_now(talk, menu))
        await walk(talk, menu, boss, BACK)
    assert await settings_of(talk, group) == ChatSettings(
        top_k=3, mode="off", language="en", threshold=0.7, answer_by="react", channel_posts="comment"
    )


async def test_quiet_hours_are_set_by_buttons_and_ended(talk: Conversation) -> None:
    group, boss = new_group(talk), talk.world.boss
    menu = await opened(talk, group, boss)
    await walk(talk, menu, boss, "Quiet hours", "From: not set", "21:00", "To: 07:00", "06:00")
    await walk(talk, menu, boss, "Clock: UTC+00:00", "UTC+05:30", BACK)
    assert "Quiet hours: 21:00 to 06:00, UTC+05:30\n" in shown_now(talk, menu)["text"]
    settings = await settings_of(talk, group)
    assert (settings.quiet_from, settings.quiet_to, settings.utc_offset_min) == (1260, 360, 330)
    ended = await walk(talk, menu, boss, "Quiet hours", "No quiet hours", BACK)
    assert "Quiet hours: None\n" in ended["text"]


async def test_a_group_chooses_its_model_and_goes_back_to_the_one_of_all(talk: Conversation) -> None:
    group, boss = new_group(talk), talk.world.boss
    menu = await opened(talk, group, boss)
    assert "Model: starter\n" in menu["text"]
    await walk(talk, menu, boss, "Model")
    assert list(buttons(shown_now(talk, menu))) == [
        "✓ Same as elsewhere",
        "starter",
        "efficientnet_lite0",
        "colours",
        BACK,
    ]
    assert "Model: colours\n" in (await walk(talk, menu, boss, "colours"))["text"]
    photo = talk.world.send_photo(group, boss, plain("red"), caption="/label")
    assert "red" in await talk.text_after(photo)
    assert services_of(talk).models.selected(talk.world.private.id).spec.name == "starter"
    back = await walk(talk, menu, boss, "Model", "Same as elsewhere")
    assert "Model: starter\n" in back["text"]
    assert services_of(talk).models.chosen(group.id) is None


async def test_a_model_that_does_not_work_is_told(bot: tuple[Conversation, Path]) -> None:
    talk, home = bot
    group, boss = new_group(talk), talk.world.boss
    install_colours(ModelStore(home), home, "broken", side=9)
    menu = await opened(talk, group, boss)
    await walk(talk, menu, boss, "Model")
    (home / "models" / "broken" / "model.tflite").write_bytes(b"nothing")
    said = await walk(talk, menu, boss, "broken")
    assert said["text"].startswith(ENGLISH("settings-model-refused"))
    assert services_of(talk).models.chosen(group.id) is None


async def test_a_model_that_was_removed_meanwhile_is_told(bot: tuple[Conversation, Path]) -> None:
    talk, home = bot
    group, boss = new_group(talk), talk.world.boss
    install_colours(ModelStore(home), home, "fleeting")
    menu = await opened(talk, group, boss)
    await walk(talk, menu, boss, "Model")
    ModelStore(home).remove("fleeting")
    assert (await press(talk, menu, "fleeting", boss)).text == ENGLISH("settings-model-gone")
    assert "fleeting" not in buttons(shown_now(talk, menu))


async def test_the_language_of_a_group_is_that_of_its_next_screen(talk: Conversation) -> None:
    languages = services_of(talk).languages
    code = languages.codes[0]
    group, boss = new_group(talk), talk.world.boss
    menu = await opened(talk, group, boss)
    name = languages.closest(code)("settings-language-name")
    changed = await walk(talk, menu, boss, "Language", name)
    texts = languages.closest(code)
    assert changed["text"].startswith(parse_html(texts("settings-title", title="Club"))[0])


# Who may


async def test_others_are_told_that_they_may_not(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    asked = world.send_text(group, world.alice, "/settings")
    assert await talk.text_after(asked) == ENGLISH("settings-admins-only")
    menu = await opened(talk, group, world.boss)
    assert (await press(talk, menu, "Photos", world.alice)).text == ENGLISH("settings-not-yours")
    assert shown_now(talk, menu) == menu


async def test_rights_are_those_at_the_press(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    world.groups.set_status(group, world.alice, "administrator", by=world.boss)
    menu = await opened(talk, group, world.alice)
    await walk(talk, menu, world.alice, "Photos")
    world.groups.set_status(group, world.alice, "member", by=world.boss)
    assert (await press(talk, menu, "Every photo", world.alice)).text == ENGLISH("settings-not-yours")
    assert (await settings_of(talk, group)).mode == "ask"
    world.groups.set_status(group, world.alice, "administrator", by=world.boss)
    assert (await press(talk, menu, "None", world.alice)).text == "Saved."
    assert (await settings_of(talk, group)).mode == "off"


async def test_an_admin_who_hides_behind_the_group_opens_the_menu_and_presses_under_their_own_name(
    talk: Conversation,
) -> None:
    world, group = talk.world, new_group(talk)
    menu = await opened(talk, group, world.anonymous)
    assert (await press(talk, menu, "Labels", world.boss)).text == ""
    assert "Labels\n" in shown_now(talk, menu)["text"]


async def test_a_channel_that_writes_in_a_group_is_no_admin_of_it(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    channel = world.add_channel("News", creator=world.boss)
    author = {"from": {"id": 136817688, "is_bot": True, "first_name": "Channel"}, "sender_chat": channel.to_api()}
    text = {"text": "/settings", "entities": [{"type": "bot_command", "offset": 0, "length": 9}]}
    asked = world.store.post(group, author, text)
    assert await talk.text_after(asked) == ENGLISH("settings-admins-only")


async def test_an_admin_of_the_bot_is_not_thereby_one_of_a_group(talk: Conversation) -> None:
    world = talk.world
    group = world.add_group("Others", creator=world.alice, members=(world.boss,))
    asked = world.send_text(group, world.boss, "/settings")
    assert await talk.text_after(asked) == ENGLISH("settings-admins-only")


async def test_admins_are_known_where_the_group_hides_its_members(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    group.has_hidden_members = True
    menu = await opened(talk, group, world.boss)
    assert (await press(talk, menu, "Photos", world.alice)).text == ENGLISH("settings-not-yours")
    assert (await press(talk, menu, "Photos", world.boss)).text == ""


async def test_nobody_sets_a_chat_through_a_button_that_is_forged(talk: Conversation) -> None:
    world, group = talk.world, new_group(talk)
    chat, person = talk.newcomer()
    for chat_id in (group.id, world.private.id, -1001999999999, 77):
        menu = await opened(talk, chat, person)
        menu["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = settings_data(chat_id, "top_k", "9")
        answer = await world.press(menu, settings_data(chat_id, "top_k", "9"), person)
        assert answer.text == ENGLISH("settings-not-yours")
    assert (await settings_of(talk, group)).top_k == (await settings_of(talk, world.private)).top_k == 5


@pytest.mark.parametrize("data", ["1:set:abc:main:", "0:set:5:main:", "nonsense"])
async def test_a_button_that_nobody_knows_is_answered(talk: Conversation, data: str) -> None:
    chat, person = talk.newcomer()
    menu = await opened(talk, chat, person)
    menu["reply_markup"]["inline_keyboard"][0][0]["callback_data"] = data
    answer = await talk.world.press(menu, data, person)
    assert "button" in answer.text


# Telegram's privacy mode


async def test_who_sets_auto_is_told_once_that_telegram_hides_photos_and_the_screen_shows_it(
    talk: Conversation,
) -> None:
    world, boss = talk.world, talk.world.boss
    group = world.add_group("Old club", creator=boss)
    menu = await opened(talk, group, boss)
    assert PHOTOS_HIDDEN not in menu["text"]
    await walk(talk, menu, boss, "Photos")
    answer = await press(talk, menu, "Every photo", boss)
    assert (answer.text, answer.show_alert) == (ENGLISH("settings-photos-hidden-alert"), True)
    assert PHOTOS_HIDDEN in shown_now(talk, menu)["text"]
    await walk(talk, menu, boss, "Photos", "When asked", "Photos")
    assert (await press(talk, menu, "Every photo", boss)).text == "Saved."
    world.groups.set_status(group, world.bot, "administrator", by=boss)
    assert PHOTOS_HIDDEN not in (await opened(talk, group, boss))["text"]


# In private


async def test_a_private_chat_sets_its_labels_and_language(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    menu = await opened(talk, chat, person)
    assert menu["text"] == "Settings of this chat\n\nLabels: 5\nLanguage: Automatic"
    await walk(talk, menu, person, "Labels", "2")
    assert (await talk.text_after(talk.world.send_photo(chat, person, picture(401)))).count("%") == 2
    assert "the 2 best labels" in await talk.text_after(talk.world.send_text(chat, person, "/top"))
    await talk.reply_to(talk.world.send_text(chat, person, "/top 4"))
    assert "Labels: 4\n" in (await opened(talk, chat, person))["text"]


async def test_an_admin_sets_groups_and_channels_from_the_private_chat(talk: Conversation) -> None:
    world = talk.world
    person = world.add_user("Host")
    chat = world.add_private_chat(person)
    theirs = world.add_group("Theirs", creator=person, with_bot=False)
    others = world.add_group("Others", creator=world.boss, members=(person,), with_bot=False)
    left = world.add_group("Left", creator=person, with_bot=False)
    channel = world.add_channel("Theirs, too", creator=person)
    world.groups.set_status(channel, world.bot, "left", by=person)
    for place in (theirs, others, left, channel):
        world.groups.set_status(place, world.bot, "administrator", by=world.boss)
    world.groups.set_status(left, world.bot, "kicked", by=person)
    await talk.said_in(chat)

    menu = await opened(talk, chat, person)
    listed = await walk(talk, menu, person, "Groups and channels")
    assert list(buttons(listed)) == ["Theirs", "Theirs, too", BACK]
    await walk(talk, menu, person, "Theirs, too", "Channel posts", "Labels under them", BACK, "Theirs")
    shown = await walk(talk, menu, person, "Photos", "Every photo")
    assert shown["text"].startswith("Settings of Theirs\n\nPhotos: Every photo\n")
    assert (await settings_of(talk, theirs)).mode == "auto"
    assert (await settings_of(talk, channel)).channel_posts == "caption"

    world.groups.set_status(theirs, person, "member", by=world.boss)
    assert (await press(talk, menu, "Labels", person)).text == ENGLISH("settings-not-yours")
    assert list(buttons(await walk(talk, menu, person, BACK))) == ["Theirs, too", BACK]


async def test_who_is_an_admin_nowhere_reads_what_to_do(talk: Conversation) -> None:
    chat, person = talk.newcomer()
    menu = await opened(talk, chat, person)
    listed = await walk(talk, menu, person, "Groups and channels")
    assert ENGLISH("settings-chats-none") in listed["text"]
    assert list(buttons(await walk(talk, menu, person, BACK))) == list(buttons(menu))


# Elsewhere


async def test_the_menu_stays_in_its_topic(talk: Conversation) -> None:
    world, forum = talk.world, new_group(talk, is_forum=True)
    topic = world.groups.open_topic(forum, "Cats", by=world.boss)
    asked = world.send_text(forum, world.boss, "/settings", thread_id=topic.thread_id)
    menu = await talk.reply_to(asked)
    assert menu["message_thread_id"] == topic.thread_id
    assert (await walk(talk, menu, world.boss, "Labels"))["message_thread_id"] == topic.thread_id


async def test_a_command_of_another_bot_is_left_to_it(talk: Conversation) -> None:
    group = new_group(talk)
    talk.world.groups.set_status(group, talk.world.bot, "administrator", by=talk.world.boss)
    before = await talk.said_in(group)
    talk.world.send_text(group, talk.world.boss, "/settings@another_bot")
    assert await talk.said_in(group) == before
    own = talk.world.send_text(group, talk.world.boss, f"/settings@{talk.world.bot.username}")
    assert "Settings of Club" in await talk.text_after(own)


async def test_settings_survive_a_restart(tmp_path: Path) -> None:
    async with LocalChatServer() as server:
        world = server.world
        group = world.add_group("Club", creator=world.boss)
        async with LabelBot(settings_for(server, tmp_path)) as running:
            before = Conversation(server, running)
            menu = await opened(before, group, world.boss)
            await walk(before, menu, world.boss, "Photos", "Every photo", "Silent under", "30%")
        async with LabelBot(settings_for(server, tmp_path)) as running:
            after = Conversation(server, running)
            # Buttons of before the restart work as well.
            await walk(after, menu, world.boss, "Labels", "1")
            assert await settings_of(after, group) == ChatSettings(top_k=1, mode="auto", threshold=0.3)
            assert settings_data(group.id, MAIN) not in buttons(shown_now(after, menu)).values()
