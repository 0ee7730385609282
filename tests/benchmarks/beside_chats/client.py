"""The process of a client of the HTTP API that asks for labels all the time.

`python -m tests.benchmarks.beside_chats.client URL IMAGE` reads lines "RATE SECONDS" from its standard input. For each,
it sends RATE requests a second, whether they are answered or not, or as many as 16 connections get answered if RATE is
0. Then it prints the number of answers by status: {"200": 140, "429": 20}.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from pathlib import Path

import aiohttp

CONNECTIONS = 16


async def ask(http: aiohttp.ClientSession, url: str, image: bytes, rate: float, seconds: float) -> Counter[str]:
    """Ask for labels.

    Args:
        http: session with any number of connections.
        url: address that labels.
        image: image file.
        rate: requests a second; 0 for as many as `CONNECTIONS` get answered.
        seconds: duration.
    """
    answers: Counter[str] = Counter()
    start_s = time.perf_counter()

    async def once() -> None:
        async with http.post(url, data=image, headers={"Content-Type": "image/jpeg"}) as answer:
            await answer.read()
            answers[str(answer.status)] += 1

    async def keep_asking() -> None:
        while time.perf_counter() < start_s + seconds:
            await once()

    if not rate:
        await asyncio.gather(*(keep_asking() for _ in range(CONNECTIONS)))
    tasks = []
    for number in range(int(rate * seconds)):
        # By the clock, so that a late wake-up does not lower the rate.
        await asyncio.sleep(max(0.0, start_s + number / rate - time.perf_counter()))
        tasks.append(asyncio.create_task(once()))
    await asyncio.gather(*tasks)
    return answers


async def main(url: str, image: bytes) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        while line := await asyncio.to_thread(sys.stdin.readline):
            sys.stdout.write(json.dumps(await ask(http, url, image, *map(float, line.split()))) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_bytes()))
