"""A photo that is on every machine where the bot is, and what is in it known."""

from __future__ import annotations

from importlib.metadata import distribution
from pathlib import Path


def sample() -> Path:
    """The photo that matplotlib carries: Grace Hopper in uniform, by the US Navy, in the public domain."""
    return Path(str(distribution("matplotlib").locate_file("matplotlib/mpl-data/sample_data/grace_hopper.jpg")))
