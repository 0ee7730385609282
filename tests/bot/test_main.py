"""The program's first moment."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from types import ModuleType

import pytest

from bot.__main__ import main


class Interrupting:
    """An import of the program's modules that Ctrl-C ends."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if name == "bot.cli":
            raise KeyboardInterrupt


def test_ctrl_c_while_the_program_starts_ends_it_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "bot.cli", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 130
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_fault(closed: str) -> None:
    command = f'"$1" -m bot --version {closed}; "$1" -m bot models nothing {closed}; echo "status $?" >&3'
    done = subprocess.run(
        ["bash", "-c", f"exec 3>&1; {command}", "bash", sys.executable], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines()[-1] == "status 2"
    assert "Traceback" not in done.stderr
