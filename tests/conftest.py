"""Fixtures of all tests."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings

from tests.support.built_in import build_once, give_built_in
from tests.support.examples import examples
from tests.support.logs import reset_logs
from tests.support.postgresql import Postgresql, find_postgresql, postgresql
from tests.support.program import Program

# Each process that runs tests starts workers and browsers of its own, half a gigabyte of them at times.
MAX_PROCESSES = 4

# Packages that tests import, which take most of the time of the collection.
SLOW_IMPORTS = ("keras", "kubernetes_validate", "sqlalchemy.dialects.postgresql.asyncpg")

# An example has no deadline: on a machine that is busy, any of them may take long.
settings.register_profile("labelbot", deadline=None, max_examples=examples(100))
settings.load_profile("labelbot")

reset_logs()

# The many processes that tests start would else compile the program anew, each for itself.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A core for each process that runs tests: BLAS would start threads for all of them in every process.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# What modules define stays: to look for garbage among it again and again takes a third of the collection of tests.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    """Have this process and all that it starts put temporary files into a folder that goes with it.

    Processes that are killed leave theirs behind, and TensorFlow the byte code of what it generates.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        _import_untraced()
        return
    # Of `tmp_path`, pytest keeps the last three.
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    folder = Path(tempfile.mkdtemp(prefix="labelbot-tests-"))
    # PostgreSQL runs as somebody else where the tests run as root.
    folder.chmod(0o711)
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def _import_untraced() -> None:
    """Import what is slow to import without the measurement of coverage, which makes it slower still."""
    if (measurement := Coverage.current()) is not None:
        measurement.stop()
        for name in SLOW_IMPORTS:
            importlib.import_module(name)
        measurement.start()


def pytest_collection_finish() -> None:
    """From here on, there is garbage, and none of it among what was imported and collected.

    To look for it there would take a second again and again: TensorFlow does so for each network that it converts.
    """
    gc.freeze()
    gc.enable()


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run all tests in a process a core and one more, as many wait; a few, and whatever measures, in this one."""
    whole = config.args_source == pytest.Config.ArgsSource.TESTPATHS and "not slow" in config.option.markexpr
    return min(len(os.sched_getaffinity(0)) + 1, MAX_PROCESSES) if whole else 0


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development data beside the checkout; tests that use it are marked `shared`."""
    folder = Path(__file__).parents[2] / "shared"
    if not folder.is_dir():
        pytest.skip(f"needs the development data at {folder}")
    return folder


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Postgresql]:
    """A server of the tests' own."""
    programs = find_postgresql()
    if programs is None:
        pytest.skip("needs the programs of a PostgreSQL server (apt install postgresql)")
    with postgresql(programs) as server:
        yield server


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the default model, built once for all processes that run tests; see `give_built_in`."""
    folder = tmp_path_factory.getbasetemp()
    return build_once((folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder) / "built")


@pytest.fixture
def home(tmp_path: Path, built: Path) -> Path:
    """A home that is new but for the default model, which was built there."""
    return give_built_in(tmp_path / "home", built)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Program:
    """The program with a home that is new; tests that use `home` as well find the default model built there."""
    return Program(tmp_path / "home", monkeypatch, capsys)
