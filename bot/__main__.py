"""The `labelbot` program from its first moment on, before its modules are imported."""

from __future__ import annotations

import os
import sys

# Exit status of a program that Ctrl-C ends.
INTERRUPTED = 130


def main() -> None:
    """Run the program. Ctrl-C ends it without a traceback, also while it starts."""
    _open_closed_streams()
    try:
        from bot.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _open_closed_streams() -> None:
    """Replace standard streams that the caller has closed, as with `>&-`, which Python gives as None."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 -- stays open


if __name__ == "__main__":
    main()
