"""`labelbot mcp`: a tool for agents that labels an image (https://modelcontextprotocol.io)."""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from bot.config import Settings
from bot.web.api.native import DEFAULT_TOP, LabelOut, label_out
from inference import InferencePool, ModelStore, download_image_apart
from inference.errors import InferenceError, TooManyBytes, describe_os_error

# Largest image, as in the pool.
MAX_BYTES = 20 * 1024 * 1024
INSTRUCTIONS = (
    "Labels of images from a network that runs on this machine. The headline says what to believe: a class, a kind of "
    "things, or nothing for sure."
)
DESCRIPTION = (
    "Tell what an image shows: the best labels with their probabilities. Give exactly one of path (a file on this "
    "machine), url (a public address) and data (the file's bytes in base64)."
)


def run(settings: Settings) -> None:
    """Serve one agent on standard input and output until it closes them.

    Raises:
        ModelNotFound: the model is not installed.
        ModelError: the model is broken.
    """
    # Standard output belongs to the protocol.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    store = ModelStore(settings.home, device=settings.device)
    name = store.find(settings.model).spec.name
    pool = InferencePool(store, workers=settings.workers or 1, device=settings.device)
    build_server(pool, name).run("stdio")


def build_server(pool: InferencePool, model: str) -> MCPServer:
    """Return a server that labels with a pool, which it starts and closes.

    Args:
        pool: inference pool.
        model: name of the model.
    """

    @asynccontextmanager
    async def running(_server: MCPServer) -> AsyncIterator[None]:
        await pool.start(models=(model,))
        try:
            yield
        finally:
            await pool.close()

    server = MCPServer("labelbot", instructions=INSTRUCTIONS, lifespan=running, log_level="WARNING")

    @server.tool(description=DESCRIPTION)
    async def label_image(
        path: str | None = None,
        url: str | None = None,
        data: str | None = None,
        top: int = DEFAULT_TOP,
        language: str = "en",
    ) -> LabelOut:
        if top < 1:
            raise ToolError(f"expected top of at least 1. Received: {top}")
        try:
            image = await _read(path, url, data)
            answer = await pool.classify(image, model=model, top_k=top, client="agent")
        except InferenceError as error:
            raise ToolError(str(error)) from None
        return label_out(answer, language)

    return server


async def _read(path: str | None, url: str | None, data: str | None) -> bytes:
    """Return the bytes of an image that is given in one of three ways.

    Raises:
        ToolError: it is given in no way or in several, or the file cannot be read.
        InferenceError: the download failed, or the image is too large.
    """
    if sum(source is not None for source in (path, url, data)) != 1:
        raise ToolError("expected exactly one of path, url and data. Received: none or several")
    if url is not None:
        return await download_image_apart(url)
    if data is not None:
        try:
            return base64.b64decode(data.partition(",")[2] if data.startswith("data:") else data, validate=True)
        except binascii.Error:
            raise ToolError("data: expected bytes in base64. Received: other text") from None
    assert path is not None, "exactly one is given"
    return await asyncio.to_thread(_read_file, path)


def _read_file(path: str) -> bytes:
    try:
        with Path(path).expanduser().open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ToolError(describe_os_error(error)) from None
    if len(content) > MAX_BYTES:
        raise TooManyBytes(None, MAX_BYTES)
    return content
