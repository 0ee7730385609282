"""The native API: POST /v1/label and GET /v1/models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.web.api.bodies import json_object, read_body
from bot.web.api.forms import read_form
from bot.web.api.keys import Client
from bot.web.api.labelling import MAX_TOP
from bot.web.api.problems import CONTENT_TYPE, Problem, bad_request, shown, unsupported_type
from bot.web.api.requests import Api
from bot.web.api.tensors import BINARY
from inference import Classification, ModelSpec

DEFAULT_TOP = 5
EXPECTED = {
    "model": "the name of a model",
    "top": f"a whole number from 1 to {MAX_TOP}",
    "language": "the code of a language, such as de",
    "url": "the address of an image, which begins with http:// or https://",
}


def _not_bool(value: object) -> object:
    """Refuse true, which would count as 1."""
    if isinstance(value, bool):
        raise ValueError(value)
    return value


class Options(BaseModel):
    """The options of a request."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str | None = Field(default=None, description="Name of a model; by default the server's.")
    top: Annotated[int, BeforeValidator(_not_bool)] = Field(
        default=DEFAULT_TOP, ge=1, le=MAX_TOP, description="Number of labels."
    )
    language: str = Field(
        default="en",
        pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]+)*$",
        description="Language of the names. What has no name in it is named in English.",
    )


class Link(Options):
    """A request for the labels of the image at a public address."""

    url: str = Field(min_length=1, max_length=4096, description="Public address of an image.")


class HeadlineOut(BaseModel):
    """What to say first."""

    name: str
    level: Literal["class", "kind", "unsure"]
    probability: float = Field(ge=0, le=1)


class PredictionOut(BaseModel):
    """One label."""

    label: str = Field(description="Label as the model has it.")
    name: str = Field(description="Short name in the language of the request.")
    class_id: str = Field(description="Stable id of the class, such as a synset of ImageNet.")
    score: float = Field(ge=0, le=1)
    index: int = Field(ge=0, description="Position in the model's output.")


class FramesOut(BaseModel):
    """The frames of an animation that were looked at."""

    total: int
    agreeing: int


class TimingsOut(BaseModel):
    """Times in milliseconds."""

    queue_ms: float
    decode_ms: float
    inference_ms: float
    total_ms: float
    batch_size: int


class LabelOut(BaseModel):
    """The labels of an image."""

    model: str
    version: str = Field(description="Version of the model's files; another version may answer differently.")
    headline: HeadlineOut
    predictions: list[PredictionOut] = Field(description="Labels with their scores, best first.")
    frames: FramesOut | None = None
    familiarity: float | None = Field(
        default=None, description="Probability that the image shows one of the model's classes, if the model can tell."
    )
    timings: TimingsOut


class ModelOut(BaseModel):
    """A model."""

    name: str
    version: str
    default: bool
    classes: int
    input: tuple[int, int] = Field(description="Height and width of the input, in pixels.")
    threshold: float = Field(description="Score below which the best label is not sure.")
    accuracy: float | None = Field(description="Measured share of right answers; null if it was not measured.")
    licence: str
    source: str


class ModelsOut(BaseModel):
    """The models that this key may use, the default first."""

    models: list[ModelOut]


class ProblemOut(BaseModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


def routes(api: Api) -> list[web.RouteDef]:
    """Return the routes of the native API."""

    @api.answering("native", render_problem)
    async def label(request: web.Request, client: Client) -> web.StreamResponse:
        image, url, options = await _read(request)
        spec = api.labelling.model(options.model, client)
        with api.admission.downloads(client.name, 0 if url is None else 1):
            if url is not None:
                image = await api.labelling.download(url)
            assert image is not None, "a request has an image or an address"
            answer = await api.labelling.label(image, spec, top=options.top, client=client)
        return json_response(label_out(answer, options.language))

    @api.answering("native", render_problem, reads_body=False)
    async def models(_request: web.Request, client: Client) -> web.StreamResponse:
        specs = api.labelling.models(client)
        default = api.labelling.default_name()
        return json_response(ModelsOut(models=[_model_out(spec, default) for spec in specs]))

    return [web.post("/v1/label", label), web.get("/v1/models", models)]


def json_response(content: BaseModel) -> web.Response:
    return web.Response(body=content.model_dump_json().encode(), content_type="application/json")


def render_problem(_request: web.Request, problem: Problem) -> web.Response:
    """Write a problem as RFC 9457 says."""
    content = ProblemOut(**problem.body()).model_dump_json().encode()
    return web.Response(status=problem.status, body=content, content_type=CONTENT_TYPE, headers=problem.headers)


def label_out(answer: Classification, language: str) -> LabelOut:
    headline, timings = answer.headline, answer.timings
    return LabelOut(
        model=answer.model,
        version=answer.version,
        headline=HeadlineOut(
            name=answer.headline_name(language).name, level=headline.level, probability=headline.probability
        ),
        predictions=[
            PredictionOut(
                label=each.label,
                name=each.name_in(language),
                class_id=each.class_id,
                score=each.score,
                index=each.index,
            )
            for each in answer.predictions
        ],
        frames=answer.frames and FramesOut(total=answer.frames.total, agreeing=answer.frames.agreeing),
        familiarity=answer.familiarity,
        timings=TimingsOut(
            queue_ms=round(timings.queue_ms, 2),
            decode_ms=round(timings.decode_ms, 2),
            inference_ms=round(timings.inference_ms, 2),
            total_ms=round(timings.total_ms, 2),
            batch_size=timings.batch_size,
        ),
    )


async def _read(request: web.Request) -> tuple[bytes | None, str | None, Options]:
    """Return the image or its address, and the options of a request.

    Raises:
        Problem: the request is not as documented.
    """
    # Not aiohttp's `content_type`: it takes long for a hostile header, see `forms`.
    kind = request.headers.get("Content-Type", BINARY).partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        image, fields = await read_form(request)
        return image, None, _options(Options, dict(request.query) | fields)
    if kind == "application/json":
        link = _options(Link, dict(request.query) | json_object(await read_body(request)))
        assert isinstance(link, Link), "that is what was asked for"
        return None, link.url, link
    if kind.startswith("image/") or kind == BINARY:
        return await read_body(request), None, _options(Options, dict(request.query))
    raise unsupported_type(
        "expected a body of type image/..., application/octet-stream, multipart/form-data or application/json. "
        f"Received: {shown(kind)}"
    )


def _options(kind: type[Options], given: Mapping[str, Any]) -> Options:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = str(first["loc"][0])
        if name not in kind.model_fields:
            raise bad_request(f"expected only {', '.join(kind.model_fields)}. Received: {name}") from None
        received = "none" if first["type"] == "missing" else shown(first["input"])
        raise bad_request(f"{name}: expected {EXPECTED[name]}. Received: {received}") from None


def _model_out(spec: ModelSpec, default: str | None) -> ModelOut:
    return ModelOut(
        name=spec.name,
        version=spec.version,
        default=spec.name == default,
        classes=spec.classes,
        input=(spec.height, spec.width),
        threshold=spec.threshold,
        accuracy=spec.accuracy,
        licence=spec.licence,
        source=spec.source,
    )
