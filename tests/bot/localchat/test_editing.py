from __future__ import annotations

from typing import Any

import pytest

from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot
from tests.support.pictures import picture

NOT_MODIFIED = (
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same "
    "as a current content and reply markup of the message"
)
KEYBOARD = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}


def place(message: dict[str, Any]) -> dict[str, int]:
    return {"chat_id": message["chat"]["id"], "message_id": message["message_id"]}


async def test_a_text_is_replaced_and_loses_the_buttons_that_are_not_given_again(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call(
        "sendMessage", chat_id=sim.private.id, text="<b>old</b>", parse_mode="HTML", reply_markup=KEYBOARD
    )
    edited = await bot.call("editMessageText", **place(sent), text="new")
    assert (edited["text"], edited.get("entities"), edited.get("reply_markup")) == ("new", None, None)
    assert edited["edit_date"] >= edited["date"]
    assert sim.messages(sim.private) == [edited]
    assert await bot.updates() == []


async def test_the_same_content_again_is_refused(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="same", reply_markup=KEYBOARD)
    same = await bot.refusal(
        "editMessageText", **place(sent), text="<b></b>same", parse_mode="HTML", reply_markup=KEYBOARD
    )
    assert (same.status, same.description) == (400, NOT_MODIFIED)
    assert (
        await bot.refusal("editMessageReplyMarkup", **place(sent), reply_markup=KEYBOARD)
    ).description == NOT_MODIFIED
    await bot.call("editMessageText", **place(sent), text="same")


async def test_a_change_of_buttons_does_not_mark_the_message_as_edited(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_markup=KEYBOARD)
    edited = await bot.call("editMessageReplyMarkup", **place(sent))
    assert "reply_markup" not in edited
    assert "edit_date" not in edited


async def test_a_caption_and_a_photo_are_replaced(sim: Simulation, bot: RawBot) -> None:
    red, blue = picture(2), picture(3)
    sent = await bot.call("sendPhoto", {"photo": red}, chat_id=sim.private.id, caption="red")
    edited = await bot.call("editMessageCaption", **place(sent), caption="still red")
    assert (edited["caption"], edited["photo"]) == ("still red", sent["photo"])
    media = {"type": "photo", "media": "attach://new", "caption": "blue"}
    edited = await bot.call("editMessageMedia", {"new": blue}, **place(sent), media=media)
    assert edited["caption"] == "blue"
    assert edited["photo"][0]["file_unique_id"] != sent["photo"][0]["file_unique_id"]
    again = await bot.refusal("editMessageMedia", {"new": blue}, **place(sent), media=media)
    assert again.description == NOT_MODIFIED


async def test_edits_that_do_not_fit_the_message(sim: Simulation, bot: RawBot) -> None:
    text = place(await bot.call("sendMessage", chat_id=sim.private.id, text="x"))
    photo = place(await bot.call("sendPhoto", {"photo": picture(1)}, chat_id=sim.private.id))
    theirs = place(sim.send_text(sim.private, sim.alice, "mine"))
    media = {"type": "photo", "media": "attach://a"}
    refusals = {
        "there is no text in the message to edit": await bot.refusal("editMessageText", **photo, text="y"),
        "there is no caption in the message to edit": await bot.refusal("editMessageCaption", **text, caption="y"),
        "there is no media in the message to edit": await bot.refusal("editMessageMedia", **text, media=media),
        "object expected as InputMedia": await bot.refusal("editMessageMedia", **photo, media=[1]),
        "message can't be edited": await bot.refusal("editMessageText", **theirs, text="yours"),
        "message to edit not found": await bot.refusal(
            "editMessageText", chat_id=sim.private.id, message_id=99, text="y"
        ),
        "message is too long": await bot.refusal("editMessageText", **text, text="x" * 4097),
        "message caption is too long": await bot.refusal("editMessageCaption", **photo, caption="x" * 1025),
        "inline keyboard expected": await bot.refusal(
            "editMessageText", **text, text="y", reply_markup={"force_reply": True}
        ),
    }
    assert {reason: refusal.description for reason, refusal in refusals.items()} == {
        reason: f"Bad Request: {reason}" for reason in refusals
    }


async def test_a_deleted_message_is_gone(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x")
    assert await bot.call("deleteMessage", **place(sent)) is True
    assert sim.messages(sim.private) == []
    refusal = await bot.refusal("deleteMessage", **place(sent))
    assert refusal.description == "Bad Request: message to delete not found"


async def test_only_admins_delete_the_messages_of_others(sim: Simulation, bot: RawBot) -> None:
    theirs = sim.send_text(sim.group, sim.alice, "mine")
    refusal = await bot.refusal("deleteMessage", **place(theirs))
    assert refusal.description == "Bad Request: message can't be deleted for everyone"
    sim.groups.set_status(sim.group, sim.bot, "administrator", by=sim.admin)
    assert await bot.call("deleteMessage", **place(theirs)) is True


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [({}, "chat identifier is not specified"), ({"chat_id": 1}, "message identifier is not specified")],
)
async def test_a_deletion_must_say_of_what(bot: RawBot, parameters: dict[str, Any], reason: str) -> None:
    assert (await bot.refusal("deleteMessage", **parameters)).description == f"Bad Request: {reason}"
