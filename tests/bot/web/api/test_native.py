"""POST /v1/label and GET /v1/models."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from tests.support.file_server import FileServer, serving
from tests.support.images import RED, encode
from tests.support.label_api import LabelApi, running_api

pytestmark = pytest.mark.asyncio(loop_scope="module")

PHOTO = encode(Image.new("RGB", (40, 30), RED), "JPEG")


async def post(api: LabelApi, body: Any, kind: str | None = "image/jpeg", query: str = "") -> tuple[int, Any]:
    headers = {} if kind is None else {"Content-Type": kind}
    async with api.http.post(f"/v1/label{query}", data=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.read())


async def test_an_image_is_labelled(api: LabelApi) -> None:
    status, content = await post(api, PHOTO)
    assert status == 200
    assert content["model"] == "colours"
    assert content["version"] == api.store.find("colours").spec.version
    assert content["headline"]["name"] == content["predictions"][0]["label"] == "red"
    assert content["headline"]["level"] == "class"
    assert [set(each) for each in content["predictions"]] == [{"label", "name", "class_id", "score", "index"}] * 3
    assert content["timings"]["total_ms"] > 0


async def test_a_form_and_bytes_of_no_type_are_labelled_likewise(api: LabelApi) -> None:
    form = aiohttp.FormData()
    form.add_field("image", PHOTO, filename="a.jpg")
    form.add_field("top", "1")
    status, content = await post(api, form, kind=None)
    assert (status, len(content["predictions"])) == (200, 1)
    status, content = await post(api, PHOTO, kind="application/octet-stream", query="?top=2&model=slow")
    assert (status, content["model"], len(content["predictions"])) == (200, "slow", 2)


async def test_an_image_is_fetched_from_an_address(api: LabelApi) -> None:
    with serving(FileServer({"/a.jpg": PHOTO})) as server:
        status, content = await post(api, json.dumps({"url": server.url("/a.jpg")}), kind="application/json")
        assert (status, content["predictions"][0]["label"]) == (200, "red")
        status, content = await post(api, json.dumps({"url": server.url("/none.jpg")}), kind="application/json")
    assert (status, content["type"]) == (422, "urn:labelbot:problem:download-failed")


async def test_addresses_of_this_machine_are_refused(tmp_path: Path) -> None:
    async with running_api(tmp_path) as api:
        status, content = await post(api, '{"url": "http://127.0.0.1:1/a.jpg"}', kind="application/json")
    assert (status, content["type"]) == (422, "urn:labelbot:problem:download-failed")
    assert "not on the public web" in content["detail"]


@pytest.mark.parametrize(
    ("body", "kind", "query", "status", "problem"),
    [
        (b"", "image/jpeg", "", 422, "not-an-image"),
        (b"no image", "image/jpeg", "", 422, "not-an-image"),
        (PHOTO[:200], "image/jpeg", "", 422, "unreadable-image"),
        (PHOTO, "image/jpeg", "?top=0", 422, "unexpected-request"),
        (PHOTO, "image/jpeg", "?top=many", 422, "unexpected-request"),
        (PHOTO, "image/jpeg", "?colour=red", 422, "unexpected-request"),
        (PHOTO, "image/jpeg", "?language=%C3%A9", 422, "unexpected-request"),
        (PHOTO, "image/jpeg", "?model=none", 404, "no-such-model"),
        (PHOTO, "text/plain", "", 415, "unsupported-type"),
        (b"no image", None, "", 422, "not-an-image"),
        (b"{", "application/json", "", 400, "no-json"),
        (b"[" * 9000, "application/json", "", 400, "no-json"),
        (b"[]", "application/json", "", 422, "unexpected-request"),
        (b"{}", "application/json", "", 422, "unexpected-request"),
        (b'{"url": 3}', "application/json", "", 422, "unexpected-request"),
        (b'{"url": "http://x", "top": true}', "application/json", "", 422, "unexpected-request"),
        (b'{"url": "http://x", "\\ud800": 1}', "application/json", "", 400, "no-json"),
        (b'{"url": "http://x", "\xed\xa0\x80": 1}', "application/json", "", 400, "no-json"),
        (b'{"url": [%s]}' % (b"{}," * 10_000), "application/json", "", 422, "unexpected-request"),
        (b'{"url": "ftp://x/y"}', "application/json", "", 422, "download-failed"),
        (b"no form", "multipart/form-data; boundary=b", "", 400, "broken-form"),
        (b"no form", "multipart/form-data", "", 400, "broken-form"),
        (b"--b\r\n\r\nx\r\n--b--\r\n", "multipart/form-data; boundary=b", "", 422, "unexpected-request"),
    ],
)
async def test_what_is_not_as_expected_is_a_problem_in_words(
    api: LabelApi, body: bytes, kind: str | None, query: str, status: int, problem: str
) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    # Without a type of its own, aiohttp would send application/octet-stream.
    async with api.http.post(
        f"/v1/label{query}", data=body, headers=headers, skip_auto_headers=["Content-Type"]
    ) as answer:
        content = json.loads(await answer.read())
        assert answer.content_type == "application/problem+json"
    assert (answer.status, content["type"]) == (status, f"urn:labelbot:problem:{problem}")
    assert content["status"] == status
    assert content["title"]
    assert "Traceback" not in content["detail"]


async def test_a_refusal_repeats_little_of_the_request_and_in_its_own_notation(api: LabelApi) -> None:
    cases: list[tuple[dict[str, object], str]] = [
        ({"model": "m" * 100_000}, "no model named 'mmm"),
        ({"top": None}, "Received: null"),
        ({"top": [True, "a" * 1000]}, 'Received: [true, "aaa'),
    ]
    for options, words in cases:
        body = json.dumps({"url": "http://x", **options})
        _, content = await post(api, body, kind="application/json")
        assert words in content["detail"]
        assert len(content["detail"]) <= 1000


async def test_a_host_that_is_no_text_is_named_in_the_refusal(api: LabelApi) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(b"GET /v1/models HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    assert b" 403 " in answer.split(b"\r\n")[0]
    assert answer.endswith(b'a request to ?"}')


@pytest.mark.parametrize(
    ("header", "value", "words"),
    [
        ("Origin", "https://evil.example", "of a page at https://evil.example"),
        ("Origin", "null", "of a page at null"),
        ("X-Forwarded-For", "203.0.113.7", "of a proxy"),
        ("Forwarded", "for=203.0.113.7", "of a proxy"),
    ],
)
async def test_other_sites_and_proxies_are_refused_without_keys(
    api: LabelApi, header: str, value: str, words: str
) -> None:
    headers = {"Content-Type": "image/jpeg", header: value}
    async with api.http.post("/v1/label", data=PHOTO, headers=headers) as answer:
        content = json.loads(await answer.read())
    assert (answer.status, content["type"]) == (403, "urn:labelbot:problem:not-from-here")
    assert words in content["detail"]


async def test_the_page_of_this_server_is_not_another_site(api: LabelApi) -> None:
    headers = {"Content-Type": "image/jpeg", "Origin": api.url}
    async with api.http.post("/v1/label", data=PHOTO, headers=headers) as answer:
        assert answer.status == 200


async def test_a_body_that_is_not_compressed_as_it_says_is_a_problem(api: LabelApi) -> None:
    headers = {"Content-Type": "image/jpeg", "Content-Encoding": "gzip"}
    async with api.http.post("/v1/label", data=b"not gzip", headers=headers) as answer:
        content = json.loads(await answer.read())
    assert (answer.status, content["type"]) == (400, "urn:labelbot:problem:cut-off")


async def test_a_body_that_is_announced_too_large_is_refused_before_it_is_sent(api: LabelApi) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(api.url.rpartition(":")[2]))
    writer.write(
        b"POST /v1/label HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/jpeg\r\nContent-Length: 1000000000\r\n\r\n"
    )
    answer = await reader.readuntil(b"\r\n")
    writer.close()
    assert b" 413 " in answer


async def test_a_compressed_body_that_grows_too_large_is_refused(api: LabelApi) -> None:
    import gzip

    bomb = gzip.compress(bytes(64 * 1024 * 1024))
    headers = {"Content-Type": "image/jpeg", "Content-Encoding": "gzip"}
    async with api.http.post("/v1/label", data=bomb, headers=headers) as answer:
        assert answer.status == 413


async def test_models_are_listed_with_the_default_first(api: LabelApi) -> None:
    async with api.http.get("/v1/models") as answer:
        models = json.loads(await answer.read())["models"]
    assert models[0]["name"] == "colours"
    assert [each["default"] for each in models] == [True, *[False] * (len(models) - 1)]
    assert {"colours", "slow", "starter"} <= {each["name"] for each in models}


async def test_a_page_of_another_site_cannot_ask_by_a_name_of_its_own(api: LabelApi) -> None:
    async with api.http.get("/v1/models", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403


async def test_requests_beyond_the_pool_are_answered_or_refused(tmp_path: Path) -> None:
    async with running_api(tmp_path, capacity=2) as api:
        answers = await asyncio.gather(*(post(api, PHOTO, query="?model=slow") for _ in range(12)))
    assert {status for status, _ in answers} == {200, 429}
    assert all(content["type"].endswith(":busy") for status, content in answers if status == 429)
