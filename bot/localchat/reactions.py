"""The emoji that Telegram allows as reactions."""

from __future__ import annotations

# Some emoji may have a variation selector for coloured display; Telegram ignores it.
EMOJI_STYLE = "\ufe0f"
# Emoji of several code points are listed separately.
SINGLE = (
    "👍👎❤🔥🥰👏😁🤔🤯😱🤬😢🎉🤩🤮💩🙏👌🕊🤡🥱🥴😍🐳🌚🌭💯🤣⚡🍌🏆💔🤨😐"
    "🍓🍾💋🖕😈😴😭🤓👻👀🎃🙈😇😨🤝✍🤗🫡🎅🎄☃💅🤪🗿🆒💘🙉🦄😘💊🙊😎👾🤷😡"
)
REACTIONS = frozenset(SINGLE) | {"❤\u200d🔥", "👨\u200d💻", "🤷\u200d♂", "🤷\u200d♀"}


def plain_emoji(emoji: str) -> str:
    """Returns an emoji without its variation selector."""
    return emoji.replace(EMOJI_STYLE, "")
