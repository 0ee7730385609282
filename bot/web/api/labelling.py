"""The one way of the API from an image to its labels: the bot's pool, with a share for each client."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from bot.limits.concurrency import ConcurrencyLimit
from bot.services.measurements import Measurements
from bot.web.api.keys import Client
from bot.web.api.problems import Problem, bad_request, busy, problem_of
from inference import Classification, InferencePool, ModelSpec, errors

# Number of images of one client in the pool at once: enough to keep the workers of most machines busy. The client's
# further images wait here, so that the pool always has room for those of other clients and of chats.
IMAGES_PER_CLIENT = 16
# Limit on the images of one request.
MAX_IMAGES = 32
# Largest number of labels of an image.
MAX_TOP = 1000
# Version that stands for the installed one, as the clients of other servers write it.
LATEST = "latest"


class ServedModels(Protocol):
    """The models that the API offers."""

    def default(self) -> ModelSpec:
        """Return the model that labels if no other is named.

        Raises:
            ModelError: the model cannot be read.
        """

    def names(self) -> tuple[str, ...]:
        """Return the names of all models, including broken models."""

    def spec(self, name: str) -> ModelSpec:
        """Return the specification of a model.

        Raises:
            ModelNotFound: there is no model of this name.
            ModelError: the model is broken.
        """


class Labelling:
    """Labels images of clients.

    Args:
        pool: inference pool. Images that come before its start are refused, as are those that come after its end.
        models: models that are offered.
        download: function that downloads an image from an untrusted URL.
        measurements: counts images.
    """

    def __init__(
        self,
        pool: InferencePool,
        models: ServedModels,
        download: Callable[[str], Awaitable[bytes]],
        measurements: Measurements,
    ) -> None:
        self._pool = pool
        self._models = models
        self._download = download
        self._measurements = measurements
        self._concurrency = ConcurrencyLimit(IMAGES_PER_CLIENT)

    def model(self, name: str | None, client: Client, *, version: str = LATEST) -> ModelSpec:
        """Return the model of a request.

        Args:
            name: name of the model; None for the default.
            client: client that asks.
            version: version of the model's files.

        Raises:
            Problem: there is no such model, or the client may not use it.
            InferenceError: the model is broken.
        """
        if name is None:
            name = self._models.default().name
            if not client.may_use(name):
                raise _not_allowed("none, and the default model is not for this key", client)
        if not client.may_use(name):
            raise _not_allowed(name, client)
        try:
            spec = self._models.spec(name)
        except errors.ModelNotFound as error:
            raise errors.ModelNotFound(name, tuple(filter(client.may_use, error.installed))) from None
        if version not in (LATEST, spec.version):
            raise errors.ModelNotFound(f"{spec.name}, version {version}")
        return spec

    def models(self, client: Client) -> list[ModelSpec]:
        """Return the working models that a client may use, the default first."""
        specs: dict[str, ModelSpec] = {}
        default = self.default_name()
        for name in (*(() if default is None else (default,)), *self._models.names()):
            try:
                spec = self._models.spec(name)
            except errors.InferenceError:
                continue
            if client.may_use(spec.name):
                specs.setdefault(spec.name, spec)
        return list(specs.values())

    def default_name(self) -> str | None:
        """Return the name of the default model; None if it does not work."""
        try:
            return self._models.default().name
        except errors.InferenceError:
            return None

    def is_ready(self) -> bool:
        """Return whether there are workers, and a default model that can be read."""
        return bool(self._pool.worker_pids()) and self.default_name() is not None

    async def download(self, url: str) -> bytes:
        """Download the image at a public URL.

        Raises:
            InferenceError: the image could not be downloaded.
        """
        return await self._download(url)

    async def label(self, image: bytes, spec: ModelSpec, *, top: int, client: Client) -> Classification:
        """Label one image.

        Raises:
            Problem: the client's rate is used up.
            InferenceError: there are no labels for the image.
        """
        _take(client, 1)
        return await self._label(image, spec, top=top, client=client)

    async def _label(self, image: bytes, spec: ModelSpec, *, top: int, client: Client) -> Classification:
        started_s = time.perf_counter()
        async with self._concurrency.slot(client.name):
            answer = await self._pool.classify(image, model=spec.name, top_k=top, client=f"key {client.name}")
        self._measurements.record_photo(answer, time.perf_counter() - started_s, cached=False, trigger="api")
        return answer

    async def label_all(
        self, images: Sequence[bytes], spec: ModelSpec, *, top: int, client: Client
    ) -> list[Classification]:
        """Label the images of one request; if one fails, the request fails.

        Raises:
            Problem: an image has no labels, or there are too many or no images.
        """
        if not 1 <= len(images) <= MAX_IMAGES:
            raise bad_request(f"expected 1 to {MAX_IMAGES} images. Received: {len(images)}")
        _take(client, len(images))
        tasks = [asyncio.create_task(self._label(image, spec, top=top, client=client)) for image in images]
        try:
            return list(await asyncio.gather(*tasks))
        except errors.InferenceError as error:
            problem = problem_of(error)
            failed = next(
                n for n, task in enumerate(tasks) if task.done() and not task.cancelled() and task.exception()
            )
            if len(images) > 1:
                problem.detail = f"image {failed + 1} of {len(images)}: {problem.detail}"
            raise problem from None
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _not_allowed(came: str, client: Client) -> Problem:
    """Return the problem of a model that is not for a client. The client does not learn the names of other models."""
    detail = f"expected a model of this key: {', '.join(sorted(client.models or ()))}. Received: {came}"
    return Problem(403, "model-not-allowed", "This key may not use this model", detail)


def _take(client: Client, images: int) -> None:
    """Take the images of a request from the client's rate.

    A request of more images than are allowed at once is answered, and the next one waits so much longer.

    Raises:
        Problem: the rate is used up.
    """
    if client.images is None:
        return
    now_s = time.monotonic()
    wait_s = client.images.wait_s(now_s)
    if wait_s > 0:
        raise busy("expected fewer images a minute of this key. Received: more than its rate", wait_s)
    for _ in range(images):
        client.images.take(now_s)
