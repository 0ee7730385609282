"""The description of the native API in OpenAPI 3.1."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from bot.web.api.native import LabelOut, Link, ModelsOut, Options, ProblemOut
from bot.web.api.problems import CONTENT_TYPE

SCHEMAS = "#/components/schemas/"
IMAGE = {"type": "string", "format": "binary", "description": "An image file."}
PROBLEMS = {
    400: "The body is broken, or was cut off.",
    401: "A key is needed.",
    403: "This key may not use this model.",
    404: "There is no such model.",
    408: "The request came too slowly.",
    413: "The image or the request is too large.",
    415: "The type of the body is not supported.",
    422: "The image or an option is not as expected.",
    429: "Too many requests; try again after the seconds in Retry-After.",
    500: "The model does not work.",
    503: "The image was not labelled this time; try again after the seconds in Retry-After.",
}


def openapi(*, keys: bool) -> dict[str, Any]:
    """Return the description.

    Args:
        keys: whether the server asks for keys.
    """
    _, schemas = models_json_schema(
        [(each, "validation") for each in (Link, LabelOut, ModelsOut, ProblemOut)], ref_template=SCHEMAS + "{model}"
    )
    described: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Labelbot",
            "version": version("labelbot"),
            "description": "Labels of images, with their probabilities.",
        },
        "paths": {"/v1/label": {"post": _label()}, "/v1/models": {"get": _models()}},
        "components": {"schemas": schemas["$defs"]},
    }
    if keys:
        described["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        described["security"] = [{"key": []}]
    return described


def _label() -> dict[str, Any]:
    options = Options.model_json_schema()["properties"]
    form = {"type": "object", "required": ["image"], "properties": {"image": IMAGE, **options}}
    return {
        "operationId": "label",
        "summary": "Label an image",
        "parameters": [
            {
                "name": name,
                "in": "query",
                "required": False,
                # A parameter is either given or absent; there is no null in a query.
                "schema": {"type": "string"} if name == "model" else _without(schema, "title", "description"),
                "description": schema["description"],
            }
            for name, schema in options.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "image/*": {"schema": IMAGE},
                "application/octet-stream": {"schema": IMAGE},
                "multipart/form-data": {"schema": form},
                "application/json": {"schema": {"$ref": SCHEMAS + "Link"}},
            },
        },
        "responses": {"200": _response("The labels.", "LabelOut"), **_problems(*PROBLEMS)},
    }


def _models() -> dict[str, Any]:
    return {
        "operationId": "models",
        "summary": "List the models",
        "responses": {"200": _response("The models.", "ModelsOut"), **_problems(401, 403, 500)},
    }


def _response(description: str, schema: str, content_type: str = "application/json") -> dict[str, Any]:
    return {"description": description, "content": {content_type: {"schema": {"$ref": SCHEMAS + schema}}}}


def _problems(*statuses: int) -> dict[str, Any]:
    return {str(status): _response(PROBLEMS[status], "ProblemOut", CONTENT_TYPE) for status in statuses}


def _without(schema: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in schema.items() if name not in names}
