"""The description in OpenAPI: what it says is what the server does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.web.api.openapi import openapi
from tests.support.label_api import LabelApi

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_description_is_served(api: LabelApi) -> None:
    async with api.http.get("/openapi.json") as answer:
        described = json.loads(await answer.read())
    assert described == openapi(keys=False)
    assert set(described["paths"]) == {"/v1/label", "/v1/models"}
    assert "security" not in described
    assert openapi(keys=True)["security"] == [{"key": []}]


@pytest.mark.slow
async def test_every_answer_to_generated_requests_is_as_described(api: LabelApi, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis")
    # What a request may also say, such as an unknown query, is not described; see test_native for what is refused.
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"{api.url}/openapi.json",
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        "--max-examples=40",
        "--seed=1",
        "--workers=1",
        "--no-color",
    ]
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-2000:]
    assert "No issues found" in ended.stdout, ended.stdout[-2000:]


async def test_the_page_asks_nobody_else(api: LabelApi) -> None:
    async with api.http.get("/") as answer:
        page = await answer.text()
        assert answer.content_type == "text/html"
        assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]
    assert "//" not in page.replace("http://www.w3.org", "").split("<script>")[0]
