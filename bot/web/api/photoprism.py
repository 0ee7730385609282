"""The labels of PhotoPrism's vision API: POST /api/v1/vision/labels with images as data URLs or public addresses.

The request and the response are those of `ApiRequest` and `ApiResponse` in PhotoPrism's internal/ai/vision. Its images
are views of one picture, so the labels of all images are put together.
"""

from __future__ import annotations

import uuid
from typing import Any

from aiohttp import web

from bot.web.api.bodies import from_base64, read_json
from bot.web.api.keys import Client
from bot.web.api.labelling import LATEST, MAX_IMAGES
from bot.web.api.problems import Problem, bad_request
from bot.web.api.requests import Api
from inference import Classification

PATH = "/api/v1/vision/labels"
# Number of labels of an image to choose from.
TOP = 5
ID = web.RequestKey("photoprism_id", str)
MAX_ID_CHARACTERS = 64
# Limit on the addresses of a request: the memory of a client has room for so many images of unknown size.
MAX_LINKS = 4


def routes(api: Api) -> list[web.RouteDef]:
    """Return the route of PhotoPrism's API."""

    @api.answering("photoprism", render_problem)
    async def labels(request: web.Request, client: Client) -> web.StreamResponse:
        body = await read_json(request)
        request[ID] = request_id = _id(body)
        name, _, version = str(body.get("model") or "").partition(":")
        spec = api.labelling.model(name or None, client, version=version or LATEST)
        sources = body.get("images") or ([body["url"]] if body.get("url") else None)
        if not isinstance(sources, list) or not 1 <= len(sources) <= MAX_IMAGES:
            raise bad_request(f'expected "images" with a list of 1 to {MAX_IMAGES} data URLs. Received: another value')
        links = sum(map(_is_link, sources))
        if links > MAX_LINKS:
            raise bad_request(f"expected at most {MAX_LINKS} addresses. Received: {links}")
        with api.admission.downloads(client.name, links):
            images = [await _image(api, source) for source in sources]
            answers = await api.labelling.label_all(images, spec, top=TOP, client=client)
        model = {"type": "labels", "name": spec.name, "version": spec.version, "resolution": spec.height}
        result = {"labels": _labels(answers)}
        return web.json_response({"id": request_id, "code": 200, "model": model, "result": result})

    return [web.post(PATH, labels)]


def render_problem(request: web.Request, problem: Problem) -> web.Response:
    """Write a problem as PhotoPrism does."""
    content = {"id": request.get(ID, ""), "code": problem.status, "error": problem.detail, "result": {}}
    return web.json_response(content, status=problem.status, headers=problem.headers)


def _labels(answers: list[Classification]) -> list[dict[str, Any]]:
    """Return the labels that are sure, each once with its best score: PhotoPrism shows all labels that it gets."""
    best: dict[str, float] = {}
    for answer in answers:
        headline = answer.headline
        sure = {each.name: each.score for each in answer.predictions if each.score >= answer.threshold}
        if headline.level == "kind":
            sure[answer.headline_name().name] = headline.probability
        elif headline.level == "unsure":
            sure = {}
        for name, score in sure.items():
            best[name] = max(score, best.get(name, 0.0))
    return [
        {"name": name, "source": "image", "confidence": round(score, 4), "topicality": round(score, 4)}
        for name, score in sorted(best.items(), key=lambda each: -each[1])
    ]


async def _image(api: Api, source: object) -> bytes:
    if isinstance(source, str) and _is_link(source):
        return await api.labelling.download(source)
    if not isinstance(source, str) or not source.startswith("data:"):
        raise bad_request("expected each image as a data URL or a public address. Received: another value")
    return from_base64(source, "each image")


def _is_link(source: object) -> bool:
    return isinstance(source, str) and source.startswith(("http://", "https://"))


def _id(body: dict[str, Any]) -> str:
    given = body.get("id")
    return given[:MAX_ID_CHARACTERS] if isinstance(given, str) and given else str(uuid.uuid4())
