"""Metrics of the running bot that are read from its parts whenever Prometheus asks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.services.health_watch import HealthWatch
from bot.services.measurements import PREFIX
from bot.services.metrics import Statistics
from bot.transport.flood_control import FloodControl
from bot.transport.inbox import Inbox
from bot.transport.intake import Intake
from inference import InferencePool


class PoolMetrics(Collector):
    """Reads the state of the pool.

    Args:
        pool: worker processes.
    """

    def __init__(self, pool: InferencePool) -> None:
        self._pool = pool

    def collect(self) -> Iterator[Metric]:
        """Return the metrics of this moment."""
        pool = self._pool
        images = {"queued": pool.queued, "in_flight": pool.pending - pool.queued}
        yield _gauges("pool_images", "Images that wait for a worker, or are with one.", "state", images)
        yield _gauge("pool_capacity_images", "Images above which further ones are refused.", pool.capacity)
        yield _gauge("workers_alive", "Worker processes that are ready.", len(pool.worker_pids()))
        yield _gauge("workers_target", "Worker processes that should be ready.", pool.workers)
        yield _counter("worker_deaths", "Workers that ended by themselves or failed to start.", pool.worker_deaths)


class LiveMetrics(Collector):
    """Reads the state of the inbox, the intake, the outgoing messages and the health.

    Args:
        inbox: received updates.
        intake: source of updates.
        flood: outgoing messages.
        statistics: counters of messages.
        health: conditions that admins are told about.
    """

    def __init__(
        self,
        inbox: Inbox,
        intake: Intake,
        flood: FloodControl,
        statistics: Statistics,
        health: HealthWatch,
    ) -> None:
        self._inbox = inbox
        self._intake = intake
        self._flood = flood
        self._statistics = statistics
        self._health = health

    def collect(self) -> Iterator[Metric]:
        """Return the metrics of this moment."""
        inbox, intake = self._inbox, self._intake
        updates = {"in_memory": inbox.in_flight, "stored": inbox.waiting}
        yield _gauges("inbox_updates", "Updates that are not done, in memory or only stored.", "state", updates)
        yield _gauge("inbox_oldest_seconds", "Age of the oldest update that is not done.", inbox.oldest_s)
        yield _gauge("last_poll_age_seconds", "Time since Telegram last showed that it delivers.", intake.silent_s)
        yield _gauge("intake_conflict", "1 while another program takes this bot's updates.", int(bool(intake.conflict)))
        yield _gauge("messages_waiting", "Messages that wait until Telegram accepts them.", self._flood.waiting)
        given_up = self._flood.given_up + self._statistics.given_up
        yield _counter("sends_given_up", "Messages that Telegram did not accept in time.", given_up)
        states = {name: int(lasts) for name, lasts in self._health.states().items()}
        yield _gauges("health_condition", "1 while admins are told of this fault.", "condition", states)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"{PREFIX}_{name}", text, value=value)


def _gauges(name: str, text: str, label: str, values: Mapping[str, float]) -> Metric:
    """Return a gauge with a value for each value of its label."""
    gauge = GaugeMetricFamily(f"{PREFIX}_{name}", text, labels=[label])
    for of, value in values.items():
        gauge.add_metric([of], value)
    return gauge


def _counter(name: str, text: str, value: int) -> Metric:
    return CounterMetricFamily(f"{PREFIX}_{name}", text, value=value)
