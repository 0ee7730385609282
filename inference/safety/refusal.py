"""How a file is refused that could do more on this machine than label images."""

from __future__ import annotations

from collections.abc import Collection

from inference.system.terminal import printable

# What makes the check let a file through; it stands at the end of each refusal.
WAY_OUT = "If you trust who made the file, install it with: labelbot models install FILE --trust"
# In a message: all of them could be as long as the file.
MAX_NAMES = 5
MAX_NAME_CHARACTERS = 80
# Of what a library says of a file; Keras adds the whole configuration.
MAX_REASON_CHARACTERS = 300


def refusal(source: str, kind: str, refused: Collection[str], expected: str) -> str:
    """Say that a file has what may do anything on this machine, and how to have it all the same."""
    those = f"{kind} {name_some(refused)} is" if len(refused) == 1 else f"{kind}s {name_some(refused)} are"
    return (
        f"{source}: the {those} not among those {expected}, and could read or change files on this machine. {WAY_OUT}"
    )


def name_some(refused: Collection[str]) -> str:
    """The first names that a file has for what is refused: they may be many or long, and may hold anything."""
    names = ", ".join(ascii(name)[1:-1][:MAX_NAME_CHARACTERS] for name in sorted(refused)[:MAX_NAMES])
    more = len(refused) - MAX_NAMES
    return f"{names} and {more} more" if more > 0 else names


def reason_of(error: Exception) -> str:
    """What a library says of a file, in one line: it may quote the file, which may hold anything."""
    return printable(str(error).strip().split("\n", 1)[0][:MAX_REASON_CHARACTERS])
