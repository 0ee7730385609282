"""The slim image, built from the Dockerfile without Docker: its size, and what works in it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.image_building import Image, build_image

ROOT = Path(__file__).parents[2]
MAX_MB = 500


@pytest.mark.slow
@pytest.mark.index
def test_every_package_has_a_wheel_for_arm64(tmp_path: Path) -> None:
    """The images compile nothing. Debian 12 and newer have glibc 2.36, so wheels for it and older ones fit."""
    platforms = [f"--platform=manylinux_2_{minor}_aarch64" for minor in range(17, 37)]
    python = ["--implementation=cp", "--python-version=3.11", "--platform=manylinux2014_aarch64"]
    options = ["--quiet", "--dry-run", "--ignore-installed", "--only-binary=:all:", f"--target={tmp_path}"]
    command = [sys.executable, "-m", "pip", "install", *options, *python, *platforms, str(ROOT)]
    resolved = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert resolved.returncode == 0, resolved.stderr


@pytest.fixture
def image() -> Iterator[Image]:
    # Not in `tmp_path`, of which pytest keeps the last three.
    with tempfile.TemporaryDirectory() as folder:
        yield build_image(ROOT, ("source", "build-slim", "runtime", "slim"), Path(folder) / "image")


@pytest.mark.slow
@pytest.mark.index
def test_the_slim_image_is_small_and_does_the_main_job_as_nobody_on_a_read_only_disk(image: Image) -> None:
    print(f"the slim image takes {image.size_mb:.0f} MB")
    assert image.size_mb < MAX_MB
    answered = image.run("try", "--once")
    assert "Labelbot  Espresso: " in answered.stdout, answered.stderr
    assert answered.stdout.count("(answered in ") == 2
    without_pip = image.run("models", "pull", "efficientnet_lite1")
    assert "this Python has no pip to fetch it with: " in without_pip.stderr
    stopped = image.run("healthcheck")
    assert (stopped.returncode, "no bot with this home runs" in stopped.stderr) == (1, True)
