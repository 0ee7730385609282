"""Compares the pool, or `labelbot serve`, with mosec and LitServe: the same network, file, decoding, crop and cores.

    python3 -m venv /tmp/bench-env && /tmp/bench-env/bin/pip install -e . mosec litserve
    .venv/bin/python -m tests.benchmarks.servers.compare /tmp/bench-env/bin/python
    .venv/bin/python -m tests.benchmarks.servers.compare /tmp/bench-env/bin/python --over-http

With `--over-http`, two bare loops take turns, too. They label the same photo without any server, as fast as these cores
can, so no server is more than "bare loops / LitServe" times as fast as LitServe.

The sides take turns. The two servers are reached by HTTP, whose client runs in the process that also has the pool. Its
CPU time is no part of a server, so a server's seconds go without the client's share of both cores.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
from rich.console import Console

from bot.commands.benchmark import fetched_size, make_photos
from bot.commands.benchmark_report import COLUMNS, table, use_two_cores
from bot.sample import sample
from inference.benchmarks.figure import Figure
from inference.benchmarks.machine import WORKERS
from inference.benchmarks.network import build_inception, make_photo
from inference.benchmarks.processes import cpu_s
from inference.benchmarks.running import run_pool, running_loops, running_pool
from inference.models.bundle import Bundle
from inference.models.store import ModelStore
from inference.system.environment import child_environment
from inference.system.home import default_home
from tests.benchmarks.servers import labeller

# Number of requests that a client has open, more than enough to keep two workers busy.
OPEN_REQUESTS = 16

SERVE = "serve"
LOOPS = "bare loops"
PATHS = {SERVE: "/v1/label", "mosec": "/inference", "litserve": "/predict"}

# Lowest speeds of our side, as ratios to the other side.
SPEED_GOALS = {
    ("pool", "mosec"): 1.0,
    ("pool", "litserve"): 1.0,
    (SERVE, "mosec"): 0.95,
    (SERVE, "litserve"): 1.1,
    (SERVE, "pool"): 0.95,
    (SERVE, LOOPS): 0.95,
}

# Labels a photo as many times as asked; returns the seconds, and the CPU time of the side.
Side = Callable[[int], Awaitable[tuple[float, float]]]


@asynccontextmanager
async def server_side(python: str, name: str, bundle: Bundle, image: bytes) -> AsyncIterator[Side]:
    """Start a server, and yield a side that sends photos to it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    output = tempfile.TemporaryFile()  # noqa: SIM115  (closed below)
    command = [python, "-m", f"tests.benchmarks.servers.{name}_server"]
    if name == SERVE:
        command = [sys.executable, "-m", "bot.cli", "serve", "--no-pull", "--model", bundle.spec.name]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=output,
        stderr=output,
        env=child_environment()
        | {
            "PYTHONPATH": str(Path(__file__).parents[3]),
            labeller.FOLDER: str(bundle.directory),
            labeller.PORT: str(port),
            labeller.WORKERS: str(WORKERS),
            "LABELBOT_HOME": str(bundle.directory.parents[1]),
            "LABELBOT_LISTEN": f"127.0.0.1:{port}",
            "LABELBOT_WORKERS": str(WORKERS),
            "MOSEC_ADDRESS": "127.0.0.1",
            "MOSEC_PORT": str(port),
            "MOSEC_TIMEOUT": "600000",
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
        },
        process_group=0,
    )
    address = f"http://127.0.0.1:{port}{PATHS[name]}"
    body: dict[str, Any] = {"data": image}
    if name == "litserve":
        body = {"json": {"photo": base64.b64encode(image).decode()}}

    async def label(session: aiohttp.ClientSession) -> None:
        async with session.post(address, **body) as response:
            response.raise_for_status()
            await response.read()

    async def run(count: int) -> tuple[float, float]:
        pids = [process.pid, *descendants(process.pid)]
        start_s, server_cpu_s, client_cpu_s = time.perf_counter(), cpu_s(pids), time.process_time()
        # Servers close connections that were idle for a turn of the other sides.
        async with aiohttp.ClientSession() as session:
            await at_once(partial(label, session), count)
        client_s = (time.process_time() - client_cpu_s) / WORKERS
        return time.perf_counter() - start_s - client_s, cpu_s(pids) - server_cpu_s

    try:
        async with aiohttp.ClientSession() as session:
            while not await answers(partial(label, session)):
                if process.returncode is not None:
                    output.seek(0)
                    raise SystemExit(f"{name} ended:\n{output.read().decode(errors='replace')[-2000:]}")
                await asyncio.sleep(0.1)
        yield run
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        # LitServe's processes outlive the one that started them.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        output.close()


async def answers(label: Callable[[], Awaitable[None]]) -> bool:
    """Return whether a server answers already."""
    # `labelbot serve` answers 503 while its workers start.
    with suppress(aiohttp.ClientConnectionError, aiohttp.ClientResponseError):
        await label()
        return True
    return False


async def at_once(label: Callable[[], Awaitable[None]], count: int) -> None:
    """Label `count` times, with a limited number of requests open."""
    left = iter(range(count))

    async def keep_asking() -> None:
        for _ in left:
            await label()

    await asyncio.gather(*(keep_asking() for _ in range(OPEN_REQUESTS)))


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, directly or not."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            found += [child, *descendants(child)]
    return found


