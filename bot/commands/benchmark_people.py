"""The process of the local Bot API server and its simulated people, for the bot's benchmark.

`python -m bot.commands.benchmark_people FOLDER` prints the server's address and the bot's token as JSON. For each
number on its standard input, it sends that number of the folder's photos, and prints the seconds until the last answer:
{"seconds": 1.5}.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.localchat.server import LocalChatServer

PEOPLE = 8
ANSWER_TIMEOUT_S = 300.0


async def serve(photos: Sequence[bytes]) -> None:
    """Serve until standard input ends."""
    async with LocalChatServer() as server:
        simulation = server.simulation
        for photo in photos:
            await simulation.prepare_photo(photo)
        people = [simulation.add_user(f"Person {number}") for number in range(PEOPLE)]
        chats = itertools.cycle([(simulation.add_private_chat(person), person) for person in people])
        _say(api_url=server.api_url, token=server.token)
        unsent = iter(photos)
        while line := await asyncio.to_thread(sys.stdin.readline):
            started = time.perf_counter()
            batch = itertools.islice(unsent, int(line))
            messages = [
                simulation.send_photo(chat, person, photo) for photo, (chat, person) in zip(batch, chats, strict=False)
            ]
            for message in messages:
                reply = await simulation.wait_for_reply(message, ANSWER_TIMEOUT_S)
                if "%" not in reply["text"]:
                    raise RuntimeError(f"expected labels. Received: {reply['text']}")
            _say(seconds=time.perf_counter() - started)


def _say(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(serve([path.read_bytes() for path in sorted(Path(sys.argv[1]).iterdir())]))
