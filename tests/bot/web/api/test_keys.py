"""Keys of the HTTP API: the file, and what the API does with it."""

from __future__ import annotations

import base64
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web.api.keys import Keys, KeysError, read_keys
from bot.web.api.keys_file import add_key, remove_key
from tests.bot.web.api.test_native import PHOTO
from tests.support.label_api import LabelApi, running_api
from tests.support.small_disk import fill, small_disk


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


async def test_a_request_of_many_images_uses_up_the_rate_for_long_and_is_answered(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    key = add_key(file, "slow", images_per_minute=1)
    body = {"instances": [{"b64": base64.b64encode(PHOTO).decode()}] * 3}
    async with running_api(tmp_path, keys=file) as api:
        for status, wait_s in ((200, 0), (429, 170)):
            headers = {"Authorization": f"Bearer {key}"}
            async with api.http.post("/v1/models/colours:predict", json=body, headers=headers) as answer:
                assert answer.status == status
                assert int(answer.headers.get("Retry-After", 0)) >= wait_s


async def test_a_file_that_is_damaged_meanwhile_lets_nobody_in(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    secret = add_key(file, "library")
    async with running_api(tmp_path, keys=file) as api:
        file.write_text("[[keys")
        assert (await label(api, f"Bearer {secret}"))[0] == 503


async def test_a_refusal_names_no_model_of_others(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    key = add_key(file, "narrow", models=["slow", "gone"])
    async with running_api(tmp_path, keys=file) as api:
        for query, status, words in [
            ("", 403, "expected a model of this key: gone, slow. Received: none"),
            ("?model=colours2", 403, "expected a model of this key: gone, slow. Received: colours2"),
            ("?model=gone", 404, "installed: slow"),
        ]:
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "image/jpeg"}
            async with api.http.post(f"/v1/label{query}", data=b"x", headers=headers) as answer:
                detail = json.loads(await answer.read())["detail"]
            assert (answer.status, words in detail) == (status, True), detail
            assert "colours" not in detail.replace("colours2", "")


def test_the_file_holds_no_secret_and_is_private(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "keys.toml"
    secret = add_key(file, "library", models=["a", "b-c"], images_per_minute=600)
    assert secret not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    (entry,) = read_keys(file)
    assert (entry.name, entry.images_per_minute) == ("library", 600)
    assert sorted(entry.models or ()) == ["a", "b-c"]


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


@pytest.mark.parametrize("text", ['keys = [{name = "a", sha256 = "%s"}]', '[["keys"]]\nname = "a"\nsha256 = "%s"\n'])
def test_a_key_in_another_form_is_not_called_removed_while_it_stays(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys.toml"
    file.write_text(text % ("0" * 64))
    before = file.read_text()
    with pytest.raises(KeysError, match="only an editor can change"):
        remove_key(file, "a")
    assert file.read_text() == before


def test_a_key_is_not_added_to_a_file_of_another_form(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    file.write_text("keys = []\n")
    with pytest.raises(KeysError, match="only an editor can change"):
        add_key(file, "a")
    assert file.read_text() == "keys = []\n"


@pytest.mark.parametrize("model", ["", "a\nb", 'a"b', "\x7f"])
def test_a_key_for_a_model_that_cannot_exist_is_refused(tmp_path: Path, model: str) -> None:
    with pytest.raises(KeysError, match="expected a name"):
        add_key(tmp_path / "keys.toml", "a", models=[model])


def test_keys_that_are_added_at_once_are_all_kept(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    names = [f"key-{number}" for number in range(32)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda name: add_key(file, name), names))
    assert sorted(entry.name for entry in read_keys(file)) == sorted(names)
    assert [each.name for each in tmp_path.iterdir()] == ["keys.toml"]


def test_a_change_keeps_a_symbolic_link_and_the_mode_of_the_file(tmp_path: Path) -> None:
    file, link = tmp_path / "keys.toml", tmp_path / "link.toml"
    add_key(file, "a")
    file.chmod(0o640)
    link.symlink_to(file)
    add_key(link, "b", images_per_minute=123456789)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert [(entry.name, entry.images_per_minute) for entry in read_keys(file)] == [("a", None), ("b", 123456789)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to other users")
def test_a_change_by_root_keeps_the_owner_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    add_key(file, "a")
    os.chown(file, 12345, 12345)
    remove_key(file, "a")
    assert (file.stat().st_uid, file.stat().st_gid) == (12345, 12345)


def test_a_full_disk_is_told_with_the_file_which_stays_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    with small_disk(tmp_path, 16_384):
        add_key(file, "a")
        fill(tmp_path / "fill")
        with pytest.raises(OSError, match="No space left") as raised:
            add_key(file, "b")
        assert raised.value.filename == str(file)
        assert [entry.name for entry in read_keys(file)] == ["a"]
        assert len(list(tmp_path.iterdir())) == 2


def test_a_key_that_is_no_text_is_none(tmp_path: Path) -> None:
    file = tmp_path / "keys.toml"
    add_key(file, "a")
    keys = Keys(file)
    keys.load()
    assert keys.client("\udcff") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("keys", "no file of keys"),
        ("keys = {a = true}", 'Received: keys = {"a": true}'),
        ("keys = 3", r"tables \[\[keys\]\]"),
        ('[[keys]]\nname = "a"', "expected sha256"),
        ('[[keys]]\nname = "a b"\nsha256 = "' + "0" * 64 + '"', "key 1: expected a name of at most 64"),
        ('[[keys]]\nname = "a"\nsha256 = "abc"', "64 of 0-9 and a-f"),
        ('[[keys]]\nname = "a"\nsha256 = "' + "0" * 64 + '"\nimages_per_minute = 0', "a number of at least 0.001"),
        ('[[keys]]\nname = "a"\nsha256 = "' + "0" * 64 + '"\nimages_per_minute = 1e-320', "at least 0.001"),
        ('[[keys]]\nname = "a"\nsha256 = "' + "0" * 64 + '"\nimages_per_minute = inf', "at least 0.001"),
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
