"""Metrics of the bot: counts of photos, their latencies, and memory."""

from __future__ import annotations

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.reports import Metrics, Totals
from bot.services.measurements import Measurements, TriggerName
from bot.storage.counters import Counters
from inference import Classification

# Number of latencies kept for each model: enough for a stable 95th percentile, and they take little memory.
LATENCIES_KEPT = 1000
RATE_PERIOD_S = 60.0
# Names of the counters that make up `Totals`, in the order of its fields.
TOTALS = ("photos", "seen_before", "failures", "left_out", "unknown_fate")


@dataclass(slots=True)
class _Counts:
    photos: int = 0
    cached: int = 0
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))

    def metrics(self) -> Metrics:
        ordered = sorted(self.latencies_ms)
        return Metrics(self.photos, self.cached, percentile(ordered, 50), percentile(ordered, 95))


class Statistics:
    """Counts photos that were answered with labels, and failures.

    Args:
        counters: table of the counts that are kept after the program ends.
        measurements: what Prometheus reads.

    Attributes:
        given_up: number of messages that Telegram did not accept in time, since the start.
    """

    def __init__(self, counters: Counters, measurements: Measurements | None = None) -> None:
        self._counters = counters
        self._measurements = measurements or Measurements()
        self._unsaved = Counter[str]()
        self._started_s = time.monotonic()
        self._all = _Counts()
        self._models: defaultdict[str, _Counts] = defaultdict(_Counts)
        self._recent_s: deque[float] = deque()
        self.given_up = 0

    @property
    def uptime_s(self) -> float:
        return time.monotonic() - self._started_s

    def record(
        self, classification: Classification, latency_ms: float, *, cached: bool, trigger: TriggerName = "requested"
    ) -> None:
        """Count one photo. The latency counts only if the labels are not from the cache."""
        self._measurements.record_photo(classification, latency_ms / 1000, cached=cached, trigger=trigger)
        for counts in (self._all, self._models[classification.model]):
            counts.photos += 1
            counts.cached += cached
            if not cached:
                counts.latencies_ms.append(latency_ms)
        self._unsaved.update(photos=1, seen_before=int(cached))
        self._recent_s.append(time.monotonic())
        self._drop_old()

    def record_failure(self) -> None:
        """Count a message that got an apology."""
        self._measurements.record_failure()
        self._unsaved.update(failures=1)

    def record_left_out(self) -> None:
        """Count an update that could not be read or stored."""
        self._measurements.record_left_out()
        self._unsaved.update(left_out=1)

    def record_given_up(self) -> None:
        """Count a message that Telegram did not accept in time."""
        self.given_up += 1

    def record_unknown_fate(self) -> None:
        """Count a send whose outcome is unknown. If the message is sent again, it may be in the chat twice."""
        self._measurements.record_unknown_fate()
        self._unsaved.update(unknown_fate=1)

    async def save(self) -> None:
        """Add the new counts to the table of counters."""
        unsaved, self._unsaved = +self._unsaved, Counter[str]()
        try:
            for name, count in list(unsaved.items()):
                await self._counters.add(name, count)
                del unsaved[name]
        finally:
            self._unsaved += unsaved

    async def totals(self) -> Totals:
        """Return the totals over all runs of the program, up to now."""
        await self.save()
        return totals_of(await self._counters.totals())

    def photos_per_minute(self) -> int:
        """Return the number of photos in the last minute."""
        self._drop_old()
        return len(self._recent_s)

    def total(self) -> Metrics:
        """Return the metrics of all models together, since the start."""
        return self._all.metrics()

    def by_model(self) -> dict[str, Metrics]:
        """Return the metrics of each model since the start; the busiest model comes first."""
        busiest = sorted(self._models.items(), key=lambda item: -item[1].photos)
        return {name: counts.metrics() for name, counts in busiest}

    def _drop_old(self) -> None:
        oldest_s = time.monotonic() - RATE_PERIOD_S
        while self._recent_s and self._recent_s[0] < oldest_s:
            self._recent_s.popleft()


def percentile(ordered: list[float], percent: int) -> float | None:
    """Return the nearest-rank percentile of sorted values; None if there are no values."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def totals_of(counts: Mapping[str, int]) -> Totals:
    """Return the totals of stored counters, by their names."""
    return Totals(*(counts.get(name, 0) for name in TOTALS))


def memory_bytes(pids: Iterable[int]) -> int:
    """Return the memory of processes; each shared page counts once. Blocking: the function reads /proc."""
    total = 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue  # the process has ended
        total += int(rollup.partition("\nPss:")[2].split()[0]) * 1024
    return total
