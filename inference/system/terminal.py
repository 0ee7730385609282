"""Output for terminals and logs without control characters and secrets.

A name, a label or a server's response may contain sequences that move a terminal's cursor, hide lines or set its title,
and characters that reverse the order of letters. A text may also contain a bot's token or a password by mistake.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

from inference.errors import naming

# Control characters: C0 without tab and line feed, DEL, and C1, whose characters start escape sequences on eight-bit
# terminals.
CONTROL = [*range(0x09), *range(0x0B, 0x20), *range(0x7F, 0xA0)]
# Bidirectional formatting characters (https://www.unicode.org/reports/tr9/), and two Unicode line separators.
ORDER = [0x061C, 0x200E, 0x200F, 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
# Surrogates, which JSON may contain but UTF-8 cannot encode. Surrogates that stand for bytes are in UNDECODED instead.
HALVES = [*range(0xD800, 0xDC80), *range(0xDD00, 0xE000)]
ESCAPED = {code: f"\\x{code:02x}" for code in CONTROL} | {code: f"\\u{code:04x}" for code in (*ORDER, *HALVES)}
# Surrogates with which Python represents bytes of a file name that are not UTF-8 (`surrogateescape`).
UNDECODED = {0xDC00 + byte: f"\\x{byte:02x}" for byte in range(0x80, 0x100)}

# A bot's id is public; the 35 characters after the colon are the secret.
TOKEN = re.compile(r"(?<![0-9])([0-9]{5,16}(?::|%3[Aa]))[A-Za-z0-9_-]{30,}")
# A password ends at the last @ before a slash, since it may contain an @. It may even contain a slash, unless the part
# before the slash is a port number. The lengths are bounded, since a hostile text could make the search very slow.
PASSWORD = re.compile(
    r'(\b[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s/@:"]{0,200}:)(?:[^\s/"]{0,300}|(?![0-9]+[/?#])[^\s@"]{0,300})@'
)
PARAMETER = re.compile(r'([?&](?:access_token|api_key|passwd|password|pwd|secret|token)=)[^\s&#"]+', re.IGNORECASE)


# Drawings that a terminal without UTF-8 gets in ASCII.
DRAWINGS = {"▰": "#", "▱": "-", "…": "...", "→": "->", "━": "-"}


def encode_all() -> str:
    """Register and return an error handler for output in any encoding.

    Bytes of file names that are not valid in it are written as they are. Letters that it lacks become escapes.
    """

    def encode(error: UnicodeError) -> tuple[bytes, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        encoded = b""
        for letter in error.object[error.start : error.end]:
            if 0xDC80 <= ord(letter) <= 0xDCFF:
                encoded += bytes([ord(letter) - 0xDC00])
            else:
                encoded += DRAWINGS.get(letter, letter).encode("ascii", "backslashreplace")
        return encoded, error.end

    codecs.register_error("labelbot", encode)
    return "labelbot"


def print_message(text: str) -> None:
    """Print a warning or an error of the program to standard error."""
    sys.stderr.write(f"labelbot: {text}\n")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as in "1 image" and "1,000 images"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def printable(text: str) -> str:
    """Replace control characters, and characters that change the order of letters, by their escapes in Python."""
    return text.translate(ESCAPED)


def mask(text: str) -> str:
    """Hide secrets that have a known form: tokens of bots, and passwords in addresses."""
    text = TOKEN.sub(r"\1[token]", text)
    return PARAMETER.sub(r"\1[hidden]", PASSWORD.sub(r"\1[password]@", text))


class CleanStream:
    """A text stream that escapes control characters and hides secrets. Other operations go to the stream below.

    Args:
        stream: the stream below, which gets the clean text.
    """

    def __init__(self, stream: TextIO) -> None:
        self.below = stream

    def write(self, text: str) -> int:
        clean = mask(printable(text))
        with naming("the output"):
            # Programs that read the output get the bytes of a file name unchanged.
            self.below.write(clean.translate(UNDECODED) if self.below.isatty() else clean)
        return len(text)

    def flush(self) -> None:
        with naming("the output"):
            self.below.flush()

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.below, name)


def raw_stream(stream: TextIO) -> TextIO:
    """Return the stream below a clean stream, for libraries that draw with control characters."""
    while isinstance(stream, CleanStream):
        stream = stream.below
    return stream


@contextmanager
def clean_output() -> Iterator[None]:
    """Make standard output and standard error clean streams within the block.

    If the block raises, the streams stay clean, since the error is printed after the block.
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
        # If the reader of a pipe has ended, Typer has replaced the streams by its own streams.
        if not failed and [sys.stdout, sys.stderr] == clean:
            sys.stdout, sys.stderr = before
