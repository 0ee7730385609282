"""The worker processes of a pool: their number, their loaded models, and their replacement."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextvars import Context
from functools import partial

from inference.errors import InferenceError, ModelError, PoolClosed
from inference.models.bundle import Bundle
from inference.models.prediction import Classification
from inference.models.store import ModelStore
from inference.pool.host import WorkerHost
from inference.pool.output import OutputLog
from inference.pool.process import WorkerDied, WorkerProcess
from inference.pool.protocol import Classify, WorkerOptions
from inference.pool.slot import START_TIMEOUT_S, WorkerSlot, describe_failed_start

log = logging.getLogger(__name__)


class Workers:
    """The slots of worker processes. Changes to them run one after another.

    A running process never returns all memory of a model to the system. So a worker with a retired model is recycled: a
    fresh process loads the active models and replaces the worker, and the old process is drained. A worker that retains
    too much memory after images is recycled, too. During a change, there is at most one process more than slots.
    """

    def __init__(
        self,
        store: ModelStore,
        options: WorkerOptions,
        *,
        on_change: Callable[[], None],
        pending_models: Callable[[], Collection[Bundle]],
        host: WorkerHost,
    ) -> None:
        """Describe the workers; nothing runs yet.

        Args:
            store: store of the models.
            options: options of each process.
            on_change: called when a process becomes ready or fails to start.
            pending_models: returns the models that pending images need.
            host: starts the processes.
        """
        self._store = store
        self._options = options
        self._output_log = OutputLog()
        self._on_change = on_change
        self._pending_models = pending_models
        self._host = host
        self._active_models: tuple[str, ...] = ()
        self._retired_models: set[Bundle | None] = set()
        self._slots: tuple[WorkerSlot, ...] = ()
        self._open = False
        self._closed = False
        self._change_lock = asyncio.Lock()
        self._recycling: asyncio.Task[None] | None = None
        self._deaths = 0

    @property
    def deaths(self) -> int:
        """Number of processes so far that ended by themselves or failed to start."""
        return self._deaths

    @property
    def count(self) -> int:
        """Number of slots."""
        return len(self._slots)

    @property
    def ready(self) -> list[WorkerProcess]:
        """Workers that are idle or hold an image."""
        return [slot.worker for slot in self._slots if slot.worker and not slot.worker.ending]

    @property
    def expected_count(self) -> int:
        """Number of slots, without the broken slots, in which no process can be started."""
        return sum(not slot.broken for slot in self._slots)

    @property
    def broken(self) -> bool:
        """True if there is no process, and no process can be started."""
        return not self.ready and all(slot.broken for slot in self._slots)

    def batch_size(self, bundle: Bundle) -> int:
        """Return the largest batch size that still makes a model faster; 1 until a worker has reported it."""
        return max((worker.batch_size(bundle) for worker in self.ready), default=1)

    async def start(self, count: int, models: Sequence[str]) -> None:
        """Start processes that load some models, and wait until all are ready. After an error, it can be tried again.

        The number can be changed meanwhile.

        Args:
            count: number of processes.
            models: names of the models, the most important first.

        Raises:
            ModelNotFound: one of the models is not installed.
            ModelError: the files of a model are broken.
            WorkerCrashed: several processes in a row died while they started.
        """
        if self._slots:
            raise RuntimeError("expected a pool that was not started yet")
        for name in models:
            await asyncio.to_thread(self._store.find, name)
        self._active_models = tuple(models)
        self._slots = tuple(self._new_slot() for _ in range(count))
        try:
            while waiting := [slot.started for slot in self._slots if not slot.started.done()]:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_EXCEPTION)
                for error in [slot.started.exception() for slot in self._slots if slot.started.done()]:
                    if error is not None:
                        raise error
        except BaseException:
            slots, self._slots = self._slots, ()
            await asyncio.gather(*(slot.close() for slot in slots))
            raise
        self._open = True

    async def close(self) -> None:
        """Kill all processes, and wait until they are gone."""
        self._closed = True
        if self._recycling is not None:
            self._recycling.cancel()
            await asyncio.gather(self._recycling, return_exceptions=True)
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def resize(self, count: int) -> None:
        """Change the number of slots: new slots start processes in the background, superfluous slots are drained."""
        async with self._change_lock:
            added = tuple(self._new_slot() for _ in range(count - len(self._slots)))
            # Slots without a process come last, so that they go first.
            slots = sorted(self._slots, key=lambda slot: slot.worker is None)
            superfluous = slots[count:]
            self._slots = (*slots[:count], *added)
            await asyncio.gather(*(slot.drain() for slot in superfluous))

    async def try_model(self, name: str, image: bytes, *, other_models: Sequence[str]) -> Classification:
        """Try a model in a fresh process, the canary, which then replaces a worker.

        Args:
            name: name of the model.
            image: content of an image file, which the canary classifies.
            other_models: names of models that the canary loads as well, if it can.

        Raises:
            ModelNotFound: the model is not installed.
            ModelError: the model does not work; nothing has changed.
            ImageError: the image cannot be decoded.
            PoolClosed: the pool was closed meanwhile.
            OSError: the system cannot start a process.
        """
        bundle = await asyncio.to_thread(self._store.find, name)
        async with self._change_lock:
            slot = self._slot_without(bundle)
            try:
                async with asyncio.timeout(START_TIMEOUT_S):
                    worker, answer = await self._start_canary(bundle, image, other_models, slot.worker)
            except WorkerDied:
                raise ModelError(f"the process that tried {name} died") from None
            except TimeoutError:
                raise ModelError(f"{name} did not label a photo within {START_TIMEOUT_S:g} s") from None
            if self._closed:
                await worker.end()
                raise PoolClosed
            await self._replace(slot, worker)
        return answer

    def set_active_models(self, models: Sequence[str]) -> None:
        """Set the models that each process loads at its start, and recycle the workers that hold other models.

        Args:
            models: names of the models, the most important first; a process loads the first `max_models` of them.
        """
        held = {bundle for worker in self.ready for bundle in worker.models}
        current = {self._find(name) for name in models}
        self._retired_models = (self._retired_models | held | set(self._pending_models())) - current
        self._active_models = tuple(models)
        self._recycle()

    def on_reply(self, worker: WorkerProcess) -> None:
        """Recycle a worker that retains too much memory."""
        if worker.needs_recycling:
            self._recycle()

    def on_job_done(self, bundle: Bundle) -> None:
        """Recycle workers that kept a retired model only for the image that has just finished."""
        if self._retired_models and bundle in self._retired_models:
            self._recycle()

    def _recycle(self) -> None:
        if (self._recycling is None or self._recycling.done()) and not self._closed:
            # What is logged of it does not belong to the request that is served now.
            self._recycling = asyncio.create_task(self._recycle_all(), context=Context())

    async def _recycle_all(self) -> None:
        """Recycle, one by one, the workers that retain too much memory or hold a retired model that no image needs."""
        while True:
            async with self._change_lock:
                slot = next((slot for slot in self._slots if slot.worker and self._needs_recycling(slot.worker)), None)
                if slot is None:
                    return
                try:
                    async with asyncio.timeout(START_TIMEOUT_S):
                        worker = await self._start_worker(slot.worker)
                except (OSError, InferenceError, WorkerDied) as error:
                    # The old worker stays in use.
                    log.error("a worker could not be recycled: %s", describe_failed_start(error))
                    return
                await self._replace(slot, worker)

    def _needs_recycling(self, worker: WorkerProcess) -> bool:
        return worker.needs_recycling or not self._retired_models.isdisjoint(
            set(worker.models) - set(self._pending_models())
        )

    def _slot_without(self, bundle: Bundle) -> WorkerSlot:
        """Return a slot, preferably a slot whose worker has not loaded the given model."""
        return min(self._slots, key=lambda slot: slot.worker is not None and bundle in slot.worker.models)

    def _find(self, name: str) -> Bundle | None:
        try:
            return self._store.find(name, build=False)
        except InferenceError:
            return None

    async def _replace(self, slot: WorkerSlot, worker: WorkerProcess) -> None:
        successor = self._new_slot(worker)
        self._slots = tuple(successor if each is slot else each for each in self._slots)
        await slot.drain()

    def _new_slot(self, first: WorkerProcess | None = None) -> WorkerSlot:
        return WorkerSlot(
            self._start_worker, self._on_change, first, self._note_death, wait_for_room=self._host.wait_for_room
        )

    def _note_death(self) -> None:
        self._deaths += 1

    async def _start_canary(
        self, bundle: Bundle, image: bytes, other_models: Sequence[str], replaced: WorkerProcess | None
    ) -> tuple[WorkerProcess, Classification]:
        worker = await self._start_bare_worker(replaced)
        try:
            await self._load(worker, other_models[: self._options.max_models - 1])
            await worker.load(bundle)
            answer: Classification = await worker.request(Classify(bundle, 1), image)
        except BaseException:
            await worker.end()
            raise
        return worker, answer

    async def _start_worker(self, replaced: WorkerProcess | None = None) -> WorkerProcess:
        worker = await self._start_bare_worker(replaced)
        try:
            await self._load(worker, self._active_models[: self._options.max_models])
        except BaseException:
            await worker.end()
            raise
        return worker

    async def _start_bare_worker(self, replaced: WorkerProcess | None) -> WorkerProcess:
        launch = partial(self._host.launch, replaced=None if replaced is None else replaced.process)
        return await WorkerProcess.start(self._options, output_log=self._output_log, launch=launch)

    async def _load(self, worker: WorkerProcess, models: Sequence[str]) -> None:
        for name in models:
            try:
                await worker.load(await asyncio.to_thread(self._store.find, name))
            except InferenceError as error:
                # Once the pool runs, one broken model must not block the images of other models.
                if not self._open:
                    raise
                log.warning("worker %d could not load %s: %s", worker.pid, name, error)
