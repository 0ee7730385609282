from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.errors import ModelError, describe_os_error
from inference.teaching.taught_file import TaughtFile, clean_name, taught_path
from tests.support.examples import examples
from tests.support.small_disk import fill, small_disk

RED, BLUE = np.array([1, -1, -1], np.float32), np.array([-1, -1, 1], np.float32)


def taught() -> TaughtFile:
    return TaughtFile("colours", "0" * 12).teach("Rex", [RED, BLUE]).teach("Макс", [BLUE])


def test_what_was_taught_comes_back_and_only_its_owner_can_read_it(tmp_path: Path) -> None:
    path = taught_path(tmp_path, "colours")
    taught().write(path)
    assert TaughtFile.read(path) == taught()
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    np.testing.assert_allclose(taught().embeddings()["Rex"], [RED, BLUE], atol=0.01)


def test_a_photo_is_kept_once_and_a_class_can_be_forgotten() -> None:
    again = taught().teach("Rex", [BLUE, RED])
    assert again == taught()
    assert taught().forget("Rex").photos.keys() == {"Макс"}


@settings(max_examples=examples(100), deadline=None)
@given(cut=st.integers(0, 200), byte=st.integers(0, 255))
def test_a_damaged_file_is_named_and_never_half_read(
    tmp_path_factory: pytest.TempPathFactory, cut: int, byte: int
) -> None:
    path = tmp_path_factory.mktemp("taught") / "colours.json"
    taught().write(path)
    content = path.read_bytes()
    for damaged in (content[:cut], content[:cut] + bytes([byte]) + content[cut + 1 :]):
        path.write_bytes(damaged)
        reason = None
        try:
            found = TaughtFile.read(path)
        except ModelError as error:
            reason = str(error)
        if reason is not None:
            assert str(path) in reason
        else:
            assert all(row.shape == (3,) for rows in found.embeddings().values() for row in rows)


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"classes": {"Rex": []}},
        {"classes": {"Rex": ["AAAA"]}},
        {"classes": {"a\nb\x00": ["AAAAAAAAAAAAAAAA"]}},
        {"classes": []},
        {"reference": ["AAAAAAAAAAAAAAAAAAAAAAAAAAAA"]},
    ],
)
def test_a_file_that_fits_no_model_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "colours.json"
    taught().write(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(ModelError, match=r"colours\.json"):
        TaughtFile.read(path)


@pytest.mark.parametrize("text", ["null", "[]", "{}", '{"format": 1, "classes": 3}', "[" * 100_000])
def test_the_refusal_of_a_damaged_file_is_in_words(tmp_path: Path, text: str) -> None:
    path = tmp_path / "colours.json"
    path.write_text(text)
    with pytest.raises(ModelError, match="a damaged file: it has other fields"):
        TaughtFile.read(path)


def test_a_full_disk_is_told_with_the_file_which_stays_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "colours.json"
    with small_disk(tmp_path, 16_384):
        taught().write(path)
        fill(tmp_path / "fill")
        with pytest.raises(OSError, match="No space left") as raised:
            taught().teach("More", [RED]).write(path)
        assert describe_os_error(raised.value) == f"{path} cannot be read or written: No space left on device"
        assert TaughtFile.read(path) == taught()
        assert len(list(tmp_path.iterdir())) == 2


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "colours.json")
    taught().write(link)
    assert link.is_symlink()
    assert TaughtFile.read(tmp_path / "colours.json") == taught()


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=70))
def test_a_name_is_one_line_of_characters_or_is_refused(text: str) -> None:
    try:
        name = clean_name(text)
    except ModelError:
        return
    assert 1 <= len(name) <= 64
    assert len(name.splitlines()) == 1
    assert clean_name(name) == name
