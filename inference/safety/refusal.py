"""Error messages for files that could do more on this machine than label images."""

from __future__ import annotations

from collections.abc import Collection

from inference.system.terminal import printable

# End of each message about a refused file: how to install the file without the check.
WAY_OUT = "If you trust who made the file, install it with: labelbot models install FILE --trust"
# Limits on the names in a message. Without limits, the names could make a message as long as the file.
MAX_NAMES = 5
MAX_NAME_CHARACTERS = 80
# Limit on the length of a library's message about a file, since Keras adds the whole configuration to its messages.
MAX_REASON_CHARACTERS = 300


def refusal(source: str, kind: str, refused: Collection[str], expected: str) -> str:
    """Return an error message for a refused file; the message ends with how to install the file without the check.

    Args:
        source: name of the file.
        kind: kind of the refused parts, singular, such as "operation".
        refused: names of the refused parts, at least one.
        expected: description of the allowed parts, such as "that image networks use".
    """
    those = f"{kind} {name_some(refused)} is" if len(refused) == 1 else f"{kind}s {name_some(refused)} are"
    return (
        f"{source}: the {those} not among those {expected}, and could read or change files on this machine. {WAY_OUT}"
    )


def name_some(refused: Collection[str]) -> str:
    """Return the first refused names for a message, shortened and escaped, since a file may contain any names."""
    names = ", ".join(ascii(name)[1:-1][:MAX_NAME_CHARACTERS] for name in sorted(refused)[:MAX_NAMES])
    more = len(refused) - MAX_NAMES
    return f"{names} and {more} more" if more > 0 else names


def reason_of(error: Exception) -> str:
    """Return the first line of a library's error, shortened and escaped, since it may quote the file."""
    return printable(str(error).strip().split("\n", 1)[0][:MAX_REASON_CHARACTERS])
