"""Checks the keyboards that the bot sends against Telegram's limits."""

from __future__ import annotations

import re
from typing import Any

from bot.localchat.errors import bad_request
from bot.localchat.parameters import Parameters

MAX_CALLBACK_DATA_BYTES = 64
MAX_BUTTONS_A_ROW = 8
MAX_BUTTONS = 100

OTHER_BUTTONS = frozenset(
    {
        "callback_game",
        "copy_text",
        "login_url",
        "pay",
        "switch_inline_query",
        "switch_inline_query_chosen_chat",
        "switch_inline_query_current_chat",
        "web_app",
    }
)
_URL = re.compile(r"(?:https?|tg|ton)://[^\s/]+\S*")


def reply_markup(parameters: Parameters, *, only_inline: bool = False) -> dict[str, Any]:
    """Return the field `reply_markup` of a message: an inline keyboard. Messages do not carry other keyboards.

    Args:
        parameters: parameters of the call.
        only_inline: whether to refuse other keyboards, as edits do.

    Raises:
        BotApiError: the keyboard is malformed or too large.
    """
    markup = parameters.json("reply_markup", "reply keyboard markup")
    if markup is None:
        return {}
    if not isinstance(markup, dict):
        raise bad_request("object expected as reply markup")
    rows = markup.get("inline_keyboard")
    if rows is None:
        if only_inline and markup:
            raise bad_request("inline keyboard expected")
        return {}
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise bad_request('field "inline_keyboard" of the InlineKeyboardMarkup must be an Array of Arrays')
    for row in rows:
        for button in row:
            _check_button(button)
    rows = [row for row in rows if row]
    if any(len(row) > MAX_BUTTONS_A_ROW for row in rows) or sum(map(len, rows)) > MAX_BUTTONS:
        raise bad_request("reply markup is too long")
    return {"reply_markup": {"inline_keyboard": rows}} if rows else {}


def _check_button(button: Any) -> None:
    if not isinstance(button, dict):
        raise bad_request("can't parse inline keyboard button: InlineKeyboardButton must be an Object")
    if not isinstance(button.get("text"), str):
        raise bad_request('can\'t parse inline keyboard button: Field "text" must be of type String')
    if not button["text"]:
        raise bad_request("inline keyboard button text must be non-empty")
    if url := button.get("url"):
        if not _URL.fullmatch(url):
            raise bad_request(f"inline keyboard button URL '{url}' is invalid: Wrong HTTP URL")
    elif data := button.get("callback_data"):
        if len(str(data).encode()) > MAX_CALLBACK_DATA_BYTES:
            raise bad_request("BUTTON_DATA_INVALID")
    elif OTHER_BUTTONS.isdisjoint(button):
        raise bad_request("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard")
