"""The slim image, built from the Dockerfile without Docker: its size, and what works in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.image_building import Image, build_image

ROOT = Path(__file__).parents[2]
MAX_MB = 500


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
