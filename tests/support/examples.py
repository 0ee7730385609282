"""Number of examples of a property-based test: all in CI, a quarter elsewhere."""

from __future__ import annotations

import os

# Minimum number of examples, since fewer prove little.
FEWEST = 10


def examples(full: int) -> int:
    """The number of examples for this run; `full` is what CI tries."""
    return full if "CI" in os.environ else max(FEWEST, full // 4)
