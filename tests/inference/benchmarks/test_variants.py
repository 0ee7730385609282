from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from PIL import Image

from inference.benchmarks.variants import LITERT_FORMATS, VIEWS, make_variants, prepare_photos
from inference.catalog.install import install_file
from inference.compiler.model import CompileOptions
from inference.compiler.tflite import compile_tflite
from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.models.engine import load_engine
from inference.models.spec import ModelSpec
from inference.models.store import ModelStore
from tests.support.colour_models import plain
from tests.support.full_disk import small_files_only
from tests.support.graphs import colour_graph
from tests.support.images import encode
from tests.support.networks import COLOURS, colour_network, edited
from tests.support.processes import children, until

SPEC = ModelSpec(name="colours", version="0" * 12, height=8, width=6, input_range=(-1, 1), crop=1.0, classes=3)
# Each process imports TensorFlow.
slow = pytest.mark.slow


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """Of all colours, no two parts of it alike."""
    path = tmp_path / "photo.png"
    pixels = np.random.default_rng(0).integers(0, 256, (16, 12, 3), dtype=np.uint8)
    path.write_bytes(encode(Image.fromarray(pixels).resize((120, 160)), "PNG"))
    return path


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for colour in COLOURS:
        (folder / f"{colour}.png").write_bytes(plain(colour))
    return folder


def test_one_photo_makes_many_parts_no_two_alike(photo: Path, scratch: Path) -> None:
    calibration = prepare_photos(photo, None, SPEC, scratch)
    files = list(calibration.folder.iterdir())
    assert calibration.folder.parent == scratch
    assert (calibration.used, calibration.compared, calibration.source) == (32, 32, "parts of photo.png")
    assert len({file.read_bytes() for file in files}) == len(VIEWS)
    with Image.open(files[0]) as part:
        assert part.size == (6, 8)


def test_a_folder_of_photos_is_taken_as_it_is(photo: Path, photos: Path, scratch: Path) -> None:
    (photos / "notes.txt").write_text("no photo")
    calibration = prepare_photos(photo, photos, SPEC, scratch)
    assert (calibration.folder, calibration.used, calibration.source) == (photos, 3, str(photos))
    assert not list(scratch.iterdir())


@pytest.mark.parametrize(("count", "used", "compared"), [(3, 3, 3), (120, 100, 30), (200, 100, 0)])
def test_what_int8_saw_is_told_from_what_it_is_judged_by(
    photo: Path, scratch: Path, tmp_path: Path, count: int, used: int, compared: int
) -> None:
    photos = tmp_path / "many"
    photos.mkdir()
    for number in range(count):
        (photos / f"{number}.png").write_bytes(plain("red"))
    calibration = prepare_photos(photo, photos, SPEC, scratch)
    assert (calibration.used, calibration.compared) == (used, compared)


def test_a_folder_without_photos_is_refused(photo: Path, scratch: Path) -> None:
    with pytest.raises(ModelError, match="expected a folder with photos"):
        prepare_photos(photo, scratch, SPEC, scratch)


@slow
async def test_every_format_is_compared_with_the_session(store: ModelStore, photos: Path, scratch: Path) -> None:
    told, bundle = list[str](), store.find("colours")
    session, installed, *variants = await make_variants(bundle, photos, scratch, on_progress=told.append)
    assert (session.format, session.name, session.verification) == ("reference", "TensorFlow session", None)
    assert (installed.format, installed.bundle) == ("installed", bundle)
    assert [variant.format for variant in variants] == list(LITERT_FORMATS)
    for variant in (session, installed, *variants):
        assert variant.reason is None
        assert variant.bundle is not None
        green = np.broadcast_to(np.array([0, 255, 0], np.uint8), (1, 8, 8, 3))
        assert load_engine(variant.bundle).run(green).probabilities.argmax() == 1
    for variant in (installed, *variants):
        assert variant.verification is not None
        assert variant.verification.images == 3
        assert variant.verification.agreement > 0.9
        assert variant.verification.max_difference < 0.05
    specs = [variant.bundle.spec for variant in variants if variant.bundle is not None]
    assert [(spec.engine, spec.quantization) for spec in specs] == [("litert", name) for name in LITERT_FORMATS]
    assert told[0] == "Writing the model as a TensorFlow graph"


@slow
async def test_forms_that_litert_lacks_operators_for_say_so(tmp_path: Path, photos: Path, scratch: Path) -> None:
    graph = tmp_path / "model.pb"
    graph.write_bytes(colour_graph(before="Erfc").SerializeToString())
    (tmp_path / "labels.txt").write_text("\n".join(COLOURS))
    options = CompileOptions(input_range=(1.0, 3.0))
    bundle = install_file(ModelStore(tmp_path), graph, labels=tmp_path / "labels.txt", name="digamma", options=options)
    session, installed, *variants = await make_variants(bundle, photos, scratch, on_progress=len)
    assert session.bundle is not None
    assert installed.verification is not None
    assert installed.verification.agreement == 1
    for variant in variants:
        assert variant.bundle is None
        assert str(variant.reason).startswith("expected a network that LiteRT runs")


@slow
async def test_a_model_that_tensorflow_does_not_know_is_measured_as_it_is(
    tmp_path: Path, photos: Path, scratch: Path
) -> None:
    bundle = with_unknown_operator(ModelStore(tmp_path))
    session, installed, *variants = await make_variants(bundle, photos, scratch, on_progress=len)
    assert session.bundle is None
    assert str(session.reason).endswith("Received: COS")
    assert (installed.bundle, installed.verification, installed.reason) == (bundle, None, None)
    assert {variant.reason for variant in variants} == {"there is no TensorFlow graph to compile"}


@slow
async def test_a_process_that_dies_costs_one_format(store: ModelStore, photos: Path, scratch: Path) -> None:
    before = children()

    def on_progress(doing: str) -> None:
        if doing == "Compiling LiteRT dynamic":
            asyncio.get_running_loop().create_task(kill_one(before))

    *_, float32, dynamic, int8, _ = await make_variants(store.find("colours"), photos, scratch, on_progress=on_progress)
    assert dynamic.bundle is None
    assert str(dynamic.reason).startswith("the process that made it ended with exit code -9")
    assert float32.bundle is not None
    assert int8.bundle is not None
    assert children() == before


@slow
async def test_a_full_disk_ends_it(store: ModelStore, photos: Path, scratch: Path) -> None:
    with small_files_only(1000), pytest.raises(OSError, match="too large"):
        await make_variants(store.find("colours"), photos, scratch, on_progress=len)


async def test_cancelling_ends_the_process_at_work(store: ModelStore, photos: Path, scratch: Path) -> None:
    before = children()
    making = asyncio.create_task(make_variants(store.find("colours"), photos, scratch, on_progress=len))
    await until(lambda: children() - before)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    assert children() == before
    # The process was killed before it wrote anything.
    assert not list((scratch / "reference").iterdir())


async def kill_one(before: set[int]) -> None:
    await until(lambda: children() - before)
    os.kill(min(children() - before), signal.SIGKILL)


def with_unknown_operator(store: ModelStore) -> Bundle:
    """A model that LiteRT runs, with an operator that is not known in TensorFlow's terms."""

    def cosine(model: Any) -> None:
        code = next(code for code in model.operatorCodes if code.builtinCode == schema.BuiltinOperator.SOFTMAX)
        code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.COS

    return store.add(SPEC, network=edited(compile_tflite(colour_network()).content, cosine), labels=COLOURS)
