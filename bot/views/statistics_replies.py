"""The statistics of /stats. Pure functions."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.corrections import MIN_PHOTOS, LiveAccuracy, Tally
from bot.domain.reports import Metrics, Status, Totals
from bot.views.replies import plain, shortened
from bot.views.texts import Texts
from inference import name_of_key

# Limit on the models that a message lists. A line has about 120 characters, and a message at most 4096.
MAX_MODELS = 10


def stats(texts: Texts, status: Status) -> str:
    """Return the statistics for /stats."""
    parts = [_now(texts, status), year(texts, status.totals), _models(texts, status), _live(texts, status)]
    return "\n\n".join("\n".join(part) for part in map(list, parts) if part)


def ready(texts: Texts, count: int, wanted: int) -> str:
    """Return how many of the wanted worker processes are ready."""
    return texts("admin-workers-ready", ready=count, count=wanted)


def _now(texts: Texts, status: Status) -> Iterator[str]:
    total = status.total
    yield _uptime(texts, status.uptime_s)
    yield texts("admin-stats-photos", count=total.photos, seen_before=total.cached)
    if total.p50_ms is not None and total.p95_ms is not None:
        yield texts("admin-stats-latency", p50=total.p50_ms, p95=total.p95_ms)
    yield texts(
        "admin-stats-now", count=status.photos_per_minute, pending=status.pending, waiting=status.messages_waiting
    )
    if status.messages_given_up:
        yield texts("admin-stats-given-up", count=status.messages_given_up)
    memory = texts("admin-stats-memory", mb=status.memory_bytes / 1e6)
    yield texts.row([ready(texts, status.workers_ready, status.workers), memory])


def year(texts: Texts, totals: Totals) -> Iterator[str]:
    """Yield lines about the past year."""
    yield texts("admin-stats-year-title")
    yield texts("admin-stats-year", photos=totals.photos, seen_before=totals.cached, failures=totals.failures)
    if totals.left_out:
        yield texts("admin-stats-left-out", count=totals.left_out)
    if totals.unknown_fate:
        yield texts("admin-stats-unknown-fate", count=totals.unknown_fate)


def _models(texts: Texts, status: Status) -> Iterator[str]:
    models = list(status.by_model.items())[:MAX_MODELS]
    if models:
        yield texts("admin-stats-models")
    for name, metrics in models:
        yield texts("admin-stats-model", name=plain(name), figures=texts.row(_metrics(texts, metrics)))
    if len(models) > 1:
        yield texts("admin-stats-not-alike")


def _metrics(texts: Texts, metrics: Metrics) -> Iterator[str]:
    yield texts("admin-stats-model-photos", count=metrics.photos, seen_before=metrics.cached)
    if metrics.p50_ms is not None and metrics.p95_ms is not None:
        yield texts("admin-stats-model-latency", p50=metrics.p50_ms, p95=metrics.p95_ms)


def _live(texts: Texts, status: Status) -> Iterator[str]:
    yield texts("admin-live-title")
    yield from live_accuracy(texts, status.live, days=status.retention_days)


def live_accuracy(texts: Texts, live: LiveAccuracy, *, days: int) -> Iterator[str]:
    """Yield lines about the live accuracy of each model.

    Args:
        texts: texts in the reader's language.
        live: what people say about the bot's answers.
        days: number of days for which votes are kept.
    """
    tallies = live.tallies[:MAX_MODELS]
    if not tallies:
        yield texts("admin-live-none")
        return
    for tally in tallies:
        line, name = _LINES[tally.certainty], plain(_model_name(tally, live))
        yield texts(line, name=name, figure=_figure(texts, tally))
    disputed = sum(tally.disputed for tally in live.tallies)
    if disputed:
        yield texts("admin-live-disputed", count=disputed)
    for each in live.confusions:
        said, label = (shortened(name_of_key(key, texts.language)) for key in (each.said, each.label))
        yield texts("admin-live-confusion", name=plain(each.model), said=said, label=label, photos=each.photos)
    yield texts("admin-live-note", days=days)


_LINES = {"sure": "admin-live-sure", "unsure": "admin-live-unsure", "taught": "admin-live-taught"}


def _model_name(tally: Tally, live: LiveAccuracy) -> str:
    """Return the name of a model, with its version if votes are about several versions."""
    versions = {each.version for each in live.tallies if each.model == tally.model}
    return tally.model if len(versions) == 1 else f"{tally.model} {tally.version}"


def _figure(texts: Texts, tally: Tally) -> str:
    if tally.share is None:
        return texts("admin-live-too-few", photos=tally.photos, needed=MIN_PHOTOS)
    low, high = tally.interval
    return texts("admin-live-figure", share=tally.share, low=low, high=high, photos=tally.photos)


def _uptime(texts: Texts, seconds: float) -> str:
    minutes = int(seconds) // 60
    days, hours = minutes // 1440, minutes // 60 % 24
    if days:
        return texts("admin-stats-uptime-days", days=days, hours=hours)
    if hours:
        return texts("admin-stats-uptime-hours", hours=hours, minutes=minutes % 60)
    return texts("admin-stats-uptime-minutes", minutes=minutes)
