"""Keys of the HTTP API: the file, and what the API does with it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.api.keys import Keys, KeysError, add_key, read_keys, remove_key
from tests.bot.web.api.test_native import PHOTO
from tests.support.label_api import LabelApi, running_api


async def label(api: LabelApi, authorization: str | None, model: str = "colours") -> tuple[int, dict[str, str]]:
    headers = {"Content-Type": "image/jpeg"} | ({} if authorization is None else {"Authorization": authorization})
    async with api.http.post(f"/v1/label?model={model}", data=PHOTO, headers=headers) as answer:
        await answer.read()
        return answer.status, dict(answer.headers)


async def test_only_keys_of_the_file_are_accepted_and_only_for_their_models(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    secret = add_key(file, "library")
    narrow = add_key(file, "narrow", models=["slow"])
    async with running_api(tmp_path, keys=file) as api:
        assert (await label(api, f"Bearer {secret}"))[0] == 200
        assert (await label(api, f"bearer  {secret} "))[0] == 200
        assert (await label(api, f"Bearer {narrow}", "slow"))[0] == 200
        assert (await label(api, f"Bearer {narrow}", "colours"))[0] == 403
        assert (await label(api, f"Bearer {narrow}", "none"))[0] == 403
        wrong = [None, "", "Bearer", "Bearer ", f"Basic {secret}", f"Bearer {secret}x", f"Bearer {secret[:-1]}", secret]
        for authorization in wrong:
            status, headers = await label(api, authorization)
            assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")


async def test_keys_that_are_added_and_removed_count_at_once(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    first = add_key(file, "first")
    async with running_api(tmp_path, keys=file) as api:
        second = add_key(file, "second")
        assert (await label(api, f"Bearer {second}"))[0] == 200
        remove_key(file, "first")
        assert (await label(api, f"Bearer {first}"))[0] == 401
        assert (await label(api, f"Bearer {second}"))[0] == 200


async def test_a_key_beyond_its_rate_is_told_when_to_come_again(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    secret = add_key(file, "slow", images_per_minute=1)
    other = add_key(file, "other")
    async with running_api(tmp_path, keys=file) as api:
        assert (await label(api, f"Bearer {secret}"))[0] == 200
        status, headers = await label(api, f"Bearer {secret}")
        assert status == 429
        assert 50 <= int(headers["Retry-After"]) <= 60
        assert (await label(api, f"Bearer {other}"))[0] == 200


async def test_a_file_that_is_damaged_meanwhile_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    secret = add_key(file, "library")
    async with running_api(tmp_path, keys=file) as api:
        file.write_text("[[keys")
        assert (await label(api, f"Bearer {secret}"))[0] == 503


def test_the_file_holds_no_secret_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "keys.toml"
    secret = add_key(file, "library", models=["a", 'b"c'], images_per_minute=600)
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    (entry,) = read_keys(file)
    assert (entry.name, entry.images_per_minute) == ("library", 600)
    assert sorted(entry.models or ()) == ["a", 'b"c']


def test_a_removed_key_leaves_comments_and_other_keys(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    for name in ("a", "b", "c"):
        add_key(file, name)
    file.write_text("# the keys of the house\n" + file.read_text())
    remove_key(file, "b")
    assert [entry.name for entry in read_keys(file)] == ["a", "c"]
    assert file.read_text().startswith("# the keys of the house\n")
    with pytest.raises(KeysError, match="no key named 'b'"):
        remove_key(file, "b")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keys", "no file of keys"),
        ("keys = 3", r"tables \[\[keys\]\]"),
        ('[[keys]]\nname = "a"', "expected sha256"),
        ('[[keys]]\nname = "a b"\nsha256 = "' + "0" * 64 + '"', "key 1: expected a name of at most 64"),
        ('[[keys]]\nname = "a"\nsha256 = "abc"', "64 of 0-9 and a-f"),
        ('[[keys]]\nname = "a"\nsha256 = "' + "0" * 64 + '"\nimages_per_minute = 0', "a number above 0"),
        ('[[keys]]\nname = "a"\nsha256 = "' + "0" * 64 + '"\ncolour = 1', r"tables \[\[keys\]\]"),
        (('[[keys]]\nname = "a"\nsha256 = "' + "0" * 64 + '"\n') * 2, "a twice"),
    ],
)
def test_a_file_that_is_not_as_expected_is_refused_in_words(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text)
    with pytest.raises(KeysError, match=words):
        read_keys(file)
    assert file.read_text() == text


@pytest.mark.parametrize("name", ["", "a b", "é", 'a"\n[[keys]]', "a" * 65, ".a"])
def test_a_name_that_is_none_changes_nothing(tmp_path: Path, name: str) -> None:
    file = tmp_path / "keys.toml"
    with pytest.raises(KeysError, match="expected a name of at most 64"):
        add_key(file, name)
    assert not file.exists()


def test_a_name_is_taken_once(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    add_key(file, "a")
    before = file.read_text()
    with pytest.raises(KeysError, match="that no key has"):
        add_key(file, "a")
    assert file.read_text() == before


def test_a_folder_that_cannot_be_made_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    add_key(file, "a")
    before = file.read_text()
    with pytest.raises(OSError):  # noqa: PT011 - which one depends on the system
        add_key(file / "keys.toml", "b")
    assert file.read_text() == before


@given(secret=st.text())
def test_no_other_text_is_a_key(secret: str) -> None:
    keys = Keys(_one_key())
    keys.load()
    assert keys.client(secret) is None


def _one_key() -> Path:
    file = Path(os.environ["PYTEST_DEBUG_TEMPROOT"]) / f"keys-{os.getpid()}.toml"
    if not file.exists():
        add_key(file, "a")
    return file


def test_a_key_keeps_its_used_up_rate_when_another_is_added(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    secret = add_key(file, "a", images_per_minute=60)
    keys = Keys(file)
    keys.load()
    first = keys.client(secret)
    assert first is not None
    add_key(file, "b")
    keys.load()
    assert keys.client(secret) is first
