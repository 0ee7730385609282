"""The process of the local Bot API server and of people who send photos at a steady pace.

`python -m tests.benchmarks.beside_chats.people FOLDER` prints the server's address and the bot's token as JSON. For
each line "COUNT PAUSE_S" on its standard input, it sends COUNT of the folder's photos, each from a person of its own
and PAUSE_S seconds after the last, and prints how many seconds each waited for its labels: [0.07, 0.06].
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.localchat.server import LocalChatServer
from bot.localchat.simulation import Simulation

ANSWER_TIMEOUT_S = 60.0


async def serve(photos: Sequence[bytes]) -> None:
    """Serve until standard input ends."""
    async with LocalChatServer() as server:
        for photo in photos:
            await server.simulation.prepare_photo(photo)
        _say({"api_url": server.api_url, "token": server.token})
        unsent = iter(photos)
        while line := await asyncio.to_thread(sys.stdin.readline):
            count, pause_s = line.split()
            sent = []
            for _ in range(int(count)):
                sent.append(asyncio.create_task(_wait_s(server.simulation, next(unsent))))
                await asyncio.sleep(float(pause_s))
            _say(await asyncio.gather(*sent))


async def _wait_s(simulation: Simulation, photo: bytes) -> float:
    """Send a photo of a newcomer; return the seconds until the labels."""
    person = simulation.add_user("Guest")
    chat = simulation.add_private_chat(person)
    started_s = time.perf_counter()
    reply = await simulation.wait_for_reply(simulation.send_photo(chat, person, photo), ANSWER_TIMEOUT_S)
    if "%" not in reply["text"]:
        raise RuntimeError(f"expected labels. Received: {reply['text']}")
    return time.perf_counter() - started_s


def _say(facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve([path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]))
