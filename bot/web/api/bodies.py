"""Bodies of requests, read within limits of size and time."""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Coroutine
from typing import Any, TypeVar

from aiohttp import BodyPartReader, ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.web.api.problems import Problem, bad_request, too_many_bytes

T = TypeVar("T")

# Limit on a body: an image of 20 MB in base64 takes a third more, and some kilobytes go round it.
MAX_BODY_BYTES = 28 * 1024 * 1024
# Limit on a text field of a form.
MAX_FIELD_BYTES = 1024
MAX_FIELDS = 20
# Seconds within which a body must arrive: a photo of 20 MB needs 6 Mbit/s.
READ_TIMEOUT_S = 30.0


def announced_bytes(request: web.Request) -> int:
    """Return the size of a request's body, or the largest size that is read if the request does not say it.

    Raises:
        Problem: the body is too large.
    """
    announced = request.content_length
    # The body of a compressed request is larger than announced.
    if announced is None or "Content-Encoding" in request.headers:
        return MAX_BODY_BYTES
    if announced > MAX_BODY_BYTES:
        raise _too_large()
    return announced


async def read_body(request: web.Request) -> bytes:
    """Read the whole body.

    Raises:
        Problem: the body is too large, too slow, or ends too early.
    """
    return await _in_time(_read(request))


async def read_json(request: web.Request) -> dict[str, Any]:
    """Read a body that is a JSON object.

    Raises:
        Problem: the body is none, or see `read_body`.
    """
    return json_object(await read_body(request))


def json_object(body: bytes) -> dict[str, Any]:
    """Decode a JSON object.

    Raises:
        Problem: the bytes are none.
    """
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        raise Problem(400, "no-json", "The body is no JSON", "expected a JSON object. Received: no JSON") from None
    if not isinstance(content, dict):
        raise bad_request(f"expected a JSON object. Received: {_named(content)}")
    return content


async def read_form(request: web.Request) -> tuple[bytes, dict[str, str]]:
    """Read a form (multipart/form-data): one file, and text fields.

    Returns:
        The file and the fields.

    Raises:
        Problem: the form is broken, has no file or several, or see `read_body`.
    """
    try:
        image, fields = await _in_time(_read_form(request))
    except (ValueError, AssertionError, LookupError, RuntimeError, EOFError):  # of aiohttp's parser
        detail = "expected a complete form. Received: a broken one"
        raise Problem(400, "broken-form", "The form is broken", detail) from None
    if image is None:
        raise bad_request("expected a form with a file named image. Received: a form without a file")
    return image, fields


def from_base64(text: object, what: str) -> bytes:
    """Decode an image in base64, or in a data URL.

    Args:
        text: the encoded image.
        what: its place, for the message.

    Raises:
        Problem: the text is none.
    """
    if not isinstance(text, str):
        raise bad_request(f"expected {what} in base64. Received: {_named(text)}")
    if text.startswith("data:"):
        header, comma, text = text.partition(",")
        if not comma or not header.endswith(";base64"):
            raise bad_request(f"expected {what} in base64. Received: a data URL without base64")
    try:
        return base64.b64decode(text.translate(_TO_STANDARD), validate=True)
    except (binascii.Error, ValueError):
        raise bad_request(f"expected {what} in base64. Received: other text") from None


# The alphabet for URLs and file names is accepted, too (RFC 4648, section 5), and line breaks are ignored.
_TO_STANDARD = str.maketrans({"-": "+", "_": "/", "\n": None, "\r": None})


async def _in_time(reading: Coroutine[Any, Any, T]) -> T:
    """Wait for a body, and name what is wrong with its transfer."""
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await reading
    except TimeoutError:
        detail = f"expected the whole request within {READ_TIMEOUT_S:g} s. Received: a part of it"
        raise Problem(408, "too-slow", "The request came too slowly", detail) from None
    except (ClientError, HttpProcessingError, web.PayloadAccessError, ConnectionError):
        detail = "expected a whole request. Received: a part of it, or a broken one"
        raise Problem(400, "cut-off", "The request was cut off", detail) from None


async def _read(request: web.Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


async def _read_form(request: web.Request) -> tuple[bytes | None, dict[str, str]]:
    image: bytes | None = None
    fields: dict[str, str] = {}
    size = 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise bad_request("expected a form with one file. Received: a form in a form")
        is_file = part.filename is not None or part.name == "image"
        content = await _read_part(part, MAX_BODY_BYTES - size if is_file else MAX_FIELD_BYTES)
        size += len(content)
        if not is_file:
            fields[part.name or ""] = content.decode(errors="replace")
            if len(fields) > MAX_FIELDS:
                raise bad_request(f"expected at most {MAX_FIELDS} fields. Received: more")
        elif image is not None:
            raise bad_request("expected one file in the form. Received: several")
        else:
            image = content
    return image, fields


async def _read_part(part: BodyPartReader, limit: int) -> bytes:
    pieces, size = [], 0
    while piece := await part.read_chunk():
        size += len(piece)
        if size > limit:
            raise _too_large()
        pieces.append(bytes(piece))
    return part.decode(b"".join(pieces))


def _too_large() -> Problem:
    return too_many_bytes(f"expected at most {MAX_BODY_BYTES:,} bytes. Received: more")


def _named(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
