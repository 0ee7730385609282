"""Bodies of the Open Inference Protocol, with its extension for binary tensors.

https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_binary_data.md
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from aiohttp import web

from bot.web.api.bodies import from_base64, json_object, read_body
from bot.web.api.labelling import MAX_IMAGES
from bot.web.api.problems import bad_request, shown

# Header with the length of the JSON that precedes the binary tensors of a body.
JSON_LENGTH = "Inference-Header-Content-Length"
LENGTH = re.compile("[0-9]{1,10}")
BINARY = "application/octet-stream"
# Each element of a binary tensor of type BYTES is preceded by its length, uint32 in little-endian order.
LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Output:
    """A tensor of a response.

    Attributes:
        name: its name.
        values: float32, or str for type BYTES, (batch, ...).
        binary: whether it is written as bytes after the JSON.
    """

    name: str
    values: npt.NDArray[Any]
    binary: bool


async def read_request(request: web.Request) -> tuple[dict[str, Any], bytes]:
    """Return the JSON object of a request, and the binary tensors after it.

    Raises:
        Problem: the body is not as expected.
    """
    body = await read_body(request)
    announced = request.headers.get(JSON_LENGTH)
    if announced is None:
        return json_object(body), b""
    if not LENGTH.fullmatch(announced) or int(announced) > len(body):
        raise bad_request(f"{JSON_LENGTH}: expected a length within the body. Received: {shown(announced)}")
    length = int(announced)
    return json_object(body[:length]), body[length:]


def images_of(tensor: Mapping[str, Any], binary: bytes) -> list[bytes]:
    """Return the images of an input of type BYTES: base64 in JSON, or bytes after the JSON.

    Raises:
        Problem: the input has another type or shape, too many images, or is damaged.
    """
    if tensor.get("datatype") != "BYTES":
        raise bad_request(f"expected an input of datatype BYTES. Received: {shown(tensor.get('datatype'))}")
    shape = tensor.get("shape")
    if not isinstance(shape, list) or len(shape) not in (1, 2) or shape[1:] not in ([], [1]) or not _is_count(shape[0]):
        raise bad_request(f"expected the shape [images] or [images, 1]. Received: {shown(shape)}")
    if not 1 <= shape[0] <= MAX_IMAGES:
        raise bad_request(f"expected 1 to {MAX_IMAGES} images. Received: {shown(shape[0])}")
    parameters = tensor.get("parameters")
    size = parameters.get("binary_data_size") if isinstance(parameters, dict) else None
    images = _from_json(tensor.get("data")) if size is None else _from_binary(binary, size)
    if len(images) != shape[0]:
        raise bad_request(f"expected as many images as the shape says, {shape[0]}. Received: {len(images)}")
    return images


def write_response(content: dict[str, Any], outputs: Sequence[Output]) -> web.Response:
    """Write a response with its tensors."""
    content["outputs"] = [_described(output) for output in outputs]
    head = json.dumps(content, separators=(",", ":")).encode()
    tail = b"".join(_encoded(output) for output in outputs if output.binary)
    if not tail:
        return web.Response(body=head, content_type="application/json")
    return web.Response(body=head + tail, content_type=BINARY, headers={JSON_LENGTH: str(len(head))})


def _from_json(data: object) -> list[bytes]:
    if isinstance(data, list) and all(isinstance(each, list) and len(each) == 1 for each in data):
        data = [each[0] for each in data]
    if not isinstance(data, list):
        raise bad_request('expected "data" with a list of images in base64. Received: another value')
    return [from_base64(each, "each image") for each in data]


def _from_binary(binary: bytes, size: object) -> list[bytes]:
    if not _is_count(size) or size != len(binary):
        raise bad_request(f"expected the input's {shown(size)} bytes after the JSON. Received: {len(binary)}")
    images: list[bytes] = []
    start = 0
    while start < len(binary) and len(images) <= MAX_IMAGES:
        end = start + LENGTH_BYTES + int.from_bytes(binary[start : start + LENGTH_BYTES], "little")
        if start + LENGTH_BYTES > len(binary) or end > len(binary):
            raise bad_request("expected images, each after its length. Received: an image that is cut off")
        images.append(binary[start + LENGTH_BYTES : end])
        start = end
    return images


def _described(output: Output) -> dict[str, Any]:
    is_text = output.values.dtype.kind != "f"
    described: dict[str, Any] = {
        "name": output.name,
        "datatype": "BYTES" if is_text else "FP32",
        "shape": list(output.values.shape),
    }
    if output.binary:
        return described | {"parameters": {"binary_data_size": len(_encoded(output))}}
    return described | {"data": output.values.ravel().tolist()}


def _encoded(output: Output) -> bytes:
    if output.values.dtype.kind == "f":
        return output.values.astype("<f4").tobytes()
    texts = [str(text).encode() for text in output.values.ravel()]
    return b"".join(len(text).to_bytes(LENGTH_BYTES, "little") + text for text in texts)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
