"""Paths that name a model, and perhaps a version of it, as those of two model servers do."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web

from bot.web.api.keys import Client
from bot.web.api.labelling import LATEST
from bot.web.api.requests import Api, Handler
from inference import ModelSpec

MODEL = "/models/{model:[a-z0-9][a-z0-9_.-]*}"
VERSION = "/versions/{version}"


def with_versions(route: Callable[..., web.RouteDef], root: str, suffix: str, handler: Handler) -> list[web.RouteDef]:
    """Return the routes to a handler for a model, and for a version of it.

    Args:
        route: `web.get` or `web.post`.
        root: path before the model, such as "/v2".
        suffix: path after the model or its version, such as "/infer".
        handler: handler of both.
    """
    return [route(f"{root}{MODEL}{version}{suffix}", handler) for version in ("", VERSION)]


def model_of(api: Api, request: web.Request, client: Client) -> ModelSpec:
    """Return the model that the path of a request names.

    Raises:
        Problem, InferenceError: see `Labelling.model`.
    """
    path = request.match_info
    return api.labelling.model(path["model"], client, version=path.get("version", LATEST))
