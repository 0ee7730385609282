from __future__ import annotations

import fcntl
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference.images.augmented_views import STANDARD_VIEW, View
from inference.models.bundle import Bundle
from inference.models.store import ModelStore
from inference.training.retraining.embedding_cache import HEADER, KEY_BYTES, MAGIC, EmbeddingCache, embedding_key
from tests.support.processes import HANG_S

CHANNELS = 5


@pytest.fixture
def base(store: ModelStore) -> Bundle:
    return store.find("colours")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "embeddings"


def key(number: int) -> bytes:
    return embedding_key(b"photo %d" % number, STANDARD_VIEW)


def embedding(number: int) -> npt.NDArray[np.float32]:
    return np.arange(CHANNELS, dtype=np.float32) + number


def fill(folder: Path, base: Bundle, numbers: range) -> EmbeddingCache:
    cache = EmbeddingCache(folder, base)
    for number in numbers:
        cache.add(key(number), embedding(number))
    cache.flush()
    return cache


def known(cache: EmbeddingCache, numbers: range) -> list[int]:
    """Which of these the cache has, all of them as they were added."""
    found = [number for number in numbers if key(number) in cache]
    if found:
        np.testing.assert_array_equal(cache.load([key(n) for n in found]), [embedding(n) for n in found])
    return found


def test_what_was_added_is_there_at_once_and_for_the_next(folder: Path, base: Bundle) -> None:
    cache = EmbeddingCache(folder, base)
    cache.add(key(1), embedding(1))
    assert key(1) in cache
    assert key(2) not in cache
    cache.add(key(2), embedding(2))
    np.testing.assert_array_equal(cache.load([key(2), key(1), key(2)]), [embedding(n) for n in (2, 1, 2)])
    assert known(EmbeddingCache(folder, base), range(5)) == [1, 2]


def test_embeddings_come_together_in_one_file(folder: Path, base: Bundle) -> None:
    fill(folder, base, range(300))
    fill(folder, base, range(300, 500))
    assert known(EmbeddingCache(folder, base), range(600)) == list(range(500))
    assert len(list(folder.iterdir())) == 1


def test_another_photo_way_or_model_is_another_embedding(folder: Path, base: Bundle, store: ModelStore) -> None:
    ways = [
        STANDARD_VIEW,
        View(flip=True),
        View(scale=0.9),
        View(x=0.1),
        View(y=0.1),
        View(brightness=1.1),
    ]
    keys = {embedding_key(content, way) for content in (b"one", b"other") for way in ways}
    assert len(keys) == 2 * len(ways)
    assert {len(key) for key in keys} == {KEY_BYTES}
    fill(folder, base, range(3))
    assert known(EmbeddingCache(folder, store.find("slow")), range(3)) == []


@pytest.mark.parametrize("cut", [1, 4, 20, KEY_BYTES + 4 * CHANNELS + 3])
def test_what_a_killed_process_left_of_a_record_is_cut_off(folder: Path, base: Bundle, cut: int) -> None:
    fill(folder, base, range(10))
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:-cut])
    assert known(EmbeddingCache(folder, base), range(10)) == list(range(9))
    fill(folder, base, range(9, 12))
    assert known(EmbeddingCache(folder, base), range(12)) == list(range(12))


@pytest.mark.parametrize("left", range(HEADER.size + 1))
def test_a_file_that_was_hardly_begun_is_begun_anew(folder: Path, base: Bundle, left: int) -> None:
    fill(folder, base, range(2))
    (file,) = folder.iterdir()
    file.write_bytes(file.read_bytes()[:left])
    assert known(EmbeddingCache(folder, base), range(2)) == []
    fill(folder, base, range(3))
    assert known(EmbeddingCache(folder, base), range(3)) == [0, 1, 2]


def test_a_damaged_record_is_as_good_as_none(folder: Path, base: Bundle) -> None:
    fill(folder, base, range(5))
    (file,) = folder.iterdir()
    record = (len(file.read_bytes()) - HEADER.size) // 5
    for place in (KEY_BYTES // 2, KEY_BYTES + 2, record - 1):
        content = bytearray(file.read_bytes())
        content[HEADER.size + 2 * record + place] ^= 1
        (folder / "copy").mkdir(exist_ok=True)
        (folder / "copy" / file.name).write_bytes(content)
        assert known(EmbeddingCache(folder / "copy", base), range(5)) == [0, 1, 3, 4]


@pytest.mark.parametrize("content", [bytes(10_000), b"text" * 1000, HEADER.pack(MAGIC, 2) + b"\1" * 500])
def test_a_file_that_is_none_of_ours_is_replaced(folder: Path, base: Bundle, content: bytes) -> None:
    folder.mkdir()
    (folder / f"{base.spec.version}.embeddings").write_bytes(content)
    assert known(EmbeddingCache(folder, base), range(3)) == []
    fill(folder, base, range(3))
    assert known(EmbeddingCache(folder, base), range(3)) == [0, 1, 2]


def test_one_adds_after_the_other(folder: Path, base: Bundle) -> None:
    fill(folder, base, range(2))
    (file,) = folder.iterdir()
    with ThreadPoolExecutor() as threads, file.open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        adding = threads.submit(fill, folder, base, range(2, 4))
        before = file.read_bytes()
        # Long enough for a process that does not wait for the lock.
        wait([adding], timeout=0.3)
        assert file.read_bytes() == before
        fcntl.flock(other, fcntl.LOCK_UN)
        adding.result(HANG_S)
    assert known(EmbeddingCache(folder, base), range(4)) == [0, 1, 2, 3]


def test_what_another_process_added_meanwhile_is_kept(folder: Path, base: Bundle) -> None:
    first = EmbeddingCache(folder, base)
    fill(folder, base, range(3))
    first.add(key(7), embedding(7))
    np.testing.assert_array_equal(first.load([key(7)]), [embedding(7)])
    assert known(EmbeddingCache(folder, base), range(8)) == [0, 1, 2, 7]


def test_an_embedding_that_is_not_there_is_no_other(folder: Path, base: Bundle) -> None:
    cache = fill(folder, base, range(3))
    with pytest.raises(KeyError):
        cache.load([key(5)])


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, base: Bundle) -> None:
    (tmp_path / "file").write_text("no folder")
    cache = EmbeddingCache(tmp_path / "file", base)
    cache.add(key(1), embedding(1))
    with pytest.raises(OSError, match="file"):
        cache.flush()
