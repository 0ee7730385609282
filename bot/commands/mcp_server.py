"""`labelbot mcp`: a tool for agents that labels an image (https://modelcontextprotocol.io)."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from bot.config import Settings
from bot.web.api.bodies import from_base64
from bot.web.api.native import DEFAULT_TOP, LabelOut, label_out
from bot.web.api.problems import Problem
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

    server = MCPServer(
        "labelbot",
        version=version("labelbot"),
        instructions=INSTRUCTIONS,
        lifespan=running,
        log_level="WARNING",
    )

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
            return from_base64(data, "data")
        except Problem as problem:
            raise ToolError(problem.detail) from None
    assert path is not None, "exactly one is given"
    return await asyncio.to_thread(_read_file, path)


def _read_file(path: str) -> bytes:
    try:
        file_path = Path(path).expanduser()
        # A pipe or a terminal may never end, and standard input belongs to the protocol.
        if file_path.exists() and not file_path.is_file():
            raise ToolError(f"path: expected a file. Received: {path}, which is a folder, a pipe or a device")
        with file_path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ToolError(describe_os_error(error)) from None
    except (ValueError, RuntimeError):  # of a character that no path has, or of a home that nobody has
        raise ToolError("path: expected the path of a file. Received: text that is no path") from None
    if len(content) > MAX_BYTES:
        raise TooManyBytes(None, MAX_BYTES)
    return content
