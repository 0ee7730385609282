"""Wheels of Python packages, brought by pip: from wherever it takes packages on this machine.

pip's settings, mirrors, proxies and passwords count as they do for any package. Nothing is built, so no code of a
package runs: a source distribution is never taken, and a wheel is only opened here. pip checks its SHA-256, and we do.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inference.catalog.resumable_download import sha256_of
from inference.errors import DownloadError, WrongFile
from inference.system.child_process import with_parent

# pip waits 15 s for an answer, and says so each time that it asks again; settings for slow networks go to minutes.
STALL_TIMEOUT_S = 300.0
POLL_S = 0.1
# pip writes a line for each version that an index has; no index of a single package comes to this.
MAX_LOG_BYTES = 20_000_000
# What is read of it, from its end.
READ_LOG_BYTES = 1_000_000
MAX_LINE_CHARACTERS = 300

# What our settings begin with, in any case; the bot's token, one of them, is nothing for pip.
OWN_VARIABLES = "LABELBOT_"
BROKE_OFF = "the connection broke off"
DISK_ERRORS = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EIO)

# What pip says of an exception that it did not expect; a stack follows, and the exception itself.
UNEXPECTED = "ERROR: Exception:"
EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")
# Lines in which pip says what happened; between them it tells at length what it does, and prints stacks.
MESSAGE = re.compile(r"(?i:error|warning): |Could not fetch URL |Skipping link: |\S+: No module named ")

NO_PIP = re.compile(r"No module named '?pip\b")
OTHER_HASH = re.compile(r"^\s*Got\s+([0-9a-f]{64})\s*$", re.MULTILINE)
SYSTEM_ERROR = re.compile(r"\bOSError: \[Errno (\d+)\]")
STATUS = re.compile(r"\b(\d{3}) (?:Client|Server) Error\b|\btoo many (\d{3}) error responses")
# pip's words for what it could not do, each with ours.
REASONS = (
    (r"ResolutionImpossible|conflicting dependencies", "pip's constraints on this machine ask for another version"),
    (r"SSLError|CERTIFICATE_VERIFY_FAILED|ssl certificate", "the certificate of a package index is not trusted"),
    (r"timed out while downloading|[Rr]ead timed out", "nothing came for too long"),
    (r"Connection broken|IncompleteRead|Connection interrupted|ConnectionReset|resume incomplete", BROKE_OFF),
    (r"after connection broken by|Connection error|ConnectionError|ProxyError", "no package index can be reached"),
    (r"No matching distribution found", "no package index that pip asks has this version"),
)


class PackageUnavailable(DownloadError):
    """pip did not bring a package.

    Attributes:
        said: the last line that pip wrote, for whoever runs it: it may name private servers. Empty if it wrote none.
    """

    def __init__(self, url: str, reason: str, said: str = "") -> None:
        super().__init__(url, reason)
        self.said = said


class PipUnavailable(PackageUnavailable):
    """This Python has no pip."""


@dataclass(frozen=True, slots=True)
class RemotePackage:
    """A wheel as package indexes have it.

    Attributes:
        name, version: of the package.
        size_bytes: exact size of the wheel.
        sha256: its checksum in hexadecimal digits.
    """

    name: str
    version: str
    size_bytes: int
    sha256: str

    @property
    def requirement(self) -> str:
        return f"{self.name}=={self.version}"


def download_package(
    package: RemotePackage,
    target: Path,
    *,
    on_progress: Callable[[int], None],
    stall_timeout_s: float = STALL_TIMEOUT_S,
) -> None:
    """Have pip download the wheel of a package.

    Args:
        package: what to download.
        target: what it becomes once it is complete and right, under the name of the wheel.
        on_progress: is called with the bytes that there are so far; they may become fewer where pip starts over.
        stall_timeout_s: for which pip may neither say nor bring anything.

    Raises:
        PipUnavailable: this Python has none.
        PackageUnavailable: no index can be reached, or none has a wheel of this version for this Python.
        WrongFile: what an index has is of another size or checksum.
        OSError: the disk is full, or cannot be written to.
    """
    try:
        _download(package, target, on_progress, stall_timeout_s)
    except (PackageUnavailable, WrongFile) as error:
        # To pips before 25.1 the end of a connection is the end of the wheel, whose checksum is another one then.
        if isinstance(error, PackageUnavailable) and error.reason != BROKE_OFF:
            raise
        _download(package, target, on_progress, stall_timeout_s)


def _download(package: RemotePackage, target: Path, on_progress: Callable[[int], None], stall_timeout_s: float) -> None:
    """Run pip once."""
    folder = target.with_name(f"{target.name}.pip")
    # Of a pull that was killed.
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        on_progress(0)
        wheel = folder / "wheel" / target.name
        status, log = _run_pip(package, folder, on_progress, stall_timeout_s)
        if status or not wheel.exists():
            raise _error_from(package, log, folder)
        received_bytes, received = wheel.stat().st_size, sha256_of(wheel)
        if (received_bytes, received) != (package.size_bytes, package.sha256):
            expected = f"{package.size_bytes:,} bytes and the SHA-256 {package.sha256}"
            raise WrongFile(package.requirement, expected, f"{received_bytes:,} and {received}")
        wheel.replace(target)
        on_progress(received_bytes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run_pip(
    package: RemotePackage, folder: Path, on_progress: Callable[[int], None], stall_timeout_s: float
) -> tuple[int, str]:
    """Run pip to its end, or end it.

    Returns:
        Its exit status and what it wrote.
    """
    requirements, log = folder / "requirements.txt", folder / "log"
    requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n", encoding="ascii")
    command = with_parent(
        # Without the working directory on its path, where a folder may be called pip.
        *(sys.executable, "-P", "-m", "pip", "download"),
        *("--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input"),
        # From "-vv" on, it tells of each page that it does not get.
        *("-vv", "--disable-pip-version-check", "--no-color", "--progress-bar=off"),
        *("--dest", str(folder / "wheel"), "--requirement", str(requirements)),
    )
    variables = {name: value for name, value in os.environ.items() if not name.upper().startswith(OWN_VARIABLES)}
    # Nothing is installed, so whoever asks for a virtual environment needs none.
    variables |= {"TMPDIR": str(folder), "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONIOENCODING": "utf-8"}
    with (
        log.open("wb") as written,
        # In our own group of processes, so that whatever ends us ends it.
        subprocess.Popen(  # noqa: S603  (the interpreter that runs us)
            command, env=variables, stdin=subprocess.DEVNULL, stdout=written, stderr=subprocess.STDOUT
        ) as pip,
    ):
        try:
            status = _watch(pip, package, folder, on_progress, stall_timeout_s)
        finally:
            pip.kill()
    with log.open("rb") as read:
        read.seek(max(0, log.stat().st_size - READ_LOG_BYTES))
        return status, read.read().decode("utf-8", errors="replace")


def _watch(
    pip: subprocess.Popen[bytes],
    package: RemotePackage,
    folder: Path,
    on_progress: Callable[[int], None],
    stall_timeout_s: float,
) -> int:
    """Wait for pip's exit status, as long as it gets on and brings no more than it should."""
    before, since = (0, 0), time.monotonic()
    while True:
        try:
            return pip.wait(POLL_S)
        except subprocess.TimeoutExpired:
            now = _wheel_bytes(folder), (folder / "log").stat().st_size
        if now[0] > package.size_bytes:
            raise WrongFile(package.requirement, f"{package.size_bytes:,} bytes", "more")
        if now[1] > MAX_LOG_BYTES:
            raise PackageUnavailable(package.requirement, "what a package index has is endless")
        if now != before:
            on_progress(now[0])
            before, since = now, time.monotonic()
        elif time.monotonic() - since > stall_timeout_s:
            raise PackageUnavailable(package.requirement, f"nothing came for {stall_timeout_s:g} s")


