"""Output of workers: it is limited and safe for terminals, and includes the stack of a crash."""

from __future__ import annotations

import io
import logging
import os
import signal
import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference.models.store import ModelStore
from inference.pool.output import CRASH_BYTES, IMAGE_CHARS, STDERR_BYTES, OutputLog, Printed, WorkerOutput, printable
from inference.pool.pool import InferencePool
from inference.pool.process import WorkerDied, WorkerProcess
from inference.pool.protocol import WorkerOptions
from tests.support.colour_models import plain
from tests.support.processes import HANG_S, until

GIBIBYTE = 2**30


@pytest.fixture
def output() -> Iterator[WorkerOutput]:
    output = WorkerOutput()
    yield output
    output.close()


def run(output: WorkerOutput, program: str) -> int:
    """Run a program that prints to `output`; return its exit status."""
    command = [sys.executable, "-c", program, str(output.crash_fd)]
    return subprocess.run(
        command, stdout=output.stderr_fd, stderr=output.stderr_fd, pass_fds=[output.crash_fd], timeout=HANG_S
    ).returncode


def test_what_was_printed_is_taken_once(output: WorkerOutput) -> None:
    assert output.read(100) is None
    os.write(output.stderr_fd, b"one line\nanother\n")
    assert output.read(100) == Printed("one line\n    another", 0)
    assert output.read(100) is None
    os.write(output.stderr_fd, b"third\n")
    assert output.read(100) == Printed("third", 0)


def test_the_beginning_is_taken_and_the_rest_counted(output: WorkerOutput) -> None:
    os.write(output.stderr_fd, b"x" * 1000)
    assert output.read(100) == Printed("x" * 100, 900)


def test_a_program_that_prints_gigabytes_is_neither_stopped_nor_remembered(output: WorkerOutput) -> None:
    # Like libtiff: line by line, without checking the result.
    program = """
import os
for _ in range(100_000):
    try:
        os.write(2, b"Fax3DecodeRLE: Bad code word\\n")
    except OSError:
        pass
"""
    assert run(output, program) == 0
    printed = output.read(IMAGE_CHARS)
    assert printed is not None
    assert printed.text.startswith("Fax3DecodeRLE: Bad code word\n")
    assert len(printed.text) <= IMAGE_CHARS
    assert STDERR_BYTES - 1000 < printed.dropped_bytes < STDERR_BYTES
    os.write(output.stderr_fd, b"next image\n")
    assert output.read(IMAGE_CHARS) == Printed("next image", 0)


def test_garbage_and_escapes_are_written_out(output: WorkerOutput) -> None:
    os.write(output.stderr_fd, b"\x1b[31mred\x1b]0;title\x07 \x00\x9b\xff \xe2\x80\xae \r\ttab\n2026 [info] forged")
    printed = output.read(IMAGE_CHARS)
    assert printed is not None
    text = printed.text
    assert text.isascii()
    assert all(char.isprintable() or char == "\n" for char in text)
    assert text.startswith(r"\x1b[31mred\x1b]0;title\x07 \x00\x9b\xff")
    assert text.endswith("tab\n    2026 [info] forged"), "no line of it begins as those of the log do"


def test_garbage_takes_no_more_of_the_log_than_text(output: WorkerOutput) -> None:
    os.write(output.stderr_fd, bytes(range(256)) * 100)
    printed = output.read(IMAGE_CHARS)
    assert printed is not None
    assert IMAGE_CHARS / 2 < len(printed.text) <= IMAGE_CHARS
    assert len(printable(bytes(range(256)))) > 256


def test_a_crash_tells_where_it_was_however_much_was_printed_before(output: WorkerOutput) -> None:
    program = """
import ctypes, faulthandler, os, sys
faulthandler.enable(int(sys.argv[1]))
try:
    while True:
        os.write(2, b"last but one\\n" * 100)
except OSError:
    pass
def in_the_midst_of_it():
    ctypes.string_at(0)
in_the_midst_of_it()
"""
    assert run(output, program) == -signal.SIGSEGV
    words = output.final_output()
    assert "last but one" in words
    assert "Segmentation fault" in words
    assert "in in_the_midst_of_it" in words
    assert len(words) < 1000
    assert os.fstat(output.crash_fd).st_size == CRASH_BYTES


def test_texts_beyond_the_rate_are_left_out_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    now_s = 0.0
    log = OutputLog(chars_per_min=600, clock=lambda: now_s)
    for number in range(100):
        log.write(7, Printed(f"{number:100}", 1000))
    assert caplog.text.count("worker 7 printed") == 6
    now_s += 10.0
    log.write(7, Printed("x" * 100, 0))
    log.write(7, Printed("y" * 100, 0))
    assert caplog.text.count("worker 7 printed") == 7
    assert f"workers printed {94 * 1100} bytes more" in caplog.text


def damaged_fax(rows: int) -> bytes:
    """A TIFF whose rows are all damaged, each of which libtiff tells on standard error."""
    data = b"\xff\x00" * rows
    entries = [(256, 3, 64), (257, 4, rows), (258, 3, 1), (259, 3, 2), (262, 3, 0), (277, 3, 1), (278, 4, rows)]
    entries = sorted([*entries, (273, 4, 8), (279, 4, len(data))])
    file = io.BytesIO()
    file.write(struct.pack("<2sHI", b"II", 42, 8 + len(data)) + data)
    file.write(struct.pack("<H", len(entries)))
    for tag, kind, value in entries:
        file.write(struct.pack("<HHII", tag, kind, 1, value))
    file.write(bytes(4))
    return file.getvalue()


async def test_an_image_of_which_its_decoder_would_tell_a_line_a_row_costs_no_log(
    store: ModelStore, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.INFO)
    async with InferencePool(store, workers=1) as pool:
        pids = pool.worker_pids()
        for _ in range(3):
            # The decoder may accept or reject this image, but the worker goes on.
            await pool.classify(damaged_fax(2000), model="colours", top_k=1, client=1)
        answer = await pool.classify(plain("red"), model="colours", top_k=1, client=1)
        assert answer.predictions[0].label == "red"
        assert pool.worker_pids() == pids
    assert not [record for record in caplog.records if "printed" in record.getMessage()]
    assert "Fax3" not in capfd.readouterr().err, "nothing goes past the log"


async def test_the_last_words_of_a_worker_are_kept(store: ModelStore, caplog: pytest.LogCaptureFixture) -> None:
    async with InferencePool(store, workers=1) as pool:
        (pid,) = pool.worker_pids()
        os.kill(pid, signal.SIGSEGV)
        await until(lambda: pool.worker_pids() not in ((), (pid,)))
    assert f"worker {pid} printed at its end: Fatal Python error: Segmentation fault" in caplog.text
    assert "worker_protocol.py" in caplog.text or "worker.py" in caplog.text, "where it was"


async def test_why_a_worker_does_not_start_is_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "inference.py").write_text("raise ImportError('half of it is missing')")
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    with pytest.raises(WorkerDied):
        await WorkerProcess.start(WorkerOptions(max_models=1, max_memory_bytes=GIBIBYTE))
    assert "ImportError: half of it is missing" in caplog.text
