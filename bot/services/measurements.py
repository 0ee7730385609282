"""What Prometheus reads: counts and times of this process. None of them names a person or a chat."""

from __future__ import annotations

import platform
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from typing import Literal, TypeAlias

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from inference import Classification

PREFIX = "labelbot"
# Upper limits in seconds of the histograms' buckets: from a photo on an idle machine to one that waited its turn.
BUCKETS_S = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)

TriggerName: TypeAlias = Literal["requested", "automatic", "link", "button", "api"]


class Measurements:
    """Counters and histograms, with a registry of their own.

    Attributes:
        registry: all metrics of this process.
    """

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._build = self._gauge("build_info", "Always 1; the labels say what runs.", "version", "python_version")
        self._build.labels(version("labelbot"), platform.python_version()).set(1)
        self._updates = self._counter("updates", "New updates from Telegram, by kind.", "kind")
        self._left_out = self._counter("updates_left_out", "Updates that could not be read or stored.")
        # The library looks for each series with a lock. Those of a photo are cached; few different ones occur.
        photos = self._counter(
            "photos", "Images that got labels, by model, trigger and cache.", "model", "trigger", "cached"
        )
        self._photos = cache(photos.labels)
        headlines = self._counter(
            "headlines", "Images that got labels, by what was sure: a class, a kind, or nothing.", "model", "level"
        )
        self._headlines = cache(headlines.labels)
        self._failures = self._counter("photo_failures", "Messages that got an apology.")
        self._unknown_fate = self._counter("sends_unknown_fate", "Messages sent again, as their fate was unknown.")
        responses = self._counter("telegram_responses", "Responses of the Bot API, by HTTP status.", "status")
        self._responses = cache(responses.labels)
        self._webhook = self._counter("webhook_requests", "Requests to the webhook, by outcome.", "outcome")
        self._api = self._counter("api_requests", "Requests for labels over HTTP, by API and status.", "api", "status")
        self._queue = self._histogram("queue_seconds", "Time until a worker got an image.")
        self._decode = self._histogram("decode_seconds", "Time to decode the images of a batch.")
        self._inference = self._histogram("inference_seconds", "Time of the network for the images of a batch.")
        self._photo = self._histogram("photo_seconds", "Time from the request to the labels, with the download.")

    def record_update(self, kind: str) -> None:
        """Count a new update. `kind` is the name of the field that holds its content."""
        self._updates.labels(kind).inc()

    def record_left_out(self) -> None:
        """Count an update that could not be read or stored."""
        self._left_out.inc()

    def record_photo(
        self, classification: Classification, total_s: float, *, cached: bool, trigger: TriggerName
    ) -> None:
        """Count an image that got labels. The times count only if the labels are not from the cache.

        Args:
            classification: labels of the image.
            total_s: seconds from the request to the labels.
            cached: whether the labels are from the cache.
            trigger: why the image was labelled.
        """
        model = classification.model
        self._photos(model, trigger, "true" if cached else "false").inc()
        self._headlines(model, classification.headline.level).inc()
        if cached:
            return
        timings = classification.timings
        self._queue(model).observe(timings.queue_ms / 1000)
        self._decode(model).observe(timings.decode_ms / 1000)
        self._inference(model).observe(timings.inference_ms / 1000)
        self._photo(model).observe(total_s)

    def record_failure(self) -> None:
        """Count a message that got an apology."""
        self._failures.inc()

    def record_unknown_fate(self) -> None:
        """Count a send whose outcome is unknown."""
        self._unknown_fate.inc()

    def record_response(self, status: int) -> None:
        """Count a response of the Bot API."""
        self._responses(status).inc()

    def record_webhook(self, outcome: Literal["stored", "refused", "unreadable", "busy"]) -> None:
        """Count a request to the webhook."""
        self._webhook.labels(outcome).inc()

    def record_api(self, api: str, status: int) -> None:
        """Count a request of a client of the HTTP API."""
        self._api.labels(api, str(status)).inc()

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(name, text, labels, namespace=PREFIX, registry=self.registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(name, text, labels, namespace=PREFIX, registry=self.registry)

    def _histogram(self, name: str, text: str) -> Callable[[str], Histogram]:
        """Make a histogram for each model; return the function that finds that of a model."""
        found = Histogram(name, text, ("model",), namespace=PREFIX, registry=self.registry, buckets=BUCKETS_S)
        return cache(found.labels)
