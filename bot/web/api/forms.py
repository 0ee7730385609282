"""Forms with a file (multipart/form-data, RFC 7578).

A form is split in one step. aiohttp's reader takes it line by line, and two megabytes of empty lines or of tiny fields
keep it, and with it the event loop, busy for many seconds. Headers are not parsed by Python's `email`, whose time grows
with the square of the semicolons in an open quote: twenty headers of 8 kB keep it busy for over a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from aiohttp import web

from bot.web.api.bodies import read_body
from bot.web.api.problems import Problem, bad_request, too_many_bytes

# Limit on a text field of a form.
MAX_FIELD_BYTES = 1024
MAX_FIELDS = 20
# Limit on the header of a part. Browsers send some hundred bytes.
MAX_HEADER_BYTES = 8192
FILE = "image"
# A parameter of a header: its name, and its value in quotes or without (RFC 9110, section 5.6.6). No step goes back.
PARAMETER = re.compile(r';\s*+([^\s;="]++)\s*+=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s;"]*+))')
ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Part:
    """A field of a form.

    Attributes:
        name: its name; "" without one.
        is_file: whether it is a file.
        content: its bytes.
    """

    name: str
    is_file: bool
    content: bytes


async def read_form(request: web.Request) -> tuple[bytes, dict[str, str]]:
    """Read a form: one file, and text fields.

    Returns:
        The file and the fields.

    Raises:
        Problem: the form is broken, has no file or several, or see `read_body`.
    """
    boundary = _parameters(request.headers.get("Content-Type", "")).get("boundary", "")
    image: bytes | None = None
    fields: dict[str, str] = {}
    for part in _parts(await read_body(request), boundary):
        if not part.is_file:
            if len(part.content) > MAX_FIELD_BYTES:
                raise too_many_bytes(f"expected at most {MAX_FIELD_BYTES:,} bytes in a text field. Received: more")
            fields[part.name] = part.content.decode(errors="replace")
        elif image is not None:
            raise bad_request("expected one file in the form. Received: several")
        else:
            image = part.content
    if image is None:
        raise bad_request(f"expected a form with a file named {FILE}. Received: a form without a file")
    return image, fields


def _parts(body: bytes, boundary: str) -> Iterator[Part]:
    """Split a form into its parts.

    Raises:
        Problem: the form is broken, or has too many parts.
    """
    if not boundary:
        raise _broken()
    # Before the first boundary, and after the last, there may be text for people.
    _, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode(errors="surrogateescape"), MAX_FIELDS + 3)
    end = next((number for number, part in enumerate(parts) if part.startswith(b"--")), None)
    if len(parts) > MAX_FIELDS + 2 and (end is None or end > MAX_FIELDS + 1):
        raise bad_request(f"expected at most {MAX_FIELDS} fields. Received: more")
    if end is None:
        raise _broken()
    yield from map(_part, parts[:end])


def _part(text: bytes) -> Part:
    line_end, _, rest = text.partition(b"\r\n")
    # Spaces may follow the boundary; a part without a header begins with the empty line.
    header, separator, content = (b"\r\n" + rest).partition(b"\r\n\r\n")
    if line_end.strip() or not separator or len(header) > MAX_HEADER_BYTES:
        raise _broken()
    lines = (line.partition(":") for line in header.decode(errors="replace").split("\r\n"))
    disposition = next((value for name, _, value in lines if name.strip().lower() == "content-disposition"), "")
    parameters = _parameters(disposition)
    name = parameters.get("name", "")
    # A name in other letters than English ones may be written as filename*=.
    return Part(name, name == FILE or "filename" in parameters or "filename*" in parameters, content)


def _parameters(header: str) -> dict[str, str]:
    """Return the parameters of a header by their names in lower case."""
    return {name.lower(): ESCAPED.sub(r"\1", quoted) or plain for name, quoted, plain in PARAMETER.findall(header)}


def _broken() -> Problem:
    return Problem(400, "broken-form", "The form is broken", "expected a complete form. Received: a broken one")
