"""A photo that comes with the bot, and what is in it known."""

from __future__ import annotations

from pathlib import Path


def sample() -> Path:
    """A cup of coffee by Rachel Michetti, who gave up all rights (CC0); scikit-image's sample `coffee`, as a JPEG."""
    return Path(__file__).with_name("espresso.jpg")
