"""Whether the bot receives updates and can answer them, part by part."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy.exc import SQLAlchemyError

from bot.services import health_checks
from bot.storage.replicas import Replica
from bot.storage.storage import Storage
from bot.transport.intake import Intake
from inference import InferencePool

# Seconds to wait for a part. A part that takes longer is not ready.
PART_TIMEOUT_S = 2.0
# Seconds without an answer of any worker while all are busy. The pool replaces a worker that takes this long.
MAX_BUSY_S = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """The state of one part.

    Attributes:
        ready: whether the part works.
        detail: what was found, in words for the operator.
    """

    ready: bool
    detail: str


class Readiness:
    """Asks the parts of the running bot.

    Attributes:
        role: function that returns the role among replicas: leader, standby or replica; "" without replicas.
        state: "starting" until the bot runs, "stopping" from the request to stop on. The bot is ready only between.
    """

    state: Literal["starting", "running", "stopping"]

    def __init__(self) -> None:
        self.state = "starting"
        self._parts: Mapping[str, Callable[[], Awaitable[Part]]] = {}
        self.role: Callable[[], str] = lambda: ""

    def watch(self, storage: Storage, pool: InferencePool, intake: Intake) -> None:
        """Report on the parts of a bot that has started."""
        self._parts = {
            "storage": lambda: _storage(storage),
            "workers": lambda: _workers(pool),
            "updates": lambda: _updates(intake),
            "conflict": lambda: _conflict(intake),
        }
        self.state = "running"

    def watch_replica(self, replica: Replica, *, leader_fetches: bool) -> None:
        """Report also on the role of this replica.

        Args:
            replica: this process.
            leader_fetches: whether only the leader receives updates.
        """
        self.role = lambda: "leader" if replica.leading.is_set() else "standby" if leader_fetches else "replica"
        updates = self._parts["updates"]

        async def fetched_by_the_leader() -> Part:
            if leader_fetches and not replica.leading.is_set():
                return Part(True, "the leader fetches the updates")
            return await updates()

        self._parts = {**self._parts, "updates": fetched_by_the_leader, "replica": lambda: _replica(replica)}

    def watch_workers(self, pool: InferencePool) -> None:
        """Report on a pool that has started, which needs nothing else."""
        self._parts = {"workers": lambda: _workers(pool)}
        self.state = "running"

    def stop(self) -> None:
        """Report from now on that the bot stops; its parts are not asked any more."""
        self.state, self._parts = "stopping", {}

    async def report(self) -> dict[str, Any]:
        """Return whether the bot is ready, its state, and each part with its detail; ready for JSON."""
        parts = dict(zip(self._parts, await asyncio.gather(*map(_ask, self._parts.values())), strict=True))
        return {
            "ready": self.state == "running" and all(part.ready for part in parts.values()),
            "state": self.state,
            "parts": {name: {"ready": part.ready, "detail": part.detail} for name, part in parts.items()},
        }


async def _ask(part: Callable[[], Awaitable[Part]]) -> Part:
    try:
        async with asyncio.timeout(PART_TIMEOUT_S):
            return await part()
    except TimeoutError:
        return Part(False, f"no answer within {PART_TIMEOUT_S:g} s")


async def _storage(storage: Storage) -> Part:
    try:
        await storage.ping()
    except SQLAlchemyError as error:
        return Part(False, f"the database fails: {type(error).__name__}")
    return Part(True, "the database answers")


async def _workers(pool: InferencePool) -> Part:
    alive, busy_s = len(pool.worker_pids()), pool.busy_s
    if not alive:
        why = f", and the connection to the cluster is lost: {pool.fault}" if pool.fault else ""
        return Part(False, f"no worker of {pool.workers} is alive{why}")
    if busy_s > MAX_BUSY_S:
        return Part(False, f"all {alive} workers have been busy for {busy_s:.0f} s")
    return Part(True, f"{alive} of {pool.workers} workers are alive")


async def _replica(replica: Replica) -> Part:
    role = "leads" if replica.leading.is_set() else "does not lead"
    return Part(True, f"replica {replica.id} {role}; {len(replica.others)} other replicas are alive")


async def _updates(intake: Intake) -> Part:
    silent_s = intake.silent_s
    return Part(silent_s <= health_checks.MAX_SILENCE_S, f"the last finished {intake.source} was {silent_s:.0f} s ago")


async def _conflict(intake: Intake) -> Part:
    if intake.conflict:
        return Part(False, intake.conflict)
    return Part(True, "no other program takes this bot's updates")
