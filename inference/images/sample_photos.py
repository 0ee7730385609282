"""The photos that come with the program, on which networks are compared and tried."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("photos")


def sample_photos() -> tuple[Path, ...]:
    """Return five photos that anybody may use: an astronaut, a cat, a cup of coffee, a portrait and a rocket.

    The cat by Stefan van der Walt and the coffee by Rachel Michetti are CC0. The others are in the public domain: the
    astronaut Eileen Collins by NASA, Grace Hopper by the United States Navy, the launch of a Falcon 9 by SpaceX. All
    but the portrait are samples of scikit-image as JPEGs.
    """
    return tuple(FOLDER / f"{name}.jpg" for name in ("astronaut", "chelsea", "coffee", "grace_hopper", "rocket"))
