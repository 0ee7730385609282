"""The bot's English texts."""

from __future__ import annotations

from bot.views.texts import LOCALES, read_texts

ENGLISH = read_texts(LOCALES / "en")