def _wheel_bytes(folder: Path) -> int:
    """What there is of the wheel; pip writes it into a temporary folder first."""
    size_bytes = 0
    # pip moves files and removes folders meanwhile; `os.walk` passes over a folder that is gone, `Path.rglob` raises.
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".whl"):
                with contextlib.suppress(FileNotFoundError):
                    size_bytes = max(size_bytes, os.stat(os.path.join(parent, name)).st_size)  # noqa: PTH116, PTH118
    return size_bytes


def _error_from(package: RemotePackage, log: str, folder: Path) -> Exception:
    """Put into words why pip did not bring a package."""
    messages = _messages(log)
    last = messages[-1].removeprefix("ERROR: ") if messages else ""
    if NO_PIP.search(last):
        return PipUnavailable(package.requirement, "this Python has no pip to fetch it with; install pip")
    if other := OTHER_HASH.search(log):
        return WrongFile(package.requirement, f"the SHA-256 {package.sha256}", other[1])
    failed = SYSTEM_ERROR.search(last)
    if failed and int(failed[1]) in DISK_ERRORS:
        return OSError(int(failed[1]), os.strerror(int(failed[1])), str(folder.parent))
    said = "".join(character if character.isprintable() else " " for character in last)
    return PackageUnavailable(package.requirement, _reason(package, messages), said[:MAX_LINE_CHARACTERS])


def _reason(package: RemotePackage, messages: Sequence[str]) -> str:
    for message in reversed(messages):
        status = next(filter(None, found.groups())) if (found := STATUS.search(message)) else None
        # An index that has never heard of the package, one of several perhaps, says 404.
        if status is not None and (status != "404" or message.startswith("ERROR")):
            return f"a package index answered {status}"
    skipped = re.compile(rf"Skipping link: .*-{re.escape(package.version)}[.-]")
    if any(map(skipped.match, messages)):
        return "no package index has a wheel of this version for this Python"
    said = "\n".join(messages)
    return next((reason for words, reason in REASONS if re.search(words, said)), "pip could not get it")


def _messages(log: str) -> list[str]:
    """What pip said happened, an exception that it did not expect last; all that it said where it called it nothing."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    messages = [line.strip() for line in lines if MESSAGE.match(line.strip()) and line != UNEXPECTED]
    if UNEXPECTED in lines:
        messages += [line for line in lines[lines.index(UNEXPECTED) :] if EXCEPTION.fullmatch(line)][-1:]
    return messages or lines[-1:]
