"""The folder of what a chat taught."""

from __future__ import annotations

import io
import json
import os
import stat
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from inference.errors import ModelError
from inference.teaching import taught_folder
from inference.teaching.held_out import is_held_out
from inference.teaching.taught_folder import EMBEDDINGS, FACTS, TaughtExport, exported_photo

NAMES = ("Rex", "Luna 🐕", "Rex", "Rex", "Luna 🐕")


def export() -> TaughtExport:
    photos = tuple(exported_photo(1_000 + place, name, 5, 7, 6) for place, name in enumerate(NAMES))
    return TaughtExport(-100, "starter", "a86423a03b6b", photos, np.eye(5, 8, dtype=np.float32))


def test_what_is_written_is_read(tmp_path: Path) -> None:
    export().write(tmp_path / "new" / "out")
    read = TaughtExport.read(tmp_path / "new" / "out")
    assert (read.chat, read.model, read.version, read.photos) == (-100, "starter", "a86423a03b6b", export().photos)
    assert np.array_equal(read.embeddings, export().embeddings)
    files = sorted((tmp_path / "new" / "out").iterdir())
    assert [file.name for file in files] == [EMBEDDINGS, FACTS]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "new" / "out").stat().st_mode) == 0o700


def test_the_photos_of_a_class_judge_or_are_learnt_from() -> None:
    everything = export().classes()
    assert {name: len(rows) for name, rows in everything.items()} == {"Luna 🐕": 2, "Rex": 3}
    judged, learnt = export().classes(held_out=True), export().classes(held_out=False)
    for name, rows in everything.items():
        assert len(judged.get(name, ())) + len(learnt.get(name, ())) == len(rows)


def test_about_three_of_ten_photos_are_held_out_and_always_the_same() -> None:
    held_out = [number for number in range(10_000) if is_held_out(number)]
    assert len(held_out) == pytest.approx(3_000, abs=150)
    assert held_out[:5] == [number for number in range(held_out[4] + 1) if is_held_out(number)]


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    with pytest.raises(OSError, match="not empty"):
        export().write(tmp_path / "out")
    assert [file.name for file in tmp_path.iterdir()] == ["out"]
    (tmp_path / "out" / "mine").unlink()
    export().write(tmp_path / "out")
    assert TaughtExport.read(tmp_path / "out").chat == -100


def test_no_half_of_a_folder_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="No space left"):
        export().write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def change(fact: str, value: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        facts[fact] = value
        (folder / FACTS).write_text(json.dumps(facts))

    return edit


def exported_photo_facts(name: str) -> dict[str, object]:
    return asdict(exported_photo(1, name, 5, 7, 6))


def one_number() -> bytes:
    file = io.BytesIO()
    np.save(file, np.float32(1))
    return file.getvalue()


@pytest.mark.parametrize(
    "damage",
    [
        change("format", 2),
        change("photos", []),
        change("photos", [{"id": 1}]),
        change("photos", "all"),
        change("chat", None),
        change("chat", float("inf")),
        change("photos", [exported_photo_facts(name) for name in ("", "a\x1b[31m", "a" * 65, "\ud800", "b")]),
        lambda folder: (folder / FACTS).write_text("[" * 100_000),
        lambda folder: (folder / FACTS).write_text("null"),
        lambda folder: (folder / EMBEDDINGS).write_bytes(one_number()),
        lambda folder: (folder / FACTS).write_text("no JSON"),
        lambda folder: (folder / EMBEDDINGS).write_bytes(b"no archive"),
        lambda folder: np.savez(folder / EMBEDDINGS, embeddings=np.zeros((5, 8))),
        lambda folder: np.savez(folder / EMBEDDINGS, embeddings=np.full((5, 8), np.nan, np.float32)),
        lambda folder: np.savez(folder / EMBEDDINGS, embeddings=np.array([object()])),
        lambda folder: np.savez(folder / EMBEDDINGS, others=np.zeros((5, 8), np.float32)),
    ],
)
def test_what_is_no_export_is_refused(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    export().write(tmp_path / "out")
    damage(tmp_path / "out")
    with pytest.raises(ModelError, match="expected") as raised:
        TaughtExport.read(tmp_path / "out")
    assert not any(word in str(raised.value) for word in ("object", "indices", "codec", "pickle"))


def test_embeddings_that_unpack_to_too_much_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export().write(tmp_path / "out")
    monkeypatch.setattr(taught_folder, "MAX_EMBEDDINGS_BYTES", 100)
    with pytest.raises(ModelError, match="embeddings of at most 100 bytes"):
        TaughtExport.read(tmp_path / "out")
