"""Measures what Ray adds to a photo: the call of an actor, with a photo as its argument, on one node."""

from __future__ import annotations

import asyncio
import importlib
import os
import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from inference.benchmarks.processes import cpu_s
from tests.benchmarks.scaling.real import pss_mb

PHOTO_BYTES = 84_000  # of Inception-v3's size
CALLS, FIRST_CALLS = 600, 100


async def measure_cluster(_home: Path) -> AsyncIterator[tuple[str, float]]:
    """Measure the CPU time of a call in each process, and the memory of a head without workers."""
    for name, value in await asyncio.to_thread(_measure):
        yield name, value


def _measure() -> list[tuple[str, float]]:
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise SystemExit(
            "Ray is not installed, which the group cluster needs: pip install 'labelbot[cluster]'"
        ) from None
    ray.init(num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        actor: Any = ray.remote(num_cpus=1)(Echo).remote()
        actor_pid = ray.get(actor.pid.remote())
        photo = os.urandom(PHOTO_BYTES)
        nodes = [pid for pid in _descendants(os.getpid()) if pid != actor_pid]
        _call(ray, actor, photo, FIRST_CALLS)
        before_s = time.process_time(), cpu_s([actor_pid]), cpu_s(nodes)
        _call(ray, actor, photo, CALLS)
        after_s = time.process_time(), cpu_s([actor_pid]), cpu_s(nodes)
        ours, actors, others = (1e3 * (now - then) / CALLS for now, then in zip(after_s, before_s, strict=True))
        return [
            ("ray_gateway_core_ms", ours),
            ("ray_worker_core_ms", actors),
            ("ray_node_core_ms", others),
            ("ray_head_mb", sum(map(pss_mb, nodes))),
        ]
    finally:
        ray.shutdown()


class Echo:
    """The actor."""

    def pid(self) -> int:
        return os.getpid()

    def label(self, photo: bytes) -> list[tuple[str, float]]:
        return [("label, another name", 0.1)] * 5


def _call(ray: Any, actor: Any, photo: bytes, count: int) -> None:
    """Call an actor, two calls at a time: one at work, and one ahead."""
    for _ in range(count // 2):
        ray.get([actor.label.remote(photo), actor.label.remote(photo)])


def _descendants(pid: int) -> Iterable[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from _descendants(child)