@asynccontextmanager
async def pool_side(store: ModelStore, bundle: Bundle, image: bytes) -> AsyncIterator[Side]:
    async with running_pool(store, bundle.spec.name, workers=WORKERS) as pool:

        async def run(count: int) -> tuple[float, float]:
            turn = await run_pool(pool, image, bundle.spec.name, count)
            return turn.seconds, turn.workers_cpu_s + turn.parent_cpu_s

        yield run


@asynccontextmanager
async def loops_side(bundle: Bundle, image: bytes) -> AsyncIterator[Side]:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "photo.jpg").write_bytes(image)
        async with running_loops(bundle, Path(folder) / "photo.jpg", count=WORKERS) as loops:
            yield loops.run


async def compare(
    python: str, home: Path, *, ours: str, names: list[str], rounds: int, photos: int, large: bool
) -> list[Figure]:
    """Measure the pool, or `labelbot serve`, against each server.

    Args:
        python: interpreter of an environment with the servers' packages.
        home: folder of Labelbot's data.
        ours: "pool" or "serve".
        names: names of the other sides.
        rounds: number of turns of each side.
        photos: number of photos of a turn.
        large: whether the photo has the size of a phone's photo, not the size that Telegram offers.
    """
    store = ModelStore(home / "benchmark")
    bundle = build_inception(store)
    image = sized_photo(large, bundle)
    turns: dict[str, list[tuple[float, float]]] = {name: [] for name in (ours, *names)}
    async with AsyncExitStack() as stack:
        sides: dict[str, Side] = {}
        for name in turns:
            if name == "pool":
                side = pool_side(store, bundle, image)
            elif name == LOOPS:
                side = loops_side(bundle, image)
            else:
                side = server_side(python, name, bundle, image)
            sides[name] = await stack.enter_async_context(side)
        for _ in range(rounds + 1):
            for name, run in sides.items():
                turns[name].append(await run(photos))
    measured = [figure for name in names for figure in figures(ours, name, turns[ours][1:], turns[name][1:], photos)]
    if LOOPS in names:
        measured += [bound(name, turns[LOOPS][1:], turns[name][1:]) for name in names if name in PATHS]
    return measured


def sized_photo(large: bool, bundle: Bundle) -> bytes:
    if not large:
        return fetched_size(make_photos(sample(), 1)[0], bundle.spec)
    with tempfile.TemporaryDirectory() as folder:
        make_photo(sample(), Path(folder) / "photo.jpg")
        return (Path(folder) / "photo.jpg").read_bytes()


def figures(
    ours: str, name: str, pool: list[tuple[float, float]], other: list[tuple[float, float]], photos: int
) -> tuple[Figure, Figure]:
    """Return the ratios of the speeds and of the CPU times."""
    paired = list(zip(pool, other, strict=True))
    seconds, costs = (
        [sorted(turn[place] for turn in side)[len(side) // 2] for side in (pool, other)] for place in (0, 1)
    )
    return (
        Figure(
            name=f"photos a second, {ours} / {name}",
            turns=tuple(their[0] / our[0] for our, their in paired),
            unit="x",
            goal=SPEED_GOALS[ours, name],
            better="higher",
            seen=" / ".join(f"{photos / each:.1f}" for each in seconds) + " photos/s, without the HTTP client",
        ),
        Figure(
            name=f"CPU time a photo, {ours} / {name}",
            turns=tuple(our[1] / their[1] for our, their in paired),
            unit="x",
            goal=1.05 if name in ("pool", LOOPS) else 1.0,
            better="lower",
            seen=" / ".join(f"{1e3 * each / photos:.2f}" for each in costs) + " ms, of all its processes",
        ),
    )


def bound(name: str, loops: list[tuple[float, float]], other: list[tuple[float, float]]) -> Figure:
    """Return how many times as fast as another server the best server can be on these cores."""
    costs = tuple(their[1] / loop[1] for loop, their in zip(loops, other, strict=True))
    return Figure(
        name=f"photos a second, {LOOPS} / {name}",
        turns=tuple(their[0] / loop[0] for loop, their in zip(loops, other, strict=True)),
        unit="x",
        goal=SPEED_GOALS[SERVE, name],
        better="higher",
        seen=f"{median(costs):.3f} by CPU time; no server can be faster, so the goal is out of reach if it is higher",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="interpreter of an environment with Labelbot, mosec and LitServe")
    parser.add_argument("--servers", nargs="+", default=["mosec", "litserve"], choices=["mosec", "litserve"])
    parser.add_argument("--over-http", action="store_true", help="measure `labelbot serve` instead of the pool")
    parser.add_argument("--rounds", type=int, default=9, help="turns of each side")
    parser.add_argument("--photos", type=int, default=128, help="photos of a turn")
    parser.add_argument("--large", action="store_true", help="a photo of a phone's size, not of Telegram's")
    options = parser.parse_args()
    use_two_cores()
    home = Path(os.environ.get("LABELBOT_HOME") or default_home())
    measured = asyncio.run(
        compare(
            options.python,
            home,
            ours=SERVE if options.over_http else "pool",
            names=[*options.servers, *(["pool", LOOPS] if options.over_http else [])],
            rounds=options.rounds,
            photos=options.photos,
            large=options.large,
        )
    )
    Console(file=sys.stdout, width=COLUMNS).print(table(measured))


if __name__ == "__main__":
    main()
