"""Bodies of requests, read within limits of size and time."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from aiohttp import ClientError, web
from aiohttp.http_exceptions import HttpProcessingError

from bot.web.api.problems import Problem, bad_request, too_many_bytes

# Limit on a body: an image of 20 MB in base64 takes a third more, and some kilobytes go round it.
MAX_BODY_BYTES = 28 * 1024 * 1024
# Limit on the values of a JSON object: many times what 32 images and their options take.
MAX_VALUES = 10_000
# Limit on the digits of a whole number. To read one takes the square of its length, and the event loop waits meanwhile.
MAX_DIGITS = 20
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
        Problem: the body is too large, too slow, is not compressed as it says, or ends too early.
    """
    try:
        async with asyncio.timeout(READ_TIMEOUT_S):
            return await _read(request)
    except TimeoutError:
        detail = f"expected the whole request within {READ_TIMEOUT_S:g} s. Received: a part of it"
        raise Problem(408, "too-slow", "The request came too slowly", detail) from None
    except (ClientError, HttpProcessingError, web.RequestPayloadError, web.PayloadAccessError, ConnectionError):
        detail = "expected a whole request. Received: a part of it, or a broken one"
        raise Problem(400, "cut-off", "The request was cut off", detail) from None


async def read_json(request: web.Request) -> dict[str, Any]:
    """Read a body that is a JSON object.

    Raises:
        Problem: the body is not a JSON object, or see `read_body`.
    """
    return json_object(await read_body(request))


def json_object(body: bytes) -> dict[str, Any]:
    """Decode a JSON object.

    Raises:
        Problem: the bytes are not a JSON object, or hold too many values or too long a number.
    """
    # Millions of small values would take a gigabyte of memory, and the event loop for seconds.
    if len(body) > MAX_VALUES and sum(map(body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise bad_request(f"expected a JSON object of at most {MAX_VALUES:,} values. Received: more")
    try:
        content = json.loads(body.decode("utf-8-sig"), parse_int=_whole_number)
        if b"\\u" in body:
            # A half of a character that JSON escapes in two halves, such as "\\ud83d" alone, is no text.
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Problem(400, "no-json", "The body is no JSON", "expected a JSON object. Received: no JSON") from None
    if not isinstance(content, dict):
        raise bad_request(f"expected a JSON object. Received: {_named(content)}")
    return content


def _whole_number(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise bad_request(f"expected whole numbers of at most {MAX_DIGITS} digits. Received: {len(digits):,} digits")
    return int(digits)


def from_base64(text: object, what: str) -> bytes:
    """Decode an image in base64, or in a data URL.

    Args:
        text: the encoded image.
        what: its place, for the message.

    Raises:
        Problem: the text is not base64.
    """
    if not isinstance(text, str):
        raise bad_request(f"expected {what} in base64. Received: {_named(text)}")
    if text.startswith("data:"):
        header, comma, text = text.partition(",")
        if not comma or not header.endswith(";base64"):
            raise bad_request(f"expected {what} in base64. Received: a data URL without base64")
    try:
        return base64.b64decode(text.encode("ascii").translate(_TO_STANDARD, b"\r\n"), validate=True)
    except ValueError:  # of the characters or of base64
        raise bad_request(f"expected {what} in base64. Received: other text") from None


# The alphabet for URLs and file names is accepted, too (RFC 4648, section 5), and line breaks are ignored.
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


async def _read(request: web.Request) -> bytes:
    pieces, size = [], 0
    async for piece in request.content.iter_any():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise _too_large()
        pieces.append(piece)
    return b"".join(pieces)


def _too_large() -> Problem:
    return too_many_bytes(f"expected at most {MAX_BODY_BYTES:,} bytes. Received: more")


def _named(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
