"""Forms: what counts as a file, and forms that would cost much."""

from __future__ import annotations

import json

import pytest
from PIL import Image

from tests.support.images import RED, encode
from tests.support.label_api import LabelApi

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHOTO = encode(Image.new("RGB", (40, 30), RED), "JPEG")
FILE = (b'form-data; name="image"; filename="a.jpg"', PHOTO)
TOP = (b'form-data; name="top"', b"1")


def form(*parts: tuple[bytes, bytes]) -> bytes:
    written = (b"--b\r\nContent-Disposition: %s\r\n\r\n%s\r\n" % part for part in parts)
    return b"".join(written) + b"--b--\r\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (form(FILE, TOP), 200),
        (form((b'FORM-DATA; Name=photo; filename="a;\\"b\\".jpg"', PHOTO)), 200),
        (form((b"form-data; name=x; filename*=UTF-8''%D8%B5.jpg", PHOTO)), 200),
        (form((b'form-data; name="image"', PHOTO)), 200),
        (b"for people\r\n" + form(FILE) + b"also for people", 200),
        (form((b'form-data; name="a; filename=x"', b"1"), FILE), 422),
        (form((b'form-data; name="t\\o\\p"', b"1"), FILE), 200),
        (form((b"form-data;name = top ; x", b"1"), FILE), 200),
        (form(*[(b'form-data; x="' + b";" * 8_000, b"1")] * 19, TOP, FILE), 422),
        (form(FILE).replace(b"--b\r\n", b"--b \t\r\n"), 200),
        (form(FILE, FILE), 422),
        (form(TOP), 422),
        (form(FILE, *[TOP] * 20), 200),
        (form(FILE, *[TOP] * 21), 422),
        (form(FILE, *[TOP] * 2_000), 422),
        (form(FILE, ('form-data; name="صورة"'.encode(), b"1")), 422),
        (form(FILE, (b'form-data; name="\xff"', b"1")), 422),
        (form(FILE, (b'form-data; name="top"', b"1" * 2000)), 413),
        (form(FILE)[:-6], 400),
        (form(FILE)[:100], 400),
        (b"\r\n" * 200_000, 400),
        (form((b"x" * 10_000, PHOTO)), 400),
    ],
)
async def test_a_form_has_one_file_and_a_few_fields(api: LabelApi, body: bytes, status: int) -> None:
    headers = {"Content-Type": 'multipart/form-data; boundary="b"'}
    async with api.http.post("/v1/label", data=body, headers=headers) as answer:
        content = json.loads(await answer.read())
    assert answer.status == status, content
    assert status == 200 or content["type"].startswith("urn:labelbot:problem:")
