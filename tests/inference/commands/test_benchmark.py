"""`labelbot benchmark NAME`."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from inference.commands.benchmark import json_lines, text_lines
from inference.models.store import ModelStore
from tests.support.colour_models import install_colours, plain
from tests.support.comparisons import REFUSAL, comparison
from tests.support.processes import alive, children, until
from tests.support.program import Program

TABLES = """\
colours 0123456789ab on workshop: Abacus 3000, cores: 2

ENGINE              IMG/S  SPEED      P50      P95   MEMORY    LOAD     FILE  SAME LABEL  SCORES OFF BY
TensorFlow session   20.0  1.00x  50.0 ms  61.0 ms  1900 MB  4.32 s  95.6 MB           -              -
installed file       80.0  4.00x  12.5 ms  13.0 ms   110 MB  0.10 s  24.0 MB       97.9%        1.2e-03
LiteRT int8             -      -        -        -        -       -        -           -              -
LiteRT int8: REFUSAL
one process, one thread; the network alone: decoding the photo takes 1.5 ms more

WORKERS  IMG/S  SPEED      P50      P95  MEMORY
1         70.0  1.00x  14.0 ms  15.5 ms  110 MB
2        140.0  2.00x  14.0 ms  15.5 ms  220 MB
the installed file through the pool; a photo's whole way, from its bytes to labels

same label: the session's best, or one to which it gives at least half as much, on 48 photos
int8 is calibrated on 32 images, 30 of which are compared on, too: parts of photo.jpg (--photos FOLDER takes others)
"""


def test_people_read_tables_and_what_their_figures_are() -> None:
    assert "".join(f"{line}\n" for line in text_lines(comparison())) == TABLES.replace("REFUSAL", REFUSAL)


def test_programs_read_an_object_a_line() -> None:
    run, session, installed, refused, one, two = map(json.loads, json_lines(comparison()))
    assert run == {
        "row": "run", "model": "colours", "version": "0123456789ab", "host": "workshop", "processor": "Abacus 3000",
        "cores": 2, "photo": "photo.jpg", "decode_ms": 1.54, "calibration": "parts of photo.jpg",
        "calibration_images": 32, "calibration_images_compared": 30,
    }  # fmt: skip
    assert installed == {
        "row": "engine", "form": "installed", "name": "installed file", "images_per_s": 80.0, "p50_ms": 12.5,
        "p95_ms": 13.04, "memory_mb": 110.2, "load_s": 0.1, "file_mb": 24.0, "agreement": 0.979,
        "score_difference": 0.0012, "compared_images": 48, "reason": None,
    }  # fmt: skip
    assert set(session) == set(refused) == set(installed)
    assert (session["form"], session["agreement"]) == ("reference", None)
    assert (refused["form"], refused["images_per_s"], refused["reason"]) == ("int8", None, REFUSAL)
    assert one["workers"] == 1
    assert two == {
        "row": "workers", "workers": 2, "images_per_s": 140.0, "p50_ms": 14.0, "p95_ms": 15.5, "memory_mb": 220.0,
    }  # fmt: skip


def test_a_model_that_is_not_installed_is_one_sentence(program: Program) -> None:
    refused = program("benchmark", "no/nonsense")
    assert (refused.status, refused.out) == (1, "")
    assert (
        refused.err == "labelbot: no model named 'no/nonsense' is installed; installed: starter, efficientnet_lite0\n"
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--workers", "2"], "expected the NAME of a model beside it"),
        (["--chart", "chart.png"], "expected the NAME of a model beside it"),
        (["--photos", "."], "expected the NAME of a model beside it"),
        (["starter", "--workers", "0"], "expected at least 1"),
        (["starter", "--photos", "nowhere"], "nowhere"),
        (["starter", "--chart", "nowhere/chart.png"], "expected a file in a folder that can be written to"),
    ],
)
def test_options_that_make_no_sense_are_usage_errors(program: Program, arguments: list[str], reason: str) -> None:
    refused = program("benchmark", *arguments)
    assert (refused.status, refused.out) == (2, "")
    assert reason in refused.err


def test_a_folder_without_photos_is_one_sentence(program: Program, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    chart = tmp_path / "chart.png"
    refused = program("benchmark", "starter", "--photos", tmp_path / "empty", "--chart", chart)
    assert (refused.status, refused.out, refused.err.count("\n")) == (1, "", 1)
    assert "expected a folder with photos" in refused.err
    assert not chart.exists()


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home with the model `colours`, and a place of its own for temporary files."""
    (tmp_path / "scratch").mkdir()
    install_colours(ModelStore(tmp_path), tmp_path)
    return os.environ | {"LABELBOT_HOME": str(tmp_path), "TMPDIR": str(tmp_path / "scratch")}


@pytest.mark.slow
def test_a_model_is_compared_on_every_engine_without_tensorflow_here(
    environment: dict[str, str], tmp_path: Path
) -> None:
    photo = tmp_path / "red.png"
    photo.write_bytes(plain("red"))
    script = (
        "import sys\nfrom bot.cli import main\ntry: main()\n"
        "finally: print('loaded:', {'tensorflow', 'keras'} & set(sys.modules), file=sys.stderr)"
    )
    options = ("--rounds", "1", "--workers", "1", "--photo", str(photo), "--json")
    finished = subprocess.run(
        [sys.executable, "-c", script, "benchmark", "colours", *options],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=500, check=False,
    )  # fmt: skip
    assert (finished.returncode, finished.stderr) == (0, "chart: benchmark-colours.png\nloaded: set()\n")
    run, *rows = map(json.loads, finished.stdout.splitlines())
    assert (run["model"], run["photo"], run["calibration"]) == ("colours", "red.png", "parts of red.png")
    assert [row.get("form", row["row"]) for row in rows] == [
        "reference", "installed", "none", "dynamic", "int8", "float16", "workers",
    ]  # fmt: skip
    assert all(row["images_per_s"] > 0 for row in rows)
    session, installed, *_ = rows
    assert session["memory_mb"] > 3 * installed["memory_mb"]
    assert installed["agreement"] == 1
    with Image.open(tmp_path / "benchmark-colours.png") as chart:
        assert chart.format == "PNG"
    assert not list((tmp_path / "scratch").iterdir())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "at_work"),
    [
        (signal.SIGINT, "inference.benchmarks.recompile"),
        (signal.SIGTERM, "inference.benchmarks.recompile"),
        (signal.SIGINT, "inference.pool.worker"),
    ],
)
def test_a_benchmark_that_is_ended_leaves_no_process_and_no_file(
    environment: dict[str, str], tmp_path: Path, number: signal.Signals, at_work: str
) -> None:
    program = subprocess.Popen(
        [Path(sys.executable).with_name("labelbot"), "benchmark", "colours", "--rounds", "1000"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        asyncio.run(until(lambda: [pid for pid in children(program.pid) if at_work in command_line(pid)]))
        started = children(program.pid)
        program.send_signal(number)
        out, err = program.communicate(timeout=60)
    finally:
        program.kill()
        program.wait()
    assert program.returncode not in (0, None)
    assert out == ""
    assert "Traceback" not in err
    assert not [pid for pid in started if alive(pid)]
    assert not list((tmp_path / "scratch").iterdir())
    assert not (tmp_path / "benchmark-colours.png").exists()


def command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
