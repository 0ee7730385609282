from __future__ import annotations

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from inference.compiler.tflite import compile_tflite
from inference.errors import ModelError
from inference.models.bundle import LITERT_FILE, Bundle, write_bundle
from inference.models.spec import ModelSpec
from inference.models.verify import verify_network
from tests.support.networks import COLOURS, colour_network
from tests.support.processes import children


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    network = compile_tflite(colour_network())
    spec = ModelSpec("colours", "0" * 12, 8, 6, (-1.0, 1.0), crop=1.0, classes=3, outputs=network.outputs)
    return write_bundle(tmp_path, spec, network=network.content, labels=COLOURS)


def crash_next(before: set[int]) -> int:
    """Crash the process that is started next, as a damaged network does where its memory is laid out for it."""
    while not (started := children() - before):
        time.sleep(0.001)
    os.kill(pid := started.pop(), signal.SIGSEGV)
    return pid


def test_a_network_that_runs_passes(bundle: Bundle) -> None:
    """Verifying raises no error."""
    verify_network(bundle)


def test_what_does_not_fit_is_told_as_the_engine_tells_it(bundle: Bundle) -> None:
    content = (bundle.directory / LITERT_FILE).read_bytes()
    taller = write_bundle(bundle.directory, replace(bundle.spec, height=9), network=content, labels=COLOURS)
    with pytest.raises(ModelError, match=r"expected an input of \(1, 9, 6, 3\).* Received: \(1, 8, 6, 3\)"):
        verify_network(taller)


def test_a_network_that_crashes_takes_only_its_own_process_down(bundle: Bundle) -> None:
    with ThreadPoolExecutor() as threads:
        crashed = threads.submit(crash_next, children())
        with pytest.raises(ModelError, match=f"exit code {-signal.SIGSEGV}"):
            verify_network(bundle)
        assert crashed.result(timeout=30) not in children()


def test_a_network_that_does_not_end_is_stopped(bundle: Bundle) -> None:
    with pytest.raises(ModelError, match=r"within 0\.01 s"):
        verify_network(bundle, limit_s=0.01)
