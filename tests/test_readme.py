"""The README's console blocks are what the program prints."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.sample import sample

ROOT = Path(__file__).parents[1]
NUMBER = re.compile(r"\d+(\.\d+)?")
BAR = re.compile(r"[▰▱]+")


def console_blocks() -> Iterator[tuple[str, str]]:
    """Each command of the README's console blocks, with the output below it."""
    for block in re.findall(r"^```console\n(.*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL):
        for part in block.split("$ ")[1:]:
            command, _, output = part.partition("\n")
            yield command, output


def normalised(output: str) -> list[str]:
    """Lines without what differs between machines: numbers, lengths of bars, blanks at the ends."""
    return [BAR.sub("#", NUMBER.sub("0", " ".join(line.split()))) for line in output.strip().splitlines()]


@pytest.mark.parametrize(("command", "expected"), list(console_blocks()))
def test_a_command_prints_what_the_readme_shows(command: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "bot").mkdir()
    shutil.copy(sample(), tmp_path / "bot")
    program, *arguments = shlex.split(command)
    assert program == "labelbot"
    finished = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments],
        cwd=tmp_path,
        env=os.environ | {"LABELBOT_HOME": str(tmp_path / "home"), "COLUMNS": "120"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    assert normalised(finished.stdout) == normalised(expected)
