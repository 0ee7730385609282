"""Watches which nodes a cluster has, and whether workers can run on them."""

from __future__ import annotations

import asyncio
import platform
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from inference.cluster.actor import NodeVersions, node_versions
from inference.cluster.messages import Node, Nodes

PERIOD_S = 1.0
# Limit on the answer of the head. Ray itself would end this process after a minute.
HEAD_TIMEOUT_S = 20.0
# Seconds after which a node with a fault is looked at again.
FAULT_PERIOD_S = 30.0
# Limit on a look at a node, which starts a process there and imports Labelbot.
CHECK_TIMEOUT_S = 60.0


class NodeWatch:
    """Lists the nodes once a second. A new node counts after a look at its versions."""

    def __init__(self, workers: Mapping[str, int], on_change: Callable[[Nodes], None]) -> None:
        """Watch the cluster that this process is connected to.

        Args:
            workers: number of workers by the id of their node.
            on_change: called with the nodes after a change.
        """
        self._workers = workers
        self._on_change = on_change
        self._alive: dict[str, dict[str, Any]] = {}
        self._faults: dict[str, str | None] = {}
        self._checks: dict[str, asyncio.Task[None]] = {}
        self._told: Nodes | None = None

    async def run(self) -> None:
        """Watch until cancelled.

        Raises:
            TimeoutError: the head gives no answer.
        """
        while True:
            async with asyncio.timeout(HEAD_TIMEOUT_S):
                listed = await asyncio.to_thread(ray.nodes)
            self._alive = {each["NodeID"]: each for each in listed if each["Alive"]}
            for gone in self._faults.keys() - self._alive.keys():
                del self._faults[gone]
            for node in [node for node, check in self._checks.items() if node not in self._alive or check.done()]:
                self._checks.pop(node).cancel()
            for node in self._alive.keys() - self._checks.keys():
                self._checks[node] = asyncio.create_task(self._check(node))
            self.refresh()
            await asyncio.sleep(PERIOD_S)

    def choose(self, preferred: str | None = None) -> str | None:
        """Return a node if it is usable, or else the usable one with the most free cores; None if there is none."""
        usable = [node for node, fault in self._faults.items() if fault is None and _cores(self._alive[node])]
        if preferred in usable:
            return preferred
        return max(usable, key=lambda node: _cores(self._alive[node]) - self._workers.get(node, 0), default=None)

    def address(self, node: str) -> str:
        """Return the IP address of a node that is there."""
        address: str = self._alive[node]["NodeManagerAddress"]
        return address

    def note_fault(self, node: str, fault: str) -> None:
        """Choose a node no more until it is looked at again, since no worker can run there."""
        if node in self._alive:
            self._faults[node] = fault
            self._checks[node].cancel()
            self._checks[node] = asyncio.create_task(self._check(node, FAULT_PERIOD_S))
            self.refresh()

    def refresh(self) -> None:
        """Tell of the nodes if they have changed."""
        nodes = Nodes(
            tuple(
                Node(
                    node,
                    self._alive[node]["NodeManagerHostname"],
                    self._alive[node]["NodeManagerAddress"],
                    _cores(self._alive[node]),
                    self._workers.get(node, 0),
                    node in self._faults,
                    self._faults.get(node),
                )
                for node in self._alive
            )
        )
        if nodes != self._told:
            self._told = nodes
            self._on_change(nodes)

    async def _check(self, node: str, delay_s: float = 0.0) -> None:
        """Look at the versions on a node after some seconds; after a fault, look again later."""
        await asyncio.sleep(delay_s)
        look: Any = ray.remote(node_versions)
        affinity = NodeAffinitySchedulingStrategy(node, soft=False)
        options = look.options(num_cpus=0, max_retries=0, scheduling_strategy=affinity)
        ours = NodeVersions(version("labelbot"), platform.python_version())
        try:
            async with asyncio.timeout(CHECK_TIMEOUT_S):
                theirs = await options.remote()
            fault = None if theirs == ours else f"it has {_describe(theirs)}, and this machine has {_describe(ours)}"
        except TimeoutError:
            fault = f"it gives no answer within {CHECK_TIMEOUT_S:g} s"
        except RayError as error:
            missing = "No module named 'inference'" in str(error)
            fault = "labelbot is not installed there" if missing else f"it fails: {type(error).__name__}"
        if node in self._alive:
            self._faults[node] = fault
            self.refresh()
            await asyncio.sleep(FAULT_PERIOD_S if fault else float("inf"))


def _cores(node: Mapping[str, Any]) -> int:
    return int(node["Resources"].get("CPU", 0))


def _describe(versions: NodeVersions) -> str:
    return f"labelbot {versions.labelbot} and Python {versions.python}"
