"""A program that takes the README's screenshot of the chat page.

`python -m tests.support.chat_picture [PHOTO...]` sends the samples and the photos to the real bot.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from pydantic import SecretStr

from bot.app import LabelBot
from bot.config import Settings
from bot.localchat.page import add_page
from bot.localchat.server import LocalChatServer
from bot.sample import samples
from tests.support.chromium import find_chromium, launched

PICTURE = Path(__file__).parents[2] / ".github" / "chat-page.png"
# Size of the viewport, in pixels.
WIDTH, HEIGHT = 1040, 1230
# A palette reduces the picture to a quarter of the bytes, and photos still look good.
COLOURS = 256


async def take(photos: list[Path], home: Path) -> bytes:
    executable = find_chromium()
    assert executable is not None, "needs a Chromium on this machine"
    server = LocalChatServer()
    add_page(server.app, server.simulation)
    async with server:
        sim = server.simulation
        settings = Settings(token=SecretStr(server.token), token_file=None, api_url=server.api_url, home=home)
        async with LabelBot(settings), launched(executable) as browser:
            for photo in photos:
                await sim.wait_for_reply(sim.send_photo(sim.private, sim.alice, photo.read_bytes()))
            page = await browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            await page.goto(f"{server.api_url}/", wait_until="networkidle")
            return await page.screenshot(animations="disabled")


def main() -> None:
    with tempfile.TemporaryDirectory() as home:
        shot = asyncio.run(take([*samples(), *map(Path, sys.argv[1:])], Path(home)))
    with Image.open(io.BytesIO(shot)) as image:
        rgb = image.convert("RGB")
        palette = rgb.quantize(COLOURS, kmeans=COLOURS)
        rgb.quantize(palette=palette, dither=Image.Dither.FLOYDSTEINBERG).save(PICTURE, optimize=True)


if __name__ == "__main__":
    main()
