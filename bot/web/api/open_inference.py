"""The Open Inference Protocol, version 2, of KServe and Triton, for images as elements of type BYTES.

Each model has the input `image`, BYTES [images], and the output `probabilities`, FP32 [images, classes]. With Triton's
parameter `classification`, the output is the best labels, as "probability:index:label".
https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_classification.md
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from aiohttp import web

from bot.web.api.keys import Client
from bot.web.api.labelling import MAX_TOP
from bot.web.api.probabilities import probabilities
from bot.web.api.problems import Problem, bad_request, shown
from bot.web.api.requests import Api
from bot.web.api.tensors import Output, images_of, read_request, write_response
from bot.web.api.versions import model_of, with_versions
from inference import Classification, ModelSpec

INPUT, OUTPUT = "image", "probabilities"
EXTENSIONS = ["classification", "binary_tensor_data"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The output that a request asks for.

    Attributes:
        labels: number of labels; None for the probabilities of all classes.
        binary: whether the output is written as bytes after the JSON.
    """

    labels: int | None = None
    binary: bool = False


def routes(api: Api) -> list[web.RouteDef]:
    """Return the routes of the Open Inference Protocol."""

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_request: web.Request) -> web.Response:
        is_ready = api.labelling.is_ready()
        return web.json_response({"ready": is_ready}, status=200 if is_ready else 503)

    @api.answering("open-inference", render_problem, reads_body=False)
    async def server(_request: web.Request, _client: Client) -> web.StreamResponse:
        return web.json_response({"name": "labelbot", "version": version("labelbot"), "extensions": EXTENSIONS})

    @api.answering("open-inference", render_problem, reads_body=False)
    async def model(request: web.Request, client: Client) -> web.StreamResponse:
        spec = model_of(api, request, client)
        return web.json_response(
            {
                "name": spec.name,
                "versions": [spec.version],
                "platform": spec.engine,
                "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
                "outputs": [{"name": OUTPUT, "datatype": "FP32", "shape": [-1, spec.classes]}],
            }
        )

    @api.answering("open-inference", render_problem, reads_body=False)
    async def model_ready(request: web.Request, client: Client) -> web.StreamResponse:
        spec = model_of(api, request, client)
        return web.json_response({"name": spec.name, "ready": api.labelling.is_ready()})

    @api.answering("open-inference", render_problem)
    async def infer(request: web.Request, client: Client) -> web.StreamResponse:
        spec = model_of(api, request, client)
        body, binary = await read_request(request)
        wanted = _wanted(body)
        images = images_of(_input(body), binary)
        top = spec.classes if wanted.labels is None else min(wanted.labels, spec.classes)
        answers = await api.labelling.label_all(images, spec, top=top, client=client)
        values = [_row(answer, spec, wanted) for answer in answers]
        content = {"model_name": spec.name, "model_version": spec.version}
        if "id" in body:
            content["id"] = str(body["id"])
        return write_response(content, [Output(OUTPUT, np.stack(values), wanted.binary)])

    return [
        web.get("/v2", server),
        web.get("/v2/health/live", live),
        web.get("/v2/health/ready", ready),
        *with_versions(web.get, "/v2", "", model),
        *with_versions(web.get, "/v2", "/ready", model_ready),
        *with_versions(web.post, "/v2", "/infer", infer),
    ]


def render_problem(_request: web.Request, problem: Problem) -> web.Response:
    """Write a problem as the protocol says."""
    return web.json_response({"error": problem.detail}, status=problem.status, headers=problem.headers)


def _row(answer: Classification, spec: ModelSpec, wanted: Wanted) -> np.ndarray[Any, Any]:
    if wanted.labels is None:
        return probabilities(answer, spec)
    texts = [f"{each.score:.6f}:{each.index}:{each.label}" for each in answer.predictions]
    return np.array(texts, dtype=object)


def _input(body: Mapping[str, Any]) -> Mapping[str, Any]:
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise bad_request(f'expected "inputs" with one tensor, {INPUT}. Received: another value')
    if inputs[0].get("name") != INPUT:
        raise bad_request(f"expected an input named {INPUT}. Received: {shown(inputs[0].get('name'))}")
    return inputs[0]


def _wanted(body: Mapping[str, Any]) -> Wanted:
    outputs = body.get("outputs")
    everywhere = _parameters(body)
    binary = everywhere.get("binary_data_output") is True
    if not outputs:
        return Wanted(binary=binary)
    if not isinstance(outputs, list) or len(outputs) != 1 or not isinstance(outputs[0], dict):
        raise bad_request(f'expected "outputs" with one tensor, {OUTPUT}. Received: another value')
    if outputs[0].get("name") != OUTPUT:
        raise bad_request(f"expected an output named {OUTPUT}. Received: {shown(outputs[0].get('name'))}")
    parameters = _parameters(outputs[0])
    labels = parameters.get("classification")
    if labels is not None and (not isinstance(labels, int) or isinstance(labels, bool) or not 1 <= labels <= MAX_TOP):
        raise bad_request(f"classification: expected a number from 1 to {MAX_TOP}. Received: {shown(labels)}")
    return Wanted(labels, parameters.get("binary_data", binary) is True)


def _parameters(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = holder.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise bad_request('expected "parameters" to be an object. Received: another value')
    return parameters
