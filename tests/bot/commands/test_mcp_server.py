"""`labelbot mcp`, spoken to by the protocol's own client."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from bot.sample import sample
from inference import InferencePool, ModelStore
from tests.support.colour_models import install_colours


@pytest.fixture(autouse=True)
def _mcp() -> None:
    """Import the package here: it takes a second of CPU time."""
    pytest.importorskip("mcp")


@asynccontextmanager
async def connected(home: Path) -> AsyncIterator[Any]:
    from mcp import Client

    from bot.commands.mcp_server import build_server

    store = ModelStore(home)
    install_colours(store, home)
    async with Client(build_server(InferencePool(store, workers=1), "colours")) as client:
        yield client


async def label(client: Any, **arguments: Any) -> tuple[bool, str]:
    result = await client.call_tool("label_image", arguments)
    return bool(result.is_error), result.content[0].text


async def test_images_are_labelled_and_what_is_not_one_is_named(tmp_path: Path) -> None:
    photo = sample().read_bytes()
    (tmp_path / "text.jpg").write_text("no image")
    os.mkfifo(tmp_path / "pipe")
    async with connected(tmp_path) as client:
        assert client.server_info.version == version("labelbot")
        for arguments in (
            {"path": str(sample())},
            {"data": base64.b64encode(photo).decode()},
            {"data": "data:image/jpeg;base64," + base64.b64encode(photo).decode(), "top": 1},
        ):
            failed, text = await label(client, **arguments)
            assert not failed
            assert '"model":"colours"' in text.replace(" ", "").replace("\n", "")
        for arguments, words in (
            ({}, "exactly one of path, url and data"),
            ({"path": "a", "data": "b"}, "exactly one of path, url and data"),
            ({"path": str(tmp_path / "none.jpg")}, "No such file"),
            ({"path": str(tmp_path)}, "expected a file"),
            ({"path": "/dev/zero"}, "expected a file"),
            ({"path": str(tmp_path / "pipe")}, "expected a file"),
            ({"path": "a\0b"}, "no path"),
            ({"path": "~nobody-has-this-name/a.jpg"}, "no path"),
            ({"data": "\u00e9"}, "base64"),
            ({"data": "data:x"}, "base64"),
            ({"path": str(tmp_path / "text.jpg")}, "not an image"),
            ({"data": "?"}, "base64"),
            ({"url": "http://127.0.0.1:1/a.jpg"}, "not on the public web"),
            ({"path": str(sample()), "top": 0}, "top of at least 1"),
        ):
            failed, text = await label(client, **arguments)
            assert failed
            assert words in text


@pytest.mark.slow
async def test_the_program_speaks_the_protocol_and_nothing_else(tmp_path: Path) -> None:
    from mcp import Client, StdioServerParameters

    program = StdioServerParameters(
        command=str(Path(sys.executable).with_name("labelbot")),
        args=["mcp", "--model", "starter"],
        env={**os.environ, "LABELBOT_HOME": str(tmp_path)},
    )
    async with Client(program) as client:
        (tool,) = (await client.list_tools()).tools
        assert tool.name == "label_image"
        assert set(tool.input_schema["properties"]) == {"path", "url", "data", "top", "language"}
        result = await client.call_tool("label_image", {"path": str(sample()), "language": "de"})
    assert not result.is_error
    assert result.structured_content["model"] == "starter"
    assert result.structured_content["predictions"]
