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
    environment = os.environ | {"LABELBOT_HOME": str(tmp_path)}
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
        *[("x", 1.03), ("%", 3), ("x", 0.95), ("x", 1.9)] * 2,
        ("MB", 150),
        ("x", 3),
        ("x", 0.15),
        ("MB", 160),
        ("x", 1.5),
        ("x", 0.88),
        ("ms", 10),
    ]
    assert all(figure["value"] >= 0 for figure in metrics)
    assert {figure["verdict"] for figure in metrics if len(figure["turns"]) == 1 and not figure["repeatable"]} == {
        "too few turns"
    }
    assert finished.stderr == "", "no line of TensorFlow's log"
