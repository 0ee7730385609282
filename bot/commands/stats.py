"""`labelbot stats`: the figures of /stats that outlast a run of the bot."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from html import unescape

from bot.config import Settings
from bot.domain.corrections import Tally
from bot.services.metrics import totals_of
from bot.storage.database_url import database_url
from bot.storage.figures import Figures, read_figures
from bot.views.statistics_replies import live_accuracy, year
from bot.views.texts import DEFAULT_LANGUAGE, LOCALES, read_texts
from inference.system.terminal import printable

TAG = re.compile(r"<[^>]+>")


def run(settings: Settings, *, as_json: bool) -> None:
    """Print the figures of the database of the settings.

    Raises:
        StorageError: the database cannot be read.
    """
    figures = read_figures(database_url(settings))
    for line in _json_lines(figures) if as_json else _lines(figures, settings.retention_days):
        print(printable(line))


def _lines(figures: Figures, retention_days: int) -> Iterator[str]:
    texts = read_texts(LOCALES / DEFAULT_LANGUAGE)
    html = [
        *year(texts, totals_of(figures.counts)),
        "",
        texts("admin-live-title"),
        *live_accuracy(texts, figures.live, days=retention_days),
    ]
    return (unescape(TAG.sub("", line)) for line in html)


def _json_lines(figures: Figures) -> Iterator[str]:
    yield json.dumps(asdict(totals_of(figures.counts)))
    yield from (json.dumps(_described(tally)) for tally in figures.live.tallies)
    yield from (json.dumps(asdict(confusion)) for confusion in figures.live.confusions)


def _described(tally: Tally) -> dict[str, object]:
    low, high = (None, None) if tally.share is None else tally.interval
    return {**asdict(tally), "share": tally.share, "low": low, "high": high}
