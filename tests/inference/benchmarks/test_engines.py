from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from inference.benchmarks import engines as engine_benchmark
from inference.benchmarks.engines import Speed, measure_engines
from inference.benchmarks.variants import ModelVariant
from inference.errors import ImageError, ModelError
from inference.models.bundle import read_labels, write_bundle
from inference.models.store import ModelStore
from tests.support.colour_models import plain
from tests.support.processes import children


@pytest.fixture(autouse=True)
def short_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_benchmark, "ROUND_S", 0.02)


@pytest.fixture
def colours(store: ModelStore) -> ModelVariant:
    return ModelVariant("installed", "installed file", store.find("colours"))


@pytest.fixture
def damaged(store: ModelStore, tmp_path: Path) -> ModelVariant:
    bundle = store.find("colours")
    copy = write_bundle(tmp_path, bundle.spec, network=bundle.network.read_bytes(), labels=read_labels(bundle))
    copy.network.write_bytes(b"something else")
    return ModelVariant("int8", "LiteRT int8", copy)


def test_speed_is_the_median_of_rates_and_the_percentiles_of_all_times() -> None:
    assert Speed.of([1, 50, 3], [*range(101)]) == Speed(3, 50, 95)


async def test_formats_that_run_are_measured_and_the_others_say_why_not(
    colours: ModelVariant, damaged: ModelVariant
) -> None:
    before, told = children(), list[str]()
    missing = ModelVariant("float16", "LiteRT float16", reason="there is no such thing")
    variants = (missing, damaged, colours)
    rows, decode_ms = await measure_engines(variants, plain("red"), rounds=2, on_progress=told.append)
    assert tuple(row.variant for row in rows) == variants
    assert (rows[0].cost, rows[0].reason) == (None, "there is no such thing")
    assert rows[1].cost is None
    assert str(rows[1].reason).startswith("expected the files of version ")
    cost = rows[2].cost
    assert cost is not None
    assert rows[2].reason is None
    assert cost.speed.images_per_s > 0
    assert 0 < cost.speed.p50_ms <= cost.speed.p95_ms
    assert 10 < cost.memory_mb < 150
    assert 0 < cost.load_s < 60
    assert colours.bundle is not None
    assert cost.file_mb == colours.bundle.network.stat().st_size / 1e6
    assert decode_ms > 0
    assert told[-1] == "Round 2 of 2: installed file"
    assert children() == before


@pytest.mark.slow
async def test_a_form_whose_process_dies_while_it_is_measured_is_left_out(
    store: ModelStore, colours: ModelVariant
) -> None:
    dying = ModelVariant("dynamic", "LiteRT dynamic", store.find("slow"))
    before = children()

    def on_progress(doing: str) -> None:
        if doing == "Round 1 of 2: LiteRT dynamic":
            # The process with the highest id was started last.
            os.kill(max(children() - before), signal.SIGKILL)

    rows, _ = await measure_engines((colours, dying), plain("red"), rounds=2, on_progress=on_progress)
    assert rows[0].cost is not None
    assert rows[1].cost is None
    assert str(rows[1].reason).endswith(" died")
    assert children() == before


async def test_without_a_format_that_runs_there_is_nothing_to_tell(damaged: ModelVariant) -> None:
    with pytest.raises(ModelError, match="expected an engine that runs the model"):
        await measure_engines([damaged], plain("red"), rounds=1, on_progress=len)


async def test_a_photo_that_is_none_ends_it(colours: ModelVariant) -> None:
    before = children()
    with pytest.raises(ImageError):
        await measure_engines([colours], b"no photo", rounds=1, on_progress=len)
    assert children() == before
