"""PhotoPrism's vision API, with the bodies of its `ApiRequest` and `ApiResponse`."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from PIL import Image

from tests.support.images import BLUE, RED, encode
from tests.support.label_api import LabelApi

pytestmark = pytest.mark.asyncio(loop_scope="module")


def data_url(content: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(content).decode()


RED_PHOTO, BLUE_PHOTO = (
    data_url(encode(Image.new("RGB", (40, 30), colour), "JPEG", quality=95)) for colour in (RED, BLUE)
)


async def post(api: LabelApi, body: Any) -> tuple[int, Any]:
    async with api.http.post("/api/v1/vision/labels", json=body) as answer:
        return answer.status, json.loads(await answer.read())


@pytest.mark.parametrize("model", ["", "colours", "colours:latest"])
async def test_a_picture_gets_labels(api: LabelApi, model: str) -> None:
    status, content = await post(api, {"id": "3f2", "model": model, "stream": False, "images": [RED_PHOTO]})
    assert (status, content["code"], content["id"]) == (200, 200, "3f2")
    assert (content["model"]["type"], content["model"]["name"]) == ("labels", "colours")
    (label,) = content["result"]["labels"]
    assert (label["name"], label["source"]) == ("red", "image")
    assert 0 < label["confidence"] <= 1


async def test_labels_of_several_views_are_put_together(api: LabelApi) -> None:
    _, content = await post(api, {"images": [RED_PHOTO, BLUE_PHOTO, RED_PHOTO]})
    assert sorted(each["name"] for each in content["result"]["labels"]) == ["blue", "red"]
    assert content["id"]


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"id": "3f2"}, 422, "data URLs"),
        ({"id": "3f2", "images": "x"}, 422, "data URLs"),
        ({"id": "3f2", "images": ["http://127.0.0.1:1/a.jpg"] * 5}, 422, "at most 4 addresses. Received: 5"),
        ({"id": "3f2", "images": ["/etc/passwd"]}, 422, "a data URL or a public address"),
        ({"id": "3f2", "images": ["file:///etc/passwd"]}, 422, "a data URL or a public address"),
        ({"id": "3f2", "images": ["data:image/jpeg,abc"]}, 422, "without base64"),
        ({"id": "3f2", "images": [data_url(b"no image")]}, 422, "not an image"),
        ({"id": "3f2", "model": "nasnet:latest", "images": [RED_PHOTO]}, 404, "nasnet"),
        ({"id": "3f2", "model": "colours:1", "images": [RED_PHOTO]}, 404, "colours, version 1"),
    ],
)
async def test_what_is_refused_says_why(api: LabelApi, body: Any, status: int, words: str) -> None:
    code, content = await post(api, body)
    assert (code, content["code"], content["id"]) == (status, status, "3f2")
    assert words in content["error"]
