"""Runs of the `labelbot` program."""

from __future__ import annotations

import io
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a run printed, and its exit status."""

    status: int
    out: str
    err: str


class Program:
    """The program inside the test's process, where it starts faster, with a home of its own."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        monkeypatch.setenv("LABELBOT_HOME", str(home))
        for name in ("MODEL", "DATABASE_URL", "DATABASE_URL_FILE"):
            monkeypatch.delenv(f"LABELBOT_{name}", raising=False)

    def __call__(self, *arguments: str | Path, stdin: bytes = b"") -> Outcome:
        self._monkeypatch.setattr(sys, "argv", ["labelbot", *map(str, arguments)])
        self._monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as exit_:
            main()
        printed = self._capsys.readouterr()
        return Outcome(int(exit_.value.code or 0), printed.out, printed.err)
