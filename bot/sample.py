"""The sample photos that come with the bot."""

from __future__ import annotations

from pathlib import Path


def sample() -> Path:
    """Return a photo of a cup of coffee by Rachel Michetti (CC0): scikit-image's sample `coffee` as a JPEG."""
    return Path(__file__).with_name("espresso.jpg")


def samples() -> tuple[Path, ...]:
    """Return the cup of coffee, and a photo of a cat.

    The cat is by Stefan van der Walt (CC0): scikit-image's sample `chelsea` as a JPEG.
    """
    return sample(), Path(__file__).with_name("cat.jpg")
