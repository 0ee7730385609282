"""TensorFlow Serving's REST API, with the bodies of its documentation."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from PIL import Image

from tests.support.images import BLUE, RED, encode
from tests.support.label_api import LabelApi

pytestmark = pytest.mark.asyncio(loop_scope="module")

RED_PHOTO, BLUE_PHOTO = (
    {"b64": base64.b64encode(encode(Image.new("RGB", (40, 30), colour), "JPEG")).decode()} for colour in (RED, BLUE)
)


async def post(api: LabelApi, call: str, body: Any, model: str = "colours") -> tuple[int, Any]:
    async with api.http.post(f"/v1/models/{model}:{call}", json=body) as answer:
        return answer.status, json.loads(await answer.read())


async def test_examples_are_classified(api: LabelApi) -> None:
    examples = [{"image/encoded": RED_PHOTO}, {"image": BLUE_PHOTO}]
    status, content = await post(api, "classify", {"signature_name": "classify_objects", "examples": examples})
    assert status == 200
    assert [row[0][0] for row in content["result"]] == ["red", "blue"]
    assert all(0 <= score <= 1 for row in content["result"] for _, score in row)


@pytest.mark.parametrize(
    ("given", "returned"),
    [
        ({"instances": [RED_PHOTO, BLUE_PHOTO]}, "predictions"),
        ({"instances": [{"image": RED_PHOTO}, {"image": BLUE_PHOTO}]}, "predictions"),
        ({"instances": [{"image": [RED_PHOTO]}, [BLUE_PHOTO]]}, "predictions"),
        ({"inputs": [RED_PHOTO, BLUE_PHOTO]}, "outputs"),
        ({"inputs": {"image": [RED_PHOTO, BLUE_PHOTO]}, "signature_name": "serving_default"}, "outputs"),
    ],
)
async def test_probabilities_are_predicted(api: LabelApi, given: dict[str, Any], returned: str) -> None:
    status, content = await post(api, "predict", given)
    assert status == 200
    assert [max(range(3), key=row.__getitem__) for row in content[returned]] == [0, 2]
    assert [sum(row) for row in content[returned]] == pytest.approx([1, 1], abs=1e-5)


async def test_the_status_of_a_model_and_of_its_version(api: LabelApi) -> None:
    version = api.store.find("colours").spec.version
    for path in ("/v1/models/colours", f"/v1/models/colours/versions/{version}"):
        async with api.http.get(path) as answer:
            (state,) = json.loads(await answer.read())["model_version_status"]
        assert (state["version"], state["state"]) == (version, "AVAILABLE")
    async with api.http.get("/v1/models/colours/versions/1") as answer:
        assert answer.status == 404
        assert "colours, version 1" in json.loads(await answer.read())["error"]


@pytest.mark.parametrize(
    ("call", "body", "words"),
    [
        ("predict", {}, "instances"),
        ("predict", {"instances": [], "inputs": []}, "either"),
        ("predict", {"instances": []}, "1 to 32 images"),
        ("predict", {"instances": [[[1, 2], [3, 4]]]}, '{"b64": "..."}'),
        ("predict", {"instances": [{"b64": "?"}]}, "base64"),
        ("predict", {"instances": [{"b64": 3}]}, "base64"),
        ("predict", {"instances": [{"a": RED_PHOTO, "b": RED_PHOTO}]}, '{"b64": "..."}'),
        ("predict", {"inputs": {"a": [RED_PHOTO], "b": []}}, "inputs"),
        ("predict", {"instances": [RED_PHOTO], "signature_name": "other"}, "serving_default"),
        ("predict", {"instances": [RED_PHOTO, {"b64": "QUJD"}]}, "image 2 of 2: not an image"),
        ("classify", {"examples": 3}, "examples"),
        ("classify", [], "object"),
    ],
)
async def test_what_is_not_as_documented_is_named(api: LabelApi, call: str, body: Any, words: str) -> None:
    status, content = await post(api, call, body)
    assert (status, words in content["error"]) == (422, True), content
