"""What a terminal or a log is shown of texts that others wrote: no control characters, and no secrets.

A name, a label or a server's answer may hold sequences that move a terminal's cursor, hide lines, or set its title, and
characters that turn the order of letters round. A bot's token or a password may have been pasted where none belongs.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

# C0 but for tab and line feed, DEL, and C1, in which eight-bit terminals find their sequences.
CONTROL = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]
# Those that change the order of letters (https://www.unicode.org/reports/tr9/), and two that end a line for some.
ORDER = [0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
# Halves of letters, which JSON may hold and UTF-8 has none of, but for those that stand for bytes, see below.
HALVES = [*range(0xD800, 0xDC80), *range(0xDD00, 0xE000)]
ESCAPED = {code: f"\\x{code:02x}" for code in CONTROL} | {code: f"\\u{code:04x}" for code in (*ORDER, *HALVES)}
# Bytes of a file's name that are no UTF-8, as Python reads them.
UNDECODED = {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}

# A bot's id is public; what stands behind the colon, 35 characters today, is the secret.
TOKEN = re.compile(r"(?<![0-9])([0-9]{5,16}(?::|%3[Aa]))[A-Za-z0-9_-]{30,}")
# Up to the last @ before a slash, as passwords hold some; beyond a slash, too, unless a port stands before it. Bounded,
# as whoever wrote a text may have made it so that looking for its end takes for ever.
PASSWORD = re.compile(
    r'(\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/@:"]{0,200}:)(?:[^\s/"]{0,300}|(?![0-9]+[/?#])[^\s@"]{0,300})@'
)
PARAMETER = re.compile(r'([?&](?:access_token|api_key|passwd|password|pwd|secret|token)=)[^\s&#"]+', re.IGNORECASE)


def print_message(text: str) -> None:
    """Print a warning or an error of the program to standard error."""
    sys.stderr.write(f"labelbot: {text}\n")


def printable(text: str) -> str:
    """Write control characters, and those that change the order of letters, as Python's strings do, by their codes."""
    return text.translate(ESCAPED)


def mask(text: str) -> str:
    """Hide secrets by their shape: tokens of bots, and passwords in addresses."""
    text = TOKEN.sub(r"\1[token]", text)
    return PARAMETER.sub(r"\1[hidden]", PASSWORD.sub(r"\1[password]@", text))


class CleanStream:
    """A text stream to which only what is printable is written, and no secret; for all else it is the one below it.

    Args:
        stream: that is written to.
    """

    def __init__(self, stream: TextIO) -> None:
        self.below = stream

    def write(self, text: str) -> int:
        clean = mask(printable(text))
        # A program that reads the output gets the bytes of a file's name as they are.
        self.below.write(clean.translate(UNDECODED) if self.below.isatty() else clean)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


def raw_stream(stream: TextIO) -> TextIO:
    """Return what is below a clean stream, for libraries that draw with control characters of their own."""
    while isinstance(stream, CleanStream):
        stream = stream.below
    return stream


@contextmanager
def clean_output() -> Iterator[None]:
    """Have all that Python prints to stdout and stderr be clean.

    Where an error passes through, it stays so for whoever tells of that error in the end.
    """
    before = sys.stdout, sys.stderr
    clean = sys.stdout, sys.stderr = [cast("TextIO", CleanStream(stream)) for stream in before]
    failed = False
    try:
        yield
    except Exception:
        failed = True
        raise
    finally:
        # Typer puts a stream of its own there for a reader that left.
        if not failed and [sys.stdout, sys.stderr] == clean:
            sys.stdout, sys.stderr = before
