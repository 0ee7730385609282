"""The emoji that Telegram takes as reactions."""

from __future__ import annotations

# Some carry a sign for coloured display or not, as they were typed; Telegram compares without it.
EMOJI_STYLE = "\ufe0f"
# Those of several signs each stand apart from the rest.
SINGLE = (
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐"
    "🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
)
REACTIONS = frozenset(SINGLE) | {"❤\u200d🔥", "👨\u200d💻", "🤷\u200d♂", "🤷\u200d♀"}


def plain_emoji(emoji: str) -> str:
    """The emoji without its sign for coloured display."""
    return emoji.replace(EMOJI_STYLE, "")
