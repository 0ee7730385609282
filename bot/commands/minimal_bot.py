"""A minimal bot of aiogram, the reference for the CPU time of the bot's process.

`python -m bot.commands.minimal_bot API_URL TOKEN HOME MODEL WORKERS` prints "ready", and then answers each photo with
its labels until it is terminated. It labels with the same pool as the bot. It stores nothing, limits nobody, and tries
nothing twice.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

import aiogram
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.types import Message

from inference import InferencePool, ModelStore

TOP_K = 5
# The pool admits all photos of a turn at once.
CAPACITY = 100_000


async def serve(api_url: str, token: str, home: Path, model: str, workers: int) -> None:
    """Answer photos until the process is terminated."""
    # Its end is no news.
    logging.getLogger("aiogram").setLevel(logging.ERROR)
    store = ModelStore(home)
    spec = store.find(model).spec
    dispatcher = aiogram.Dispatcher()
    session = AiohttpSession(api=TelegramAPIServer.from_base(api_url))
    pool = InferencePool(store, workers=workers, capacity=CAPACITY)

    @dispatcher.message(aiogram.F.photo)
    async def label(message: Message) -> None:
        assert message.photo is not None
        assert message.bot is not None
        covering = (size for size in message.photo if min(size.width, size.height) >= max(spec.height, spec.width))
        content = await message.bot.download(next(covering, message.photo[-1]))
        assert content is not None
        answer = await pool.classify(content.read(), model=model, top_k=TOP_K, client=message.chat.id)
        await message.reply("\n".join(f"{each.name} {each.score:.0%}" for each in answer.predictions))

    await pool.start(models=[model])
    try:
        async with aiogram.Bot(token, session=session) as bot:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await dispatcher.start_polling(bot)
    finally:
        await pool.close()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4], int(sys.argv[5])))
