from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.slow
def test_every_figure_is_measured_with_its_goal(tmp_path: Path) -> None:
    labelbot = Path(sys.executable).with_name("labelbot")
    environment = os.environ | {"LABELBOT_HOME": str(tmp_path), "TF_CPP_MIN_LOG_LEVEL": "3"}
    finished = subprocess.run(
        [labelbot, "benchmark", "--rounds", "1", "--json"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    metrics = [json.loads(line) for line in finished.stdout.splitlines()]
    assert [(figure["unit"], figure["goal"]) for figure in metrics] == [
        ("x", 0.95),
        ("x", 1.9),
        ("x", 0.95),
        ("x", 1.9),
        ("MB", 150),
        ("x", 0.15),
        ("MB", 160),
        ("x", 0.8),
        ("ms", 20),
    ]
    assert all(figure["value"] > 0 for figure in metrics)
