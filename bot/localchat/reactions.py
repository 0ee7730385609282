"""Reactions to messages, and the emoji that Telegram allows for them."""

from __future__ import annotations

from typing import Any

from bot.localchat.chats import Chat
from bot.localchat.feed import Feed

# Some emoji may have a variation selector for coloured display; Telegram ignores it.
EMOJI_STYLE = "\ufe0f"
# Emoji of several code points are listed separately.
SINGLE = (
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐"
    "🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
)
REACTIONS = frozenset(SINGLE) | {"❤\u200d🔥", "👨\u200d💻", "🤷\u200d♂", "🤷\u200d♀"}


def plain_emoji(emoji: str) -> str:
    """Return an emoji without its variation selector."""
    return emoji.replace(EMOJI_STYLE, "")


def react(feed: Feed, chat: Chat, message: dict[str, Any], actor_id: int, emoji: list[str]) -> list[str]:
    """Replace the reactions of a user or chat to a message; return the former ones."""
    message_id = message["message_id"]
    reactions = chat.reactions.setdefault(message_id, {})
    before = reactions.pop(actor_id, [])
    if emoji:
        reactions[actor_id] = emoji
    feed.publish("reaction", chat.id, {"message_id": message_id, "reaction": chat.shown_reactions(message_id)})
    return before


def reaction_types(emoji: list[str]) -> list[dict[str, str]]:
    """Return the Bot API's ReactionType objects."""
    return [{"type": "emoji", "emoji": each} for each in emoji]
