"""The Open Inference Protocol, spoken by Triton's own client and by hand."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.images import BLUE, RED, encode
from tests.support.label_api import LabelApi

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHOTOS = [encode(Image.new("RGB", (40, 30), colour), "PNG") for colour in (RED, BLUE)]


def _input(count: int, **parts: Any) -> dict[str, Any]:
    return {"name": "image", "datatype": "BYTES", "shape": [count], **parts}


async def infer(api: LabelApi, body: bytes, headers: dict[str, str] | None = None) -> tuple[int, Any]:
    async with api.http.post("/v2/models/colours/infer", data=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


async def test_tritons_client_labels_images(api: LabelApi) -> None:
    pytest.importorskip("tritonclient.http")
    await asyncio.to_thread(_use_client, api.url.removeprefix("http://"), api.store.find("colours").spec.version)


def _use_client(address: str, version: str) -> None:
    from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput
    from tritonclient.utils import InferenceServerException

    with InferenceServerClient(address) as client:
        assert client.is_server_live()
        assert client.is_server_ready()
        assert client.is_model_ready("colours")
        assert set(client.get_server_metadata()["extensions"]) == {"classification", "binary_tensor_data"}
        metadata = client.get_model_metadata("colours", version)
        given, returned = metadata["inputs"][0], metadata["outputs"][0]
        assert (given["datatype"], returned["shape"]) == ("BYTES", [-1, 3])
        images = InferInput(given["name"], [2], "BYTES")
        images.set_data_from_numpy(np.array(PHOTOS, dtype=np.object_))
        for binary in (True, False):
            best = InferRequestedOutput(returned["name"], class_count=2, binary_data=binary)
            answer = client.infer("colours", [images], outputs=[best], request_id="7")
            assert answer.get_response()["id"] == "7"
            texts = [
                [text.decode() if isinstance(text, bytes) else text for text in row]
                for row in answer.as_numpy(returned["name"])
            ]
            assert [row[0].split(":")[1:] for row in texts] == [["0", "red"], ["2", "blue"]]
            assert [len(row) for row in texts] == [2, 2]
        whole = client.infer("colours", [images], request_compression_algorithm="gzip")
        probabilities = whole.as_numpy(returned["name"])
        assert probabilities.dtype == np.float32
        assert probabilities.argmax(axis=1).tolist() == [0, 2]
        assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)
        with pytest.raises(InferenceServerException, match="no model named 'none' is installed"):
            client.infer("none", [images])


async def test_images_in_base64_are_labelled(api: LabelApi) -> None:
    data = [base64.b64encode(photo).decode() for photo in PHOTOS]
    outputs = [{"name": "probabilities", "parameters": {"classification": 1}}]
    status, content = await infer(api, json.dumps({"inputs": [_input(2, data=data)], "outputs": outputs}).encode())
    assert status == 200
    (output,) = content["outputs"]
    assert (output["datatype"], output["shape"]) == ("BYTES", [2, 1])
    assert [text.partition(":")[2] for text in output["data"]] == ["0:red", "2:blue"]


@pytest.mark.parametrize(
    ("body", "headers", "words"),
    [
        ({}, {}, "inputs"),
        ({"inputs": []}, {}, "inputs"),
        ({"inputs": [_input(1, data=["?"])]}, {}, "base64"),
        ({"inputs": [_input(1, data="x")]}, {}, "list of images"),
        ({"inputs": [_input(2, data=["QUJD"])]}, {}, "as many images as the shape says, 2. Received: 1"),
        ({"inputs": [_input(0, data=[])]}, {}, "1 to 32 images. Received: 0"),
        ({"inputs": [_input(33, data=["QUJD"] * 33)]}, {}, "1 to 32 images. Received: 33"),
        ({"inputs": [_input(1, data=["QUJD"])]}, {}, "not an image"),
        ({"inputs": [_input(1, datatype="FP32", data=["QUJD"])]}, {}, "datatype BYTES"),
        ({"inputs": [_input(1, shape=[1, 2], data=["QUJD"])]}, {}, "shape"),
        ({"inputs": [_input(1, name="x", data=["QUJD"])]}, {}, "named image"),
        ({"inputs": [_input(1, data=["QUJD"])], "outputs": [{"name": "x"}]}, {}, "named probabilities"),
        ({"inputs": [_input(1, data=["QUJD"])], "parameters": 3}, {}, "parameters"),
        ({"inputs": [_input(1, parameters={"binary_data_size": 9})]}, {}, "9 bytes after the JSON"),
        ({}, {"Inference-Header-Content-Length": "99"}, "a length within the body"),
        ({}, {"Inference-Header-Content-Length": "-1"}, "a length within the body"),
        ({}, {"Inference-Header-Content-Length": "9" * 5000}, "a length within the body"),
        ({"inputs": [_input(10**19, data=["QUJD"])]}, {}, "1 to 32 images. Received: 1"),
        ({"inputs": [_input(10**300, data=["QUJD"])]}, {}, "at most 20 digits. Received: 301 digits"),
        ({"inputs": [_input(1, shape=[True], data=["QUJD"])]}, {}, "[images, 1]. Received: [true]"),
        ({"inputs": [_input(1, datatype=None, data=["QUJD"])]}, {}, "datatype BYTES. Received: null"),
        ({"inputs": [{}] * 10_000}, {}, "at most 10,000 values"),
        ({}, {"Inference-Header-Content-Length": "1"}, "no JSON"),
    ],
)
async def test_what_is_not_as_the_protocol_says_is_named(
    api: LabelApi, body: dict[str, Any], headers: dict[str, str], words: str
) -> None:
    status, content = await infer(api, json.dumps(body).encode(), headers)
    assert status in (400, 422)
    assert words in content["error"]


async def test_a_binary_tensor_of_more_images_than_announced_is_refused(api: LabelApi) -> None:
    tail = bytes(4 * 1000)
    head = json.dumps({"inputs": [_input(1, parameters={"binary_data_size": len(tail)})]}).encode()
    status, content = await infer(api, head + tail, {"Inference-Header-Content-Length": str(len(head))})
    assert (status, "the shape says, 1. Received: 33" in content["error"]) == (422, True)


@pytest.mark.parametrize("tail", [b"\1\0\0", b"\5\0\0\0abc", b"\xff\xff\xff\xffabc"])
async def test_a_binary_tensor_that_is_cut_off_is_refused(api: LabelApi, tail: bytes) -> None:
    head = json.dumps({"inputs": [_input(1, parameters={"binary_data_size": len(tail)})]}).encode()
    status, content = await infer(api, head + tail, {"Inference-Header-Content-Length": str(len(head))})
    assert (status, "cut off" in content["error"]) == (422, True)
