from __future__ import annotations

from typing import Any

import pytest

from bot.localchat.simulation import Simulation
from tests.support.bot_api import RawBot
from tests.support.pictures import picture


async def test_a_message_arrives_with_its_entities_and_buttons(sim: Simulation, bot: RawBot) -> None:
    keyboard = {
        "inline_keyboard": [
            [{"text": "Again", "callback_data": "again"}, {"text": "Site", "url": "https://example.com"}]
        ]
    }
    sent = await bot.call(
        "sendMessage", chat_id=sim.private.id, text="<b>🦜</b> see /help ", parse_mode="HTML", reply_markup=keyboard
    )
    assert sent["text"] == "🦜 see /help"
    assert sent["entities"] == [
        {"type": "bold", "offset": 0, "length": 2},
        {"type": "bot_command", "offset": 7, "length": 5},
    ]
    assert sent["reply_markup"] == keyboard
    assert sim.messages(sim.private) == [sent]


async def test_nothing_is_found_inside_code_and_links(sim: Simulation, bot: RawBot) -> None:
    text = '<code>/help</code> <a href="https://example.com">@alice_local</a>'
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text=text, parse_mode="HTML")
    assert [entity["type"] for entity in sent["entities"]] == ["code", "text_link"]


async def test_a_mention_by_id_carries_the_user_if_there_is_one(sim: Simulation, bot: RawBot) -> None:
    text = f'<a href="tg://user?id={sim.alice.id}">you</a> <a href="tg://user?id=5">nobody</a>'
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text=text, parse_mode="HTML")
    (entity,) = sent["entities"]
    assert (entity["type"], entity["user"]["first_name"]) == ("text_mention", "Alice")


async def test_entities_can_be_given_instead_of_markup(sim: Simulation, bot: RawBot) -> None:
    bold = {"type": "bold", "offset": 0, "length": 2}
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="  🦜", entities=[bold | {"offset": 2}])
    assert (sent["text"], sent["entities"]) == ("🦜", [bold])
    refusal = await bot.refusal("sendMessage", chat_id=sim.private.id, text="🦜", entities=[bold | {"length": 3}])
    assert refusal.description == (
        "Bad Request: entity beginning at UTF-16 offset 0 ends after the end of the text at UTF-16 offset 3"
    )


async def test_white_space_at_the_ends_goes_and_entities_shrink_with_it(sim: Simulation, bot: RawBot) -> None:
    text = "\n <b> 🦜 parrot </b> <i> </i> "
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text=text, parse_mode="HTML")
    assert (sent["text"], sent["entities"]) == ("🦜 parrot", [{"type": "bold", "offset": 0, "length": 9}])


async def test_the_longest_text_that_fits(sim: Simulation, bot: RawBot) -> None:
    markup = "<b>" + "&lt;" * 4094 + "</b>🦜"
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text=markup, parse_mode="HTML")
    assert len(sent["text"]) == 4095
    refusal = await bot.refusal("sendMessage", chat_id=sim.private.id, text=markup + "x", parse_mode="HTML")
    assert refusal.description == "Bad Request: message is too long"


BUTTON = {"text": "x", "callback_data": "x"}


def inline(*rows: list[Any]) -> dict[str, Any]:
    return {"inline_keyboard": list(rows)}


