"""What people say about answers: buttons, reactions and typed names, over the local Bot API server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.domain.callback_data import NAMED, RIGHT, correction_data
from bot.domain.chat_settings import Asks
from bot.domain.corrections import Correction
from bot.handlers.context import Services
from bot.localchat.chats import Chat, User
from bot.localchat.threads import Message
from inference import ModelStore
from tests.support.client import Client, connected_client
from tests.support.colour_models import install_colours, plain
from tests.support.keyboards import buttons, press, shown_now, walk
from tests.support.pictures import picture
from tests.support.taught_photos import CAT, CUP, view
from tests.support.texts import ENGLISH

pytestmark = pytest.mark.asyncio(loop_scope="module")

WHICH, ALBUM, OTHER, BACK = "Which of these is it?", "Right or wrong?", "Something else", "Back"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    """A bot whose model is sure of red, green and blue; another model is not sure of noise."""
    home = tmp_path_factory.mktemp("home")
    install_colours(ModelStore(home), tmp_path_factory.mktemp("models"))
    async with connected_client(home, model="colours") as running:
        yield running


def services(client: Client) -> Services:
    found = client.bot.application.bot_data["services"]
    assert isinstance(found, Services)
    return found


async def ask_about(client: Client, chat: Chat, asks: Asks, model: str | None = None) -> None:
    """Set below which answers the bot asks, and which model answers."""
    await services(client).storage.chats.change(chat.id, {"corrections": asks})
    if model is not None:
        await services(client).models.use(model, chat.id)


async def votes(client: Client, chat: Chat) -> list[Correction]:
    await client.said_in(chat)
    return await services(client).storage.corrections.of_photos(chat.id, range(1, 2000))


async def sure_answer(client: Client, asks: Asks = "always") -> tuple[Chat, User, Message]:
    """An answer in a private chat that the model is sure of."""
    chat, person = client.newcomer()
    await ask_about(client, chat, asks)
    return chat, person, await client.reply_to(client.sim.send_photo(chat, person, plain("green", 400)))


async def unsure_answer(client: Client) -> tuple[Chat, User, Message]:
    """An answer in a private chat that the model is not sure of."""
    chat, person = client.newcomer()
    await ask_about(client, chat, "unsure", "starter")
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(1)))
    assert reply["text"].startswith(ENGLISH("answers-unsure"))
    return chat, person, reply


async def group_answer(client: Client, *, album: bool = False) -> tuple[Chat, User, User, Message]:
    """An answer in a group: the group, the person who asked, another member, and the answer."""
    (_, admin), (_, asker), (_, other) = client.newcomer(), client.newcomer(), client.newcomer()
    group = client.sim.add_group("Judges", creator=admin, members=(asker, other))
    await ask_about(client, group, "always")
    caption = f"@{client.sim.bot.username}"
    client.sim.groups.set_status(group, client.sim.bot, "administrator", by=admin)
    if album:
        photo = client.sim.send_album(group, asker, [plain("red", 400), plain("blue", 400)], caption=caption)[0]
    else:
        photo = client.sim.send_photo(group, asker, plain("green", 400), caption=caption)
    return group, asker, other, await client.reply_to(photo)


# Buttons


async def test_by_default_only_unsure_answers_ask(client: Client) -> None:
    _, _, sure = await sure_answer(client, "unsure")
    assert WHICH not in buttons(sure)
    assert "Right" not in buttons(sure)
    _, _, unsure = await unsure_answer(client)
    assert WHICH in buttons(unsure)


async def test_right_is_counted_shown_confirmed_and_taken_back(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    told = await press(client, reply, "Right", person)
    assert told.text == ENGLISH("corrections-noted-right")
    assert list(buttons(shown_now(client, reply)))[-2:] == ["✓ Right", "Wrong"]
    (vote,) = await votes(client, chat)
    assert (vote.model, vote.voter_id, vote.asker_id, vote.certainty) == ("colours", person.id, person.id, "sure")
    assert (vote.said, vote.is_right, vote.label) == ("class:green", True, None)
    asked = await walk(client, reply, person, "✓ Right")
    assert asked["text"].endswith(ENGLISH("corrections-said-right"))
    assert len(await votes(client, chat)) == 1, "an update that is handled again after a crash takes nothing back"
    told = await press(client, reply, "Take it back", person)
    assert told.text == ENGLISH("corrections-taken-back")
    assert list(buttons(shown_now(client, reply)))[-2:] == ["Right", "Wrong"]
    assert await votes(client, chat) == []
    assert len(await client.said_in(chat)) == 1, "nothing but the answer"


async def test_wrong_offers_the_other_labels_and_shows_the_chosen_one(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    told = await press(client, reply, "Wrong", person)
    assert told.text == ENGLISH("corrections-noted-wrong")
    asked = shown_now(client, reply)
    assert set(buttons(asked)) == {"red", "blue", OTHER, "Take it back", BACK}
    assert asked["text"].endswith("\nWhat is it?")
    assert [vote.is_right for vote in await votes(client, chat)] == [False], "also without a name"
    told = await press(client, reply, "blue", person)
    assert told.text == ENGLISH("corrections-noted-name", name="blue")
    shown = shown_now(client, reply)
    assert shown["text"].endswith("\nCorrected: blue")
    assert list(buttons(shown))[-2:] == ["Right", "✓ Wrong"]
    (vote,) = await votes(client, chat)
    assert (vote.is_right, vote.label) == (False, "class:blue")


async def test_a_person_has_one_vote_and_may_change_it(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    await walk(client, reply, person, "Wrong", "red", "✓ Wrong", "blue", "Right")
    (vote,) = await votes(client, chat)
    assert (vote.is_right, vote.label) == (True, None)
    await walk(client, reply, person, "Wrong", "Take it back")
    assert await votes(client, chat) == []


async def test_an_unsure_answer_offers_its_guesses(client: Client) -> None:
    chat, person, reply = await unsure_answer(client)
    await press(client, reply, WHICH, person)
    asked = shown_now(client, reply)
    assert await votes(client, chat) == [], "a question is no vote"
    first, second = list(buttons(asked))[:2]
    shown = await walk(client, reply, person, second)
    assert f"✓ {second}" in buttons(shown)
    (vote,) = await votes(client, chat)
    assert (vote.certainty, vote.is_right) == ("unsure", False)
    await walk(client, reply, person, f"✓ {second}", first)
    (vote,) = await votes(client, chat)
    assert (vote.is_right, vote.label) == (True, vote.said), "the best guess was right"


async def test_a_vote_leaves_more_labels_on_the_screen(client: Client) -> None:
    chat, person = client.newcomer()
    await ask_about(client, chat, "unsure", "starter")
    reply = await client.reply_to(client.sim.send_photo(chat, person, picture(1)))
    shown = await walk(client, reply, person, "More")
    await press(client, reply, WHICH, person)
    first = next(iter(buttons(shown_now(client, reply))))
    voted = await walk(client, reply, person, first)
    assert voted["text"].count("%") < shown["text"].count("%")
    assert "More" in buttons(voted)


async def test_everybody_in_a_group_votes_and_the_buttons_count(client: Client) -> None:
    group, asker, other, reply = await group_answer(client)
    said = len(await client.said_in(group))
    await press(client, reply, "Right", other)
    await press(client, reply, "✓ Right", asker)
    shown = shown_now(client, reply)
    assert list(buttons(shown))[-2:] == ["✓ Right · 2", "Wrong"]
    assert len(await votes(client, group)) == 2
    await walk(client, reply, other, "Wrong", "red")
    assert list(buttons(shown_now(client, reply)))[-2:] == ["✓ Right", "✓ Wrong"]
    assert "Corrected" not in shown_now(client, reply)["text"], "whoever asked said that it is right"
    assert len(await client.said_in(group)) == said, "no more messages"


async def test_in_an_album_it_is_clear_which_photo_is_meant(client: Client) -> None:
    group, asker, _, reply = await group_answer(client, album=True)
    assert "Right" not in buttons(reply)
    asked = await walk(client, reply, asker, ALBUM)
    assert list(buttons(asked)) == ["1", "2", BACK]
    asked = await walk(client, reply, asker, "2")
    assert asked["text"].endswith("\nPhoto 2: was I right?")
    asked = await walk(client, reply, asker, "Wrong")
    assert asked["text"].endswith("\nPhoto 2: what is it?")
    shown = await walk(client, reply, asker, "green")
    assert shown["text"].endswith("\nPhoto 2 corrected: green")
    (vote,) = await votes(client, group)
    assert (vote.photo_id, vote.said, vote.label) == (reply["message_id"] - 1, "class:blue", "class:green")


async def test_back_leads_back(client: Client) -> None:
    _, asker, _, reply = await group_answer(client, album=True)
    shown = await walk(client, reply, asker, ALBUM, BACK, ALBUM, "1", BACK)
    assert (shown["text"], buttons(shown)) == (reply["text"], buttons(reply))


async def test_another_model_has_votes_of_its_own(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    await walk(client, reply, person, "Right", "Another model", "starter")
    assert "✓ Right" not in buttons(shown_now(client, reply))
    (vote,) = await votes(client, chat)
    assert vote.model == "colours"


async def test_what_is_asked_about_again_shows_its_votes(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    await press(client, reply, "Right", person)
    photo = client.sim.messages(chat)[0]
    client.sim.send_text(chat, person, "/label", reply_to=photo)
    assert len(await client.said_in(chat)) == 2
    assert "✓ Right" in buttons(client.sim.messages(chat)[-1])


async def test_never_asks_and_never_counts(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    await ask_about(client, chat, "never")
    told = await client.sim.press(reply, buttons(reply)["Right"], person)
    assert told.text == ENGLISH("corrections-closed")
    client.sim.react(reply, person, "👍")
    assert await votes(client, chat) == []
    assert "Right" not in buttons(shown_now(client, reply))


async def test_made_up_presses_do_nothing(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    photo_id = client.sim.messages(chat)[0]["message_id"]
    for data in (
        correction_data(NAMED, photo_id, "0123456789abcdef"),
        correction_data(RIGHT, 999_999),
        correction_data(RIGHT),
        f"{correction_data(RIGHT)}:x",
    ):
        assert (await client.sim.forge_callback(reply, data, person)).text == ENGLISH("corrections-closed")
    forged = await client.sim.forge_callback(reply, "1:right:many:", person)
    assert forged.text == ENGLISH("buttons-forgotten")
    assert await votes(client, chat) == []


# Names that people type


@pytest.mark.parametrize(
    ("typed", "label", "line"),
    [
        ("red", "class:red", "Corrected: red"),
        ("Espresso", "class:n07920052", "Corrected: espresso"),
        ("кошка", None, ENGLISH("corrections-unknown-name", name="кошка")),
        ("<b>Rex</b>", None, ENGLISH("corrections-unknown-name", name="<b>Rex</b>")),
    ],
)
async def test_a_typed_name_is_taken(client: Client, typed: str, label: str | None, line: str) -> None:
    chat, person, reply = await sure_answer(client)
    asked = await walk(client, reply, person, "Wrong", OTHER)
    assert asked["text"].endswith(ENGLISH("corrections-type-in-private"))
    name = client.sim.send_text(chat, person, typed)
    said = await client.said_in(chat)
    assert len(said) == 1, "no message but the answer"
    assert client.sim.reactions(name) == ["👌"]
    shown = shown_now(client, reply)["text"]
    if label is None:
        assert typed in shown.rpartition("\n")[2]
    else:
        assert shown.endswith(f"\n{line}")
    (vote,) = await votes(client, chat)
    assert (vote.is_right, vote.label) == (False, label)


@pytest.mark.parametrize("typed", ["x" * 65, "two\nlines", "\u202egnorw"])
async def test_what_is_no_name_is_asked_for_again(client: Client, typed: str) -> None:
    chat, person, reply = await sure_answer(client)
    asked = await walk(client, reply, person, "Wrong", OTHER)
    client.sim.send_text(chat, person, typed, reply_to=asked)
    await client.said_in(chat)
    again = shown_now(client, reply)
    assert again["text"].endswith(ENGLISH("corrections-type-again", most=64))
    client.sim.send_text(chat, person, "red", reply_to=again)
    await client.said_in(chat)
    assert shown_now(client, reply)["text"].endswith("\nCorrected: red")


async def test_a_name_is_awaited_once_and_only_after_the_question(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    await walk(client, reply, person, "Wrong", OTHER, BACK)
    assert await client.text_after(client.sim.send_text(chat, person, "red")) == ENGLISH("commands-send-a-photo")
    asked = await walk(client, reply, person, "✓ Wrong", OTHER)
    client.sim.send_text(chat, person, "red", reply_to=asked)
    await client.said_in(chat)
    assert await client.text_after(client.sim.send_text(chat, person, "blue")) == ENGLISH("commands-send-a-photo")
    assert [vote.label for vote in await votes(client, chat)] == ["class:red"]


async def test_only_the_person_who_was_asked_names_it(client: Client) -> None:
    group, asker, other, reply = await group_answer(client)
    asked = await walk(client, reply, asker, "Wrong", OTHER)
    client.sim.send_text(group, other, "blue", reply_to=asked)
    assert [vote.label for vote in await votes(client, group)] == [None]
    client.sim.send_text(group, asker, "blue", reply_to=asked)
    assert [vote.label for vote in await votes(client, group)] == ["class:blue"]


async def test_a_chat_about_an_answer_is_no_name(client: Client) -> None:
    group, asker, _, reply = await group_answer(client)
    client.sim.send_text(group, asker, "blue", reply_to=reply)
    assert await votes(client, group) == []


# Reactions


async def test_thumbs_count_and_are_taken_back(client: Client) -> None:
    chat, person, reply = await sure_answer(client, "unsure")
    for emoji, counted in (("👍", [True]), ("👎", [False]), ("❤", []), ("👍", [True]), (None, [])):
        client.sim.react(reply, person, *(() if emoji is None else (emoji,)))
        assert [vote.is_right for vote in await votes(client, chat)] == counted, emoji


async def test_a_reaction_that_ends_leaves_another_opinion(client: Client) -> None:
    chat, person, reply = await sure_answer(client)
    client.sim.react(reply, person, "👍")
    await walk(client, reply, person, "Wrong", "blue")
    client.sim.react(reply, person)
    assert [vote.label for vote in await votes(client, chat)] == ["class:blue"]


async def test_an_anonymous_reaction_counts_not(client: Client) -> None:
    group, _, other, reply = await group_answer(client)
    client.sim.react(reply, client.sim.anonymous, "👎")
    assert await votes(client, group) == []
    client.sim.react(reply, other, "👍")
    assert [vote.voter_id for vote in await votes(client, group)] == [other.id]


async def test_reactions_to_albums_and_other_messages_count_not(client: Client) -> None:
    group, asker, _, reply = await group_answer(client, album=True)
    for message in (reply, client.sim.messages(group)[0]):
        client.sim.react(message, asker, "👎")
    assert await votes(client, group) == []


# What is kept


async def test_votes_go_with_a_person_and_with_a_group(client: Client) -> None:
    group, asker, other, reply = await group_answer(client)
    await press(client, reply, "Right", asker)
    await walk(client, reply, other, "Wrong", "red")
    await services(client).erasure.erase_person(other.id)
    assert [vote.voter_id for vote in await votes(client, group)] == [asker.id]
    await services(client).erasure.erase_chat(group.id)
    assert await votes(client, group) == []
    assert (await press(client, reply, "✓ Wrong", asker)).text == ENGLISH("buttons-forgotten")


# What the chat has taught


async def taught(client: Client, chat: Chat, person: User, name: str) -> None:
    """Teach a class with one photo, whose sender agrees."""
    said = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0), caption=f"/teach {name}"))
    if "Agree" in buttons(said):
        await press(client, said, "Agree", person)
    assert [each.name for each in await services(client).teaching.classes(chat.id)] == [name]


async def test_a_correction_toward_what_was_taught_adds_the_photo_after_consent(client: Client) -> None:
    chat, person = client.newcomer()
    await ask_about(client, chat, "always", "starter")
    await taught(client, chat, person, "Rex")
    photo = client.sim.send_photo(chat, person, view(CUP, 0))
    reply = await client.reply_to(photo)
    asked = await walk(client, reply, person, "Wrong")
    assert next(iter(buttons(asked))) == "Rex", "what was taught comes first"
    await press(client, reply, "Rex", person)
    (rex,) = await services(client).teaching.classes(chat.id)
    assert rex.photos == 2
    (vote,) = await votes(client, chat)
    assert (vote.is_right, vote.label) == (False, None), "names of a chat stay in the chat"
    assert "I know Rex better now (2 photos, 1 of them new)." in (await client.said_in(chat))[-1]


async def test_a_typed_name_that_was_taught_adds_the_photo(client: Client) -> None:
    chat, person = client.newcomer()
    await ask_about(client, chat, "always", "starter")
    await taught(client, chat, person, "Rex")
    asked = await walk(
        client, await client.reply_to(client.sim.send_photo(chat, person, view(CUP, 0))), person, "Wrong", OTHER
    )
    client.sim.send_text(chat, person, "REX", reply_to=asked)
    await client.said_in(chat)
    (rex,) = await services(client).teaching.classes(chat.id)
    assert rex.photos == 2


async def test_what_was_taught_is_judged_apart_from_the_model(client: Client) -> None:
    chat, person = client.newcomer()
    await ask_about(client, chat, "always", "starter")
    await taught(client, chat, person, "Rex")
    reply = await client.reply_to(client.sim.send_photo(chat, person, view(CAT, 0)))
    assert reply["text"].startswith("Rex")
    await press(client, reply, "Right", person)
    (vote,) = await votes(client, chat)
    assert (vote.certainty, vote.said, vote.is_right) == ("taught", None, True)
    asked = await walk(client, reply, person, "Wrong")
    assert "Rex" not in buttons(asked)


async def test_in_a_group_only_those_who_may_teach_add_photos(client: Client) -> None:
    (_, admin), (_, member) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Dogs", creator=admin, members=(member,))
    client.sim.groups.set_status(group, client.sim.bot, "administrator", by=admin)
    await ask_about(client, group, "always", "starter")
    await taught(client, group, admin, "Rex")
    caption = f"@{client.sim.bot.username}"
    reply = await client.reply_to(client.sim.send_photo(group, member, view(CUP, 0), caption=caption))
    shown = await walk(client, reply, member, "Wrong", "Rex")
    assert shown["text"].endswith(ENGLISH("teaching-admins-only"))
    assert len(await votes(client, group)) == 1
    (rex,) = await services(client).teaching.classes(group.id)
    assert rex.photos == 1
    await walk(client, reply, admin, "✓ Wrong", "Rex")
    question = client.sim.messages(group)[-1]
    assert "Agree" in buttons(question), "whoever sent the photo is asked"
    assert (await press(client, question, "Agree", admin)).text == ENGLISH("teaching-not-asked")
    await press(client, question, "Agree", member)
    (rex,) = await services(client).teaching.classes(group.id)
    assert rex.photos == 2


async def test_votes_go_on_in_the_supergroup_that_replaces_a_group(client: Client) -> None:
    (_, admin), (_, asker) = client.newcomer(), client.newcomer()
    group = client.sim.add_group("Growing", creator=admin, members=(asker,), kind="group")
    await ask_about(client, group, "always")
    photo = client.sim.send_photo(group, asker, plain("green", 400), caption=f"@{client.sim.bot.username}")
    await press(client, await client.reply_to(photo), "Right", asker)
    supergroup = client.sim.groups.migrate(group, by=admin)
    await client.said_in(supergroup)
    table = services(client).storage.corrections
    moved = await table.of_photos(supergroup.id, [-photo["message_id"]])
    assert [vote.voter_id for vote in moved] == [asker.id]
    await services(client).erasure.erase_chat(supergroup.id)
    assert await table.of_photos(supergroup.id, [-photo["message_id"]]) == []
