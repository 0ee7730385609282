"""Child processes that end with their parent, also if it is killed and they are deep in native code.

The system sends the signal. A new process cannot be told to ask for it before it starts, so this file is run first, as
a script without the rest of the program; it asks and becomes the command in 10 ms.
"""

from __future__ import annotations

import os
import signal
import sys

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1


def with_parent(*command: str) -> tuple[str, ...]:
    """Extend a command so that its process is killed when this one ends.

    The system looks at the thread that starts the process: it has to live as long as the process should.

    Args:
        command: program and arguments.

    Returns:
        The command to start instead; the same one on systems other than Linux.
    """
    if sys.platform != "linux":
        return command
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *command)


def _become(parent: int, command: list[str]) -> None:
    import ctypes

    # Kept across the change of programs.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before it could be asked for
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  (what the parent gave)


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
