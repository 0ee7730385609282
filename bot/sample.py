"""Photos that come with the bot, and what is in them known."""

from __future__ import annotations

from pathlib import Path


def sample() -> Path:
    """A cup of coffee by Rachel Michetti, who gave up all rights (CC0); scikit-image's sample `coffee`, as a JPEG."""
    return Path(__file__).with_name("espresso.jpg")


def samples() -> tuple[Path, ...]:
    """The cup of coffee, and a cat by Stefan van der Walt (CC0); scikit-image's sample `chelsea`, as a JPEG."""
    return sample(), Path(__file__).with_name("cat.jpg")
