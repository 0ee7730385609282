"""What a Ray cluster costs beside local workers, with networks of Inception-v3's size: `pytest -m benchmark -s`.

Both pools run alternately on the same cores, one worker each: the nodes of the cluster are on this machine.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import AsyncExitStack
from pathlib import Path
from statistics import median

import pytest

from bot.commands.benchmark import make_photos
from bot.sample import sample
from inference.benchmarks.network import INCEPTION, build_inception
from inference.benchmarks.processes import cpu_s
from inference.benchmarks.running import run_pool
from inference.cluster.cluster import Cluster
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from tests.support.processes import children
from tests.support.ray_cluster import ray_cluster

pytestmark = [pytest.mark.benchmark, pytest.mark.asyncio]

TURNS = 7
IDLE_S = 5.0
PHOTOS = 100
# Size of a photo that Telegram reduced to 800 pixels or more.
PHOTO_BYTES = 100_000


async def test_a_photo_in_an_actor_costs_little_more_than_in_a_local_worker(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    (photo, *_) = make_photos(sample(), 1)
    # Bytes after the end of a JPEG change nothing but its size.
    photo = photo + bytes(max(0, PHOTO_BYTES - len(photo)))
    build_inception(store)
    with ray_cluster(nodes=1) as nodes, nodes.inside():
        async with AsyncExitStack() as running:
            cluster = await running.enter_async_context(Cluster(nodes.address))
            pools = []
            for host in (None, cluster):
                pool = InferencePool(store, workers=1, capacity=100_000, host=host)
                await pool.start(models=[INCEPTION])
                running.push_async_callback(pool.close)
                pools.append(pool)
            local, remote = pools
            worker = remote.worker_pids()[0]
            gateway = children() - set(local.worker_pids())
            ratios, rays, parents, ours = [], [], [], []
            others = sorted((set(nodes.pids()) | gateway) - {worker, *local.worker_pids(), os.getpid()})
            before_s = cpu_s(others)
            await asyncio.sleep(IDLE_S)
            idle_share = (cpu_s(others) - before_s) / IDLE_S
            for _ in range(TURNS):
                here = await run_pool(local, photo, INCEPTION, PHOTOS)
                before_s = cpu_s(others)
                there = await run_pool(remote, photo, INCEPTION, PHOTOS)
                ratios.append(there.workers_cpu_s / here.workers_cpu_s)
                added_s = cpu_s(others) - before_s - idle_share * there.seconds
                rays.append((added_s + there.parent_cpu_s) / PHOTOS * 1e3)
                parents.append(there.parent_cpu_s / PHOTOS * 1e3)
                ours.append(here.parent_cpu_s / PHOTOS * 1e3)
            print(f"\na photo of {len(photo):,} bytes; medians of {TURNS} turns of {PHOTOS} photos")
            print(f"core-ms in an actor's worker / in a local worker: {median(ratios):.3f}, all: {sorted(ratios)}")
            print(
                f"core-ms beside the worker, in all processes: {median(rays):.2f}, in the pool's own process: "
                f"{median(parents):.2f} (with local workers {median(ours):.2f}); "
                f"Ray while idle, which is left out: {idle_share * 1e3:.0f} core-ms a second"
            )
