"""The REST API of TensorFlow Serving, for clients that send images: `:classify`, `:predict`, status and metadata.

https://github.com/tensorflow/serving/blob/master/tensorflow_serving/g3doc/api_rest.md

An image is `{"b64": "..."}`, or an object with one such value, under any name. `:predict` answers as a network with the
single output `probabilities` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from aiohttp import web

from bot.web.api.bodies import from_base64, read_json
from bot.web.api.keys import Client
from bot.web.api.labelling import MAX_IMAGES
from bot.web.api.probabilities import probabilities
from bot.web.api.problems import Problem, bad_request, shown
from bot.web.api.requests import Api
from bot.web.api.versions import model_of, with_versions

# Number of labels of an image in the answer of `:classify`, where the request cannot say it.
TOP = 5
DEFAULT_SIGNATURE = "serving_default"


def routes(api: Api) -> list[web.RouteDef]:
    """Return the routes of TensorFlow Serving's API."""

    @api.answering("tensorflow-serving", render_problem, reads_body=False)
    async def status(request: web.Request, client: Client) -> web.StreamResponse:
        version = model_of(api, request, client).version
        state = {"version": version, "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}
        return web.json_response({"model_version_status": [state]})

    @api.answering("tensorflow-serving", render_problem)
    async def classify(request: web.Request, client: Client) -> web.StreamResponse:
        spec, body = model_of(api, request, client), await read_json(request)
        images = [_image(example) for example in _list(body, "examples")]
        answers = await api.labelling.label_all(images, spec, top=TOP, client=client)
        result = [[[each.label, each.score] for each in answer.predictions] for answer in answers]
        return web.json_response({"result": result})

    @api.answering("tensorflow-serving", render_problem)
    async def predict(request: web.Request, client: Client) -> web.StreamResponse:
        spec, body = model_of(api, request, client), await read_json(request)
        if ("instances" in body) == ("inputs" in body):
            raise bad_request('expected either "instances" or "inputs". Received: both or none')
        signature = body.get("signature_name", DEFAULT_SIGNATURE)
        if signature not in (DEFAULT_SIGNATURE, ""):
            raise bad_request(f"expected the signature {DEFAULT_SIGNATURE}. Received: {shown(signature)}")
        rows = _list(body, "instances") if "instances" in body else _column(body["inputs"])
        images = [_image(row) for row in rows]
        answers = await api.labelling.label_all(images, spec, top=spec.classes, client=client)
        values = [np.round(probabilities(answer, spec).astype(np.float64), 8).tolist() for answer in answers]
        return web.json_response({"predictions" if "instances" in body else "outputs": values})

    return [
        *with_versions(web.get, "/v1", "", status),
        *with_versions(web.post, "/v1", ":classify", classify),
        *with_versions(web.post, "/v1", ":predict", predict),
    ]


def render_problem(_request: web.Request, problem: Problem) -> web.Response:
    """Write a problem as TensorFlow Serving does."""
    return web.json_response({"error": problem.detail}, status=problem.status, headers=problem.headers)


def _list(body: dict[str, Any], name: str) -> Sequence[object]:
    rows = body.get(name)
    if not isinstance(rows, list) or not 1 <= len(rows) <= MAX_IMAGES:
        raise bad_request(f'expected "{name}" with a list of 1 to {MAX_IMAGES} images. Received: another value')
    return rows


def _column(inputs: object) -> Sequence[object]:
    """Return the images of a request in columns: a list, or an object with one list."""
    if isinstance(inputs, dict) and len(inputs) == 1 and "b64" not in inputs:
        (inputs,) = inputs.values()
    return _list({"inputs": inputs}, "inputs")


def _image(row: object) -> bytes:
    """Decode an image: {"b64": "..."}, or an object with one value of this form, or a list with one."""
    if isinstance(row, list) and len(row) == 1:
        (row,) = row
    if isinstance(row, dict) and len(row) == 1 and "b64" not in row:
        (row,) = row.values()
        return _image(row) if isinstance(row, list) else _bytes(row)
    return _bytes(row)


def _bytes(value: object) -> bytes:
    if not isinstance(value, dict) or set(value) != {"b64"}:
        raise bad_request('expected each image as {"b64": "..."}. Received: another value')
    return from_base64(value["b64"], "b64")
