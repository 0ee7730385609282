"""Thousands of damaged images of all formats, in a process with a worker's limits.

`LABELBOT_TEST_SIZE=full pytest -m slow -s tests/inference/images/test_mutated_images.py` decodes 20,000 of them.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from inference.pool.launch import ENVIRONMENT
from tests.support.mutated_images import KINDS, ROUND

IMAGES = 20_000 if os.environ.get("LABELBOT_TEST_SIZE") == "full" else 1_000
HANG_S = 5.0
MAX_LEFT_BYTES = 5_000_000
# Room for a few lines of libraries; for some files they print a line per row.
MAX_LOG_BYTES = 1_000


class Decoding:
    """A child process that decodes images one after another, from a given one on."""

    def __init__(self, first: int, log: Path) -> None:
        command = [sys.executable, "-m", "tests.support.mutated_images", str(first), str(IMAGES - first)]
        environment = (
            os.environ | ENVIRONMENT | {"PYTHONPATH": os.pathsep.join(filter(None, [str(Path.cwd()), *sys.path]))}
        )
        with log.open("ab") as errors:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=environment, text=True)
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def line(self, timeout_s: float) -> str | None:
        """Wait for what it says next; None where it ended. Raises queue.Empty where it says nothing for so long."""
        return self._lines.get(timeout=timeout_s)

    def end(self) -> int:
        self._process.kill()
        return self._process.wait()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._process.stdout.close()
        self._lines.put(None)


@pytest.mark.slow
def test_mutated_images_neither_kill_nor_hang_nor_stay_in_memory(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    outcomes: Counter[str] = Counter()
    deaths, hangs = [], []
    memory: list[int] = []
    decoding, number = Decoding(0, log), -1
    while number + 1 < IMAGES:
        try:
            # A process first decodes the undamaged images.
            begun = decoding.line(60.0)
            number = int(begun) if begun is not None else number
            done = decoding.line(HANG_S) if begun is not None else None
        except queue.Empty:
            hangs.append(number)
            decoding.end()
            decoding = Decoding(number + 1, log)
            continue
        if done is None:
            deaths.append((number, decoding.end()))
            assert begun is not None, log.read_text()
            decoding = Decoding(number + 1, log)
            continue
        outcome, used = done.split()
        outcomes[outcome] += 1
        memory.append(int(used))
    decoding.end()
    # The first images of each kind load decoders and fill caches.
    rounds = [memory[number] for number in range(ROUND, len(memory), ROUND)]
    left_bytes = rounds[-1] - rounds[0]
    report = (
        f"{IMAGES} images of {len(KINDS)} kinds: {dict(outcomes)}, deaths {deaths}, hangs {hangs}, "
        f"{left_bytes / 1e6:.1f} MB left, {log.stat().st_size} bytes of log"
    )
    sys.stdout.write(f"{report}\n")
    assert (deaths, hangs) == ([], [])
    assert left_bytes <= MAX_LEFT_BYTES
    assert log.stat().st_size <= MAX_LOG_BYTES, log.read_text()[:2000]
    assert outcomes["labelled"]
    assert outcomes["TruncatedImage"]
    assert not outcomes["UnexpectedImageError"]
