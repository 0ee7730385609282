"""Measures what a cluster adds to a photo: on its way to a worker of a node and back, on one node."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from inference import Cluster, InferencePool, ModelStore
from inference.benchmarks.processes import cpu_s
from inference.benchmarks.running import run_pool
from tests.benchmarks.scaling.real import pss_mb
from tests.support.colour_models import install_colours, photo

PHOTO_BYTES = 84_000  # of Inception-v3's size
PHOTOS, FIRST_PHOTOS = 600, 100
MODEL = "colours"


async def measure_cluster(_home: Path) -> AsyncIterator[tuple[str, float]]:
    """Measure the CPU time of a photo in each process but the worker, and the memory of a head without workers."""
    try:
        ray: Any = importlib.import_module("ray")
    except ImportError:
        raise SystemExit(
            "Ray is not installed, which the group cluster needs: pip install 'labelbot[cluster]'"
        ) from None
    head = await asyncio.to_thread(ray.init, num_cpus=1, include_dashboard=False, log_to_driver=False)
    try:
        node = set(_descendants(os.getpid()))
        yield "ray_head_mb", sum(map(pss_mb, node))
        with TemporaryDirectory() as folder:
            for name, value in await _photos(head.address_info["gcs_address"], Path(folder)):
                yield name, value
    finally:
        await asyncio.to_thread(ray.shutdown)


async def _photos(address: str, folder: Path) -> list[tuple[str, float]]:
    store = ModelStore(folder)
    install_colours(store, folder)
    image = photo("red")
    # Bytes after the end of a JPEG change nothing but its size.
    image += bytes(PHOTO_BYTES - len(image))
    async with Cluster(address) as cluster, InferencePool(store, workers=1, capacity=PHOTOS, host=cluster) as pool:
        await run_pool(pool, image, MODEL, FIRST_PHOTOS)
        (worker,) = pool.worker_pids()
        others = set(_descendants(os.getpid())) - {worker}
        gateway = {pid for pid in others if b"inference.cluster.gateway" in _command(pid)}
        actor = {pid for pid in others if b"ray::WorkerActor" in _command(pid)}
        groups = gateway, actor, others - gateway - actor
        before_s = [cpu_s(group) for group in groups]
        await run_pool(pool, image, MODEL, PHOTOS)
        spent_ms = [1e3 * (cpu_s(group) - then_s) / PHOTOS for group, then_s in zip(groups, before_s, strict=True)]
    names = ("ray_gateway_core_ms", "ray_worker_core_ms", "ray_node_core_ms")
    return list(zip(names, spent_ms, strict=True))


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def _descendants(pid: int) -> Iterable[int]:
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            yield child
            yield from _descendants(child)
