"""Runs of the program without its extras."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Folder with the module `sitecustomize`, which Python imports at its start.
HIDING = Path(__file__).parent / "slim"


def run_slim(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `labelbot` in a process that finds no package of an extra."""
    return subprocess.run(
        [sys.executable, "-m", "bot.cli", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (HIDING, ROOT))), "LABELBOT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
