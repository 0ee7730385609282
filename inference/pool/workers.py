"""The worker processes of a pool: how many there are, what they have loaded, and how one takes another's place."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence

from inference.errors import InferenceError, ModelError, PoolClosed
from inference.models.bundle import Bundle
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.output import OutputLog
from inference.pool.process import WorkerDied, WorkerProcess
from inference.pool.protocol import Classify
from inference.pool.slot import START_TIMEOUT_S, WorkerSlot

log = logging.getLogger(__name__)


class Workers:
    """Places for worker processes, of which each change is done before the next begins.

    A process never gives all memory of a model back while it runs. So one that holds a model which is no longer used is
    renewed: a fresh process loads what is in use, takes its place, and the old one ends after the image that it holds.
    So is one that keeps much memory of images.
    At most one more process than there are places runs meanwhile.
    """

    def __init__(
        self,
        store: ModelStore,
        *,
        max_models: int,
        max_memory_bytes: int,
        max_kept_bytes: int,
        on_change: Callable[[], None],
        needed: Callable[[], Collection[Bundle]],
    ) -> None:
        """Start nothing yet.

        Args:
            store: where models are looked up.
            max_models: that a process keeps loaded.
            max_memory_bytes: of private writable memory in a process.
            max_kept_bytes: of that memory, beyond what its models take: a process that keeps more is renewed.
            on_change: called when a process became ready, and when one could not be made so.
            needed: tells for which models there are images to be labelled.
        """
        self._store = store
        self._max_models = max_models
        self._max_memory_bytes = max_memory_bytes
        self._max_kept_bytes = max_kept_bytes
        self._output_log = OutputLog()
        self._on_change = on_change
        self._needed = needed
        self._models: tuple[str, ...] = ()
        self._given_up: set[Bundle | None] = set()
        self._slots: tuple[WorkerSlot, ...] = ()
        self._open = False
        self._closed = False
        self._changing = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    @property
    def ready(self) -> list[WorkerProcess]:
        """Those that take images or are at work on one."""
        return [slot.worker for slot in self._slots if slot.worker and not slot.worker.ending]

    @property
    def expected(self) -> int:
        """How many there should be, but for places in which none can be started."""
        return sum(not slot.broken for slot in self._slots)

    @property
    def broken(self) -> bool:
        """Whether there is no process, and none can be started."""
        return not self.ready and all(slot.broken for slot in self._slots)

    def batch_size(self, bundle: Bundle) -> int:
        """How many images a model gains from running at once, as far as a process has told."""
        return max((worker.batch_size(bundle) for worker in self.ready), default=1)

    async def start(self, count: int, models: Sequence[str]) -> None:
        """Start processes that load these models, and wait until all are ready.

        Raises:
            ModelNotFound: one of the models is not installed.
            ModelError: the files of one are broken.
            WorkerCrashed: process after process died at its start.
        """
        if self._slots:
            raise RuntimeError("expected a pool that was not started yet")
        for name in models:
            await asyncio.to_thread(self._store.find, name)
        self._models = tuple(models)
        self._slots = tuple(self._new_slot() for _ in range(count))
        try:
            await asyncio.gather(*(slot.started for slot in self._slots))
        except BaseException:
            await self.close()
            raise
        self._open = True

    async def close(self) -> None:
        """End all processes, and wait until they are gone."""
        self._closed = True
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.gather(self._renewal, return_exceptions=True)
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def resize(self, count: int) -> None:
        """Have this many places: further processes begin to start, superfluous ones end after the image they hold."""
        async with self._changing:
            added = tuple(self._new_slot() for _ in range(count - len(self._slots)))
            dismissed = self._slots[count:]
            self._slots = self._slots[:count] + added
            await asyncio.gather(*(slot.dismiss() for slot in dismissed))

    async def prepare(self, name: str, image: bytes, *, beside: Sequence[str]) -> Classification:
        """Have a fresh process load a model, label an image with it, and then take the place of another.

        Args:
            name: of the model.
            image: the content of an image file.
            beside: names of models that this process also loads, where it can.

        Raises:
            ModelNotFound: the model is not installed.
            ModelError: it does not work; nothing has changed.
            ImageError: the image cannot be labelled.
            PoolClosed: the pool was closed meanwhile.
            OSError: the system starts no process.
        """
        bundle = await asyncio.to_thread(self._store.find, name)
        async with self._changing:
            try:
                async with asyncio.timeout(START_TIMEOUT_S):
                    worker, answer = await self._try_out(bundle, image, beside)
            except WorkerDied:
                raise ModelError(f"the process that tried {name} died") from None
            except TimeoutError:
                raise ModelError(f"{name} did not label a photo within {START_TIMEOUT_S:g} s") from None
            if self._closed:
                await worker.end()
                raise PoolClosed
            await self._replace(self._one_without(bundle), worker)
        return answer

    def keep(self, models: Sequence[str]) -> None:
        """Have these models loaded by each process as it starts, and renew those that hold others now.

        Args:
            models: their names, the most important first; as many are loaded as a process keeps.
        """
        held = {bundle for worker in self.ready for bundle in worker.models}
        current = {self._find(name) for name in models}
        self._given_up = (self._given_up | held | set(self._needed())) - current
        self._models = tuple(models)
        self._renew()

    def note_reply(self, worker: WorkerProcess) -> None:
        """Renew a worker that keeps too much memory."""
        if worker.bloated:
            self._renew()

    def note_done(self, bundle: Bundle) -> None:
        """Renew the workers that kept a model, or loaded it once more, for the sake of an image that is done now."""
        if self._given_up and bundle in self._given_up:
            self._renew()

    def _renew(self) -> None:
        if (self._renewal is None or self._renewal.done()) and not self._closed:
            self._renewal = asyncio.create_task(self._renew_all())

    async def _renew_all(self) -> None:
        """Renew, one by one, the workers with models that nobody uses and no image waits for, or too much memory."""
        while True:
            async with self._changing:
                slot = next((slot for slot in self._slots if slot.worker and self._is_outdated(slot.worker)), None)
                if slot is None:
                    return
                try:
                    async with asyncio.timeout(START_TIMEOUT_S):
                        worker = await self._start_worker()
                except (OSError, InferenceError, WorkerDied) as error:
                    # The old ones work on.
                    log.error("a worker could not be renewed: %s: %s", type(error).__name__, error)
                    return
                await self._replace(slot, worker)

    def _is_outdated(self, worker: WorkerProcess) -> bool:
        return worker.bloated or not self._given_up.isdisjoint(set(worker.models) - set(self._needed()))

    def _one_without(self, bundle: Bundle) -> WorkerSlot:
        """A place whose process does not have a model, if there is one."""
        return min(self._slots, key=lambda slot: slot.worker is not None and bundle in slot.worker.models)

    def _find(self, name: str) -> Bundle | None:
        try:
            return self._store.find(name, build=False)
        except InferenceError:
            return None

    async def _replace(self, slot: WorkerSlot, worker: WorkerProcess) -> None:
        successor = self._new_slot(worker)
        self._slots = tuple(successor if each is slot else each for each in self._slots)
        await slot.dismiss()

    def _new_slot(self, first: WorkerProcess | None = None) -> WorkerSlot:
        return WorkerSlot(self._start_worker, self._on_change, first)

    async def _try_out(
        self, bundle: Bundle, image: bytes, beside: Sequence[str]
    ) -> tuple[WorkerProcess, Classification]:
        worker = await self._start_bare_worker()
        try:
            await self._load(worker, beside[: self._max_models - 1])
            await worker.load(bundle)
            answer: Classification = await worker.ask(Classify(bundle, 1), image)
        except BaseException:
            await worker.end()
            raise
        return worker, answer

    async def _start_worker(self) -> WorkerProcess:
        worker = await self._start_bare_worker()
        try:
            await self._load(worker, self._models[: self._max_models])
        except BaseException:
            await worker.end()
            raise
        return worker

    async def _start_bare_worker(self) -> WorkerProcess:
        return await WorkerProcess.start(
            max_models=self._max_models,
            max_memory_bytes=self._max_memory_bytes,
            max_kept_bytes=self._max_kept_bytes,
            output_log=self._output_log,
        )

    async def _load(self, worker: WorkerProcess, models: Sequence[str]) -> None:
        for name in models:
            try:
                await worker.load(await asyncio.to_thread(self._store.find, name))
            except InferenceError as error:
                # Once the pool runs, images of other models must not wait for this one to be mended.
                if not self._open:
                    raise
                log.warning("worker %d could not load %s: %s", worker.pid, name, error)
