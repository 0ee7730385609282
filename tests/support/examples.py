"""How many examples of open-ended inputs a test tries: all of them in CI, a quarter in other runs."""

from __future__ import annotations

import os

# Fewer say little about a test.
FEWEST = 10


def examples(full: int) -> int:
    """The number of examples for this run; `full` is what CI tries."""
    return full if "CI" in os.environ else max(FEWEST, full // 4)
