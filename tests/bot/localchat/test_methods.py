"""Whatever a bot sends: every method answers or refuses, and never breaks."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.localchat.errors import BotApiError
from bot.localchat.parameters import Parameters, Upload
from bot.localchat.server import METHODS, dump_json
from bot.localchat.simulation import Simulation
from tests.support.examples import examples
from tests.support.pictures import picture

PHOTO = picture(1, width=20, height=20)
KEYBOARD = {"inline_keyboard": [[{"text": "x", "callback_data": "x"}]]}
BOLD = {"type": "bold", "offset": 0, "length": 1}
TEXT = {"text": "x", "parse_mode": "", "entities": [BOLD], "reply_markup": KEYBOARD}
CAPTION = {"caption": "x", "parse_mode": "HTML", "caption_entities": [], "reply_markup": KEYBOARD}
REPLY = {"reply_parameters": {"message_id": 1}, "reply_to_message_id": 1, "message_thread_id": ""}
MEDIA = {"type": "photo", "media": "attach://photo", "caption": "x"}
MENU = {"scope": {"type": "chat_member", "chat_id": 0, "user_id": 1}, "language_code": "en"}

# A call of each method with every parameter that it reads. Chat 0 stands for Alice's, where message 1 is hers and the
# bot's messages 2 and 3 are a text and a photo.
CALLS: dict[str, dict[str, Any]] = {
    "getMe": {},
    "getUpdates": {"offset": 1, "limit": 1, "timeout": 0, "allowed_updates": ["message"]},
    "setWebhook": {
        "url": "http://127.0.0.1:9",
        "secret_token": "x",
        "max_connections": 1,
        "drop_pending_updates": True,
    },
    "deleteWebhook": {"drop_pending_updates": False},
    "getWebhookInfo": {},
    "setMyCommands": {"commands": [{"command": "x", "description": "x"}]} | MENU,
    "getMyCommands": MENU,
    "deleteMyCommands": MENU,
    "getFile": {"file_id": "x"},
    "getChat": {"chat_id": 0},
    "leaveChat": {"chat_id": 0},
    "getChatMember": {"chat_id": 0, "user_id": 100_000_001},
    "getChatAdministrators": {"chat_id": 0},
    "sendMessage": {"chat_id": 0} | TEXT | REPLY,
    "sendPhoto": {"chat_id": 0, "photo": "attach://photo"} | CAPTION | REPLY,
    "sendMediaGroup": {"chat_id": 0, "media": [MEDIA, MEDIA]} | REPLY,
    "sendChatAction": {"chat_id": 0, "action": "typing"},
    "setMessageReaction": {"chat_id": 0, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "👀"}]},
    "answerCallbackQuery": {"callback_query_id": "1", "text": "x", "show_alert": True, "url": "x", "cache_time": 1},
    "editMessageText": {"chat_id": 0, "message_id": 2} | TEXT,
    "editMessageCaption": {"chat_id": 0, "message_id": 3} | CAPTION,
    "editMessageMedia": {"chat_id": 0, "message_id": 3, "media": MEDIA, "reply_markup": KEYBOARD},
    "editMessageReplyMarkup": {"chat_id": 0, "message_id": 2, "reply_markup": KEYBOARD},
    "getMyDescription": {"language_code": "de"},
    "getMyShortDescription": {},
    "setMyDescription": {"description": "I label photos.", "language_code": "de"},
    "setMyShortDescription": {"short_description": "I label photos."},
    "deleteMessage": {"chat_id": 0, "message_id": 2},
}
NAMES = sorted({name for call in CALLS.values() for name in call} | {*BOLD, *MEDIA, "inline_keyboard", "url", "emoji"})
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=10,
)


async def answer(name: str, parameters: dict[str, Any]) -> Any:
    """The result of a method in a new simulation, or None where it refuses."""
    sim = Simulation()
    store = sim.store
    uploads = {"photo": Upload("a.jpg", PHOTO)}
    sim.send_text(sim.private, sim.alice, "hello")
    await METHODS["sendmessage"](store, Parameters({"chat_id": sim.private.id, "text": "hi"}))
    await METHODS["sendphoto"](store, Parameters({"chat_id": sim.private.id}, uploads))
    if parameters.get("chat_id") == 0:
        parameters = parameters | {"chat_id": sim.private.id}
    try:
        return await METHODS[name.lower()](store, Parameters(parameters, uploads))
    except BotApiError as refused:
        dump_json(refused.answer())
        return None
    finally:
        await store.webhook_delivery.set(None)


def test_the_list_of_calls_is_complete() -> None:
    assert {name.lower() for name in CALLS} == set(METHODS)


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=examples(25), deadline=None)
@given(data=st.data())
def test_any_parameters_are_answered_or_refused(name: str, data: st.DataObject) -> None:
    parameters = dict(CALLS[name])
    for spoilt in data.draw(st.sets(st.sampled_from(sorted(parameters)), max_size=2)) if parameters else ():
        value = data.draw(VALUES, spoilt)
        parameters[spoilt] = json.dumps(value) if data.draw(st.booleans(), "as a form has it") else value
    if (result := asyncio.run(answer(name, parameters))) is not None:
        from tests.support.bot_api_objects import check  # slow to import

        assert dump_json(result)
        check(name, result)
