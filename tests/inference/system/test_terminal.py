"""Display of untrusted texts in a terminal."""

from __future__ import annotations

import errno
import io
import os
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.errors import describe_os_error
from inference.system.terminal import CleanStream, clean_output, encode_all, mask, printable, raw_stream

SECRET = "AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw0"
TOKEN = f"4839574812:{SECRET}"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# Control characters


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a cat", "a cat"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"),
        ("safe\rfake", "safe\\x0dfake"),
        ("\x9b31m\x7f\x00", "\\x9b31m\\x7f\\x00"),
        ("photo\u202egpj.exe", "photo\\u202egpj.exe"),
        ("\u2066a\u2069 \u200f\u2028", "\\u2066a\\u2069 \\u200f\\u2028"),
        ("half of a letter \ud83d, \udfff", "half of a letter \\ud83d, \\udfff"),
        ("Käse 猫 قطة 🐈‍⬛", "Käse 猫 قطة 🐈‍⬛"),
    ],
)
def test_control_characters_are_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left_and_all_else_is(text: str) -> None:
    shown = printable(text)
    steering = {letter for letter in shown if unicodedata.category(letter) in ("Cc", "Zl", "Zp")} - {"\n", "\t"}
    assert steering == set()
    turning = ("LRE", "RLE", "PDF", "LRO", "RLO", "LRI", "RLI", "FSI", "PDI")
    assert not any(unicodedata.bidirectional(letter) in turning for letter in shown)
    if text.isprintable():
        assert shown == text


@given(st.text(st.integers(0xD000, 0xE100).map(chr)))
def test_whatever_is_printed_can_be_written_as_utf_8(text: str) -> None:
    """Encoding raises no error."""
    # The encoding of the command line; the bytes of file names do not change.
    printable(text).encode(errors="surrogateescape")


# Secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (TOKEN, "4839574812:[token]"),
        (f"https://api.telegram.org/file/bot{TOKEN}/photos/1.jpg", None),
        (f"https://api.telegram.org/bot{TOKEN.replace(':', '%3A')}/getMe", None),
        (f"model '{TOKEN}' is not installed", "model '4839574812:[token]' is not installed"),
        (f"{TOKEN},{TOKEN}", "4839574812:[token],4839574812:[token]"),
        ("postgresql://bot:hunter2@db:5432/labels", "postgresql://bot:[password]@db:5432/labels"),
        ("postgresql://bot:p@ss@db/labels", "postgresql://bot:[password]@db/labels"),
        ("postgresql://bot:pa/ss@db/labels", "postgresql://bot:[password]@db/labels"),
        ("http://me:secret@proxy:3128", "http://me:[password]@proxy:3128"),
        ("socks5h://:secret@proxy", "socks5h://:[password]@proxy"),
        ("'http://me:s3cr&t!@proxy' refused", "'http://me:[password]@proxy' refused"),
        ("postgresql://db/labels?user=bot&password=hunter2", "postgresql://db/labels?user=bot&password=[hidden]"),
        ("https://example.com/a.jpg?Token=abc#x", "https://example.com/a.jpg?Token=[hidden]#x"),
    ],
)
def test_secrets_are_hidden(text: str, shown: str | None) -> None:
    masked = mask(text)
    assert not any(secret in masked for secret in (SECRET, "hunter2", "p@ss", "pa/ss", "secret", "s3cr", "abc"))
    assert shown is None or masked == shown


@pytest.mark.parametrize(
    "text",
    [
        "http://127.0.0.1:8642/",
        "http://127.0.0.1:8080/cat@2x.jpg",
        "https://example.com/@alice/cats?page=2",
        "12:34:56 photo_2026-11-29_10-33-25_of_a_very_long_name.jpg",
        "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "bees has 121 photos to learn from, ants 124: write to me@example.com",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    "text", ["a.a." * 50_000, "a://b:" * 30_000, "1" * 200_000, "a://" * 30_000, "?token=" * 30_000]
)
def test_no_text_keeps_it_busy(text: str) -> None:
    assert mask(text)


# Streams


def test_what_is_printed_is_clean_and_what_a_library_draws_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    out, err = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", err)
    with clean_output():
        sys.stdout.write(f"\x1b[31mred {TOKEN}\n")
        sys.stderr.write("bad \udce4 byte\n")
        raw_stream(sys.stdout).write("\x1b[1mdrawn")
    assert (sys.stdout, sys.stderr) == (out, err)
    assert out.getvalue() == "\\x1b[31mred 4839574812:[token]\n\x1b[1mdrawn"
    assert err.getvalue() == "bad \\xe4 byte\n"


def test_a_terminal_without_utf_8_gets_escapes_drawings_and_the_bytes_of_names() -> None:
    below = io.BytesIO()
    terminal = io.TextIOWrapper(below, encoding="latin-1", errors=encode_all(), write_through=True)
    terminal.write("Käse ▰▱… 猫 🐈 caf\udce9\n")
    assert below.getvalue() == b"K\xe4se #-... \\u732b \\U0001f408 caf\xe9\n"


def test_output_that_cannot_be_written_is_named() -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OSError, match="No space left") as failed:
        CleanStream(Full()).write("a cat")
    assert describe_os_error(failed.value) == "the output cannot be read or written: No space left on device"


def test_a_program_that_reads_gets_the_bytes_of_names() -> None:
    below = io.StringIO()
    CleanStream(below).writelines(["\udce4\x1b"])
    assert below.getvalue() == "\udce4\\x1b"
