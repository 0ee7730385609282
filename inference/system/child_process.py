"""Child processes that end with their parent, even if the parent is killed or the child is in native code.

Linux sends a child SIGKILL when its parent ends, if the child itself asks for it. So the child first runs this file as
a script, without the rest of the program: it asks for the signal, and becomes the command after 10 ms.
"""

from __future__ import annotations

import os
import signal
import sys

# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1


def with_parent(*command: str) -> tuple[str, ...]:
    """Extend a command so that its process is killed when this process ends.

    Linux sends the signal when the thread that started the process ends, so that thread must live as long as the
    process.

    Args:
        command: program and arguments.

    Returns:
        The extended command; on systems other than Linux, the unchanged command.
    """
    if sys.platform != "linux":
        return command
    return (sys.executable, "-I", "-S", __file__, str(os.getpid()), *command)


def _become(parent: int, command: list[str]) -> None:
    import ctypes

    # The setting outlasts `execv`.
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # the parent ended before `prctl`
        sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  (the parent chose the command)


if __name__ == "__main__":
    _become(int(sys.argv[1]), sys.argv[2:])
