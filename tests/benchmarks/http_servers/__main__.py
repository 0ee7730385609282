"""Runs the servers in short turns, and prints images per second and CPU time per image of each."""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import sys
import time
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import aiohttp

from bot.sample import sample
from inference import ModelStore

ROOT = Path(__file__).parents[3]
CONNECTIONS = 16
WORKERS = 2
MODEL = "random-inception-v3"
START_TIMEOUT_S = 120.0


@dataclass(frozen=True)
class Server:
    """A server to measure: its command, with PORT for the port, and the path that labels an image."""

    name: str
    command: Sequence[str]
    path: str
    port: int


def servers(home: Path, python: str) -> list[Server]:
    program = str(Path(sys.executable).with_name("labelbot"))
    own = [program, "serve", "--model", MODEL, "--no-pull", "--listen", "127.0.0.1:8911"]
    folder = Path(__file__).parent
    return [
        Server("labelbot serve", own, "/v1/label", 8911),
        Server(
            "mosec",
            [python, str(folder / "mosec_server.py"), "--port", "8912", "--timeout", "60000"],
            "/inference",
            8912,
        ),
        Server("LitServe", [python, str(folder / "litserve_server.py"), "8913"], "/predict", 8913),
    ]


def tree(root: int) -> set[int]:
    """Return the ids of a process and of all that it started."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def cpu_s(root: int) -> float:
    ticks = 0
    for pid in tree(root):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


async def start(server: Server, environment: dict[str, str]) -> Process:
    process = await asyncio.create_subprocess_exec(*server.command, env=environment, stdout=DEVNULL, stderr=DEVNULL)
    give_up_s = time.monotonic() + START_TIMEOUT_S
    async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as http:
        while time.monotonic() < give_up_s:
            try:
                if await post(http, server.path, body_of(server, sample().read_bytes())) == 200:
                    return process
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.5)
    raise RuntimeError(f"{server.name} does not answer")


def body_of(server: Server, image: bytes) -> tuple[bytes, str]:
    """Return an image as the server expects it, and its content type."""
    if server.name == "LitServe":
        return json.dumps({"image": base64.b64encode(image).decode()}).encode(), "application/json"
    return image, "application/octet-stream"


async def post(http: aiohttp.ClientSession, path: str, body: tuple[bytes, str]) -> int:
    async with http.post(path, data=body[0], headers={"Content-Type": body[1]}) as answer:
        await answer.read()
        return answer.status


async def turn(server: Server, process: Process, image: bytes, turn_s: float) -> tuple[float, float]:
    """Return images per second, and CPU milliseconds per image, over 16 connections that always have one request."""
    async with aiohttp.ClientSession(
        f"http://127.0.0.1:{server.port}", connector=aiohttp.TCPConnector(limit=CONNECTIONS)
    ) as http:
        done, body = 0, body_of(server, image)
        end_s = time.perf_counter() + turn_s

        async def ask() -> None:
            nonlocal done
            while time.perf_counter() < end_s:
                status = await post(http, server.path, body)
                if status != 200:
                    raise RuntimeError(f"{server.name} answers {status}")
                done += 1

        before_s, started_s = cpu_s(process.pid), time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(CONNECTIONS)))
        return done / (time.perf_counter() - started_s), 1000 * (cpu_s(process.pid) - before_s) / done


async def measure(home: Path, python: str, turns: int, turn_s: float) -> None:
    image = sample().read_bytes()
    bundle = ModelStore(home).find(MODEL)
    environment = os.environ | {
        "LABELBOT_HOME": str(home),
        "LABELBOT_WORKERS": str(WORKERS),
        "BUNDLE": str(bundle.directory),
        "WORKERS": str(WORKERS),
        "OPENBLAS_NUM_THREADS": "1",
    }
    # The others run this program's classifier, with the packages of this environment behind their own.
    theirs = environment | {"EXTRA_PATH": os.pathsep.join((str(ROOT), *filter(None, sys.path)))}
    measured = servers(home, python)
    running = [await start(each, environment if each.port == 8911 else theirs) for each in measured]
    try:
        results: dict[str, list[tuple[float, float]]] = {each.name: [] for each in measured}
        for number in range(turns):
            for server, process in zip(measured, running, strict=True):
                results[server.name].append(await turn(server, process, image, turn_s))
            print(f"turn {number + 1} of {turns}, load {os.getloadavg()[0]:.1f}", flush=True)
    finally:
        for process in running:
            for pid in tree(process.pid):
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    continue
            await process.wait()
    print(f"\n{'server':<16} {'images/s':>9} {'core-ms':>8}   labelbot / it, images/s (each turn)")
    own = results[measured[0].name]
    for name, turned in results.items():
        ratios = [mine[0] / other[0] for mine, other in zip(own, turned, strict=True)]
        print(
            f"{name:<16} {median(rate for rate, _ in turned):9.1f} {median(cost for _, cost in turned):8.1f}   "
            f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("home", type=Path)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=6.0)
    given = parser.parse_args()
    asyncio.run(measure(given.home / "benchmark", given.python, given.turns, given.seconds))


if __name__ == "__main__":
    main()