CANT_PARSE_BUTTON = "can't parse inline keyboard button: "


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n\t "}, "message text is empty"),
        ({"text": "<b></b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "</b>", "parse_mode": "html"}, "can't parse entities: Unexpected end tag at byte offset 0"),
        ({"text": "*x*", "parse_mode": "Wordstar"}, "unsupported parse_mode"),
        ({"text": "\ud83e"}, "strings must be encoded in UTF-8"),
        ({"chat_id": ""}, "chat_id is empty"),
        ({"chat_id": 42}, "chat not found"),
        ({"chat_id": "@nowhere"}, "chat not found"),
        ({"chat_id": "the group"}, "chat not found"),
        ({"message_thread_id": 77}, "message thread not found"),
        ({"reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ({"reply_to_message_id": 99}, "message to be replied not found"),
        ({"reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"reply_markup": [1]}, "object expected as reply markup"),
    ],
)
async def test_what_telegram_refuses_to_send(
    sim: Simulation, bot: RawBot, parameters: dict[str, Any], reason: str
) -> None:
    refusal = await bot.refusal("sendMessage", **({"chat_id": sim.private.id, "text": "hello"} | parameters))
    assert (refusal.status, refusal.description) == (400, f"Bad Request: {reason}")
    assert sim.messages(sim.private) == []


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([[BUTTON | {"callback_data": "x" * 65}]], "BUTTON_DATA_INVALID"),
        ([[BUTTON | {"callback_data": "é" * 33}]], "BUTTON_DATA_INVALID"),
        ([[BUTTON] * 9], "reply markup is too long"),
        ([[BUTTON] * 8] * 13, "reply markup is too long"),
        ([[{"text": "x", "url": "a b"}]], "inline keyboard button URL 'a b' is invalid: Wrong HTTP URL"),
        ([[{"text": "x"}]], CANT_PARSE_BUTTON + "Text buttons are unallowed in the inline keyboard"),
        ([[{"text": "", "callback_data": "x"}]], "inline keyboard button text must be non-empty"),
        ([[{"callback_data": "x"}]], CANT_PARSE_BUTTON + 'Field "text" must be of type String'),
        ([["x"]], CANT_PARSE_BUTTON + "InlineKeyboardButton must be an Object"),
        (["x"], 'field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays'),
    ],
)
async def test_keyboards_that_telegram_refuses(sim: Simulation, bot: RawBot, rows: list[Any], reason: str) -> None:
    keyboard = {"inline_keyboard": rows}
    refusal = await bot.refusal("sendMessage", chat_id=sim.private.id, text="hello", reply_markup=keyboard)
    assert (refusal.status, refusal.description) == (400, f"Bad Request: {reason}")
    assert sim.messages(sim.private) == []


async def test_data_of_64_bytes_and_rows_of_8_buttons_fit(sim: Simulation, bot: RawBot) -> None:
    row = [BUTTON | {"callback_data": "é" * 32}] * 8
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_markup=inline(row, []))
    assert sent["reply_markup"] == inline(row)


async def test_other_keyboards_are_no_part_of_the_message(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_markup={"remove_keyboard": True})
    assert "reply_markup" not in sent


async def test_a_reply_quotes_without_what_was_quoted_there(sim: Simulation, bot: RawBot) -> None:
    first = sim.send_text(sim.private, sim.alice, "one")
    second = sim.send_text(sim.private, sim.alice, "two", reply_to=first)
    sent = await bot.call(
        "sendMessage", chat_id=sim.private.id, text="three", reply_parameters={"message_id": second["message_id"]}
    )
    assert sent["reply_to_message"]["text"] == "two"
    assert "reply_to_message" not in sent["reply_to_message"]


async def test_a_reply_to_what_is_gone_can_be_sent_without(sim: Simulation, bot: RawBot) -> None:
    gone = sim.send_text(sim.private, sim.alice, "gone soon")
    sim.delete(sim.private, gone)
    reply = {"message_id": gone["message_id"], "allow_sending_without_reply": True}
    sent = await bot.call("sendMessage", chat_id=sim.private.id, text="x", reply_parameters=reply)
    assert "reply_to_message" not in sent


async def test_a_stranger_cannot_be_written_to_first(sim: Simulation, bot: RawBot) -> None:
    refusal = await bot.refusal("sendMessage", chat_id=sim.admin.id, text="hello")
    assert (refusal.status, refusal.description) == (403, "Forbidden: bot can't initiate conversation with a user")


async def test_a_blocked_bot_is_told_so(sim: Simulation, bot: RawBot) -> None:
    sim.block_bot(sim.alice)
    (update,) = await bot.updates()
    assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    refusal = await bot.refusal("sendMessage", chat_id=sim.private.id, text="hello")
    assert (refusal.status, refusal.description) == (403, "Forbidden: bot was blocked by the user")
    sim.unblock_bot(sim.alice)
    await bot.call("sendMessage", chat_id=sim.private.id, text="hello")


async def test_a_photo_is_sent_once_and_again_by_its_file_id(sim: Simulation, bot: RawBot) -> None:
    sent = await bot.call(
        "sendPhoto", {"photo": picture(1)}, chat_id=sim.private.id, caption="<i>x</i>", parse_mode="HTML"
    )
    assert [(size["width"], size["height"]) for size in sent["photo"]] == [(100, 75), (320, 240), (640, 480)]
    assert sent["caption_entities"] == [{"type": "italic", "offset": 0, "length": 1}]
    again = await bot.call("sendPhoto", chat_id=sim.private.id, photo=sent["photo"][0]["file_id"])
    assert [size["file_unique_id"] for size in again["photo"]] == [size["file_unique_id"] for size in sent["photo"]]
    assert again["photo"][0]["file_id"] != sent["photo"][0]["file_id"]


async def test_what_is_no_photo_is_refused(sim: Simulation, bot: RawBot) -> None:
    chat = sim.private.id
    document = sim.send_document(sim.private, sim.alice, b"text", file_name="a.txt", mime_type="text/plain")
    refusals = {
        "there is no photo in the request": await bot.refusal("sendPhoto", chat_id=chat),
        "file must be non-empty": await bot.refusal("sendPhoto", {"photo": b""}, chat_id=chat),
        "IMAGE_PROCESS_FAILED": await bot.refusal("sendPhoto", {"photo": b"text"}, chat_id=chat),
        "wrong file identifier/HTTP URL specified": await bot.refusal("sendPhoto", chat_id=chat, photo="AgAC"),
        "failed to get HTTP URL content": await bot.refusal(
            "sendPhoto", chat_id=chat, photo="https://example.com/a.jpg"
        ),
        "can't use file of type Document as Photo": await bot.refusal(
            "sendPhoto", chat_id=chat, photo=document["document"]["file_id"]
        ),
        "message caption is too long": await bot.refusal("sendPhoto", chat_id=chat, photo="x", caption="x" * 1025),
        "file of size 10485761 bytes is too big for a photo; the maximum size is 10485760 bytes": await bot.refusal(
            "sendPhoto", {"photo": bytes(10 * 1024 * 1024 + 1)}, chat_id=chat
        ),
    }
    assert {reason: refusal.description for reason, refusal in refusals.items()} == {
        reason: f"Bad Request: {reason}" for reason in refusals
    }


async def test_an_album_shares_one_group_id(sim: Simulation, bot: RawBot) -> None:
    files = {"a": picture(2), "b": picture(3)}
    media = [{"type": "photo", "media": "attach://a", "caption": "both"}, {"type": "photo", "media": "attach://b"}]
    quoted = sim.send_text(sim.private, sim.alice, "show me")
    reply = {"message_id": quoted["message_id"]}
    sent = await bot.call("sendMediaGroup", files, chat_id=sim.private.id, media=media, reply_parameters=reply)
    assert len({message["media_group_id"] for message in sent}) == 1
    assert [message.get("caption") for message in sent] == ["both", None]
    assert all(message["reply_to_message"]["text"] == "show me" for message in sent)


@pytest.mark.parametrize(
    ("media", "reason"),
    [
        ([], "there are no messages to send"),
        ([{"type": "photo", "media": "x"}] * 11, "there are too many messages to send"),
        ([{"type": "poll", "media": "x"}], 'can\'t parse InputMedia: type "poll" is unsupported'),
        ([{"type": "photo", "media": "attach://missing"}], "there is no photo in the request"),
        ("{}", "expected an Array of InputMedia"),
    ],
)
async def test_albums_that_cannot_be_sent(sim: Simulation, bot: RawBot, media: Any, reason: str) -> None:
    refusal = await bot.refusal("sendMediaGroup", chat_id=sim.private.id, media=media)
    assert refusal.description == f"Bad Request: {reason}"
    assert sim.messages(sim.private) == []
