"""The limit on the files that a process has open."""

from __future__ import annotations

import resource

# Enough for some thousand workers; the bot has about seven files open for each. Hard limits may be a million times
# higher, and programs that go through all numbers of files would then take minutes.
WANTED = 65_536


def allow_many_open_files() -> None:
    """Raise this process's soft limit on open files, which is often 1024, as far as the hard limit allows.

    Processes that it starts inherit the limit. None of them hands `select` the files of workers, as it
    fails for numbers above 1023.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
