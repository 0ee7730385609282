"""Downloads of wheels by pip, from the package indexes in pip's configuration on this machine.

pip's settings, mirrors, proxies and passwords apply as for any package. No code of a package runs: source distributions
are never downloaded, and a wheel is only unpacked. Both pip and this module verify the SHA-256.
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
from inference.system.installer import add_pip

# Seconds without progress after which pip is stopped. By default, pip waits 15 s for an answer and logs each retry;
# with settings for slow networks, it waits for minutes.
STALL_TIMEOUT_S = 300.0
POLL_S = 0.1
# Limit on pip's log. pip logs one line per version in an index, and no real package has so many versions.
MAX_LOG_BYTES = 20_000_000
# Number of bytes that are read from the end of the log.
READ_LOG_BYTES = 1_000_000
MAX_LINE_CHARACTERS = 300

# Prefix of our own settings, in any letter case. pip does not get them, since the bot's token is among them.
OWN_VARIABLES = "LABELBOT_"
BROKE_OFF = "the connection broke off"
DISK_ERRORS = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT, errno.EROFS, errno.EIO)

# pip's first line about an unexpected exception; a traceback follows, with the exception at its end.
UNEXPECTED = "ERROR: Exception:"
EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .*)?")
# Lines of the log with errors and warnings; the other lines are progress and tracebacks.
MESSAGE = re.compile(r"(?i:error|warning): |Could not fetch URL |Skipping link: |\S+: No module named ")

NO_PIP = re.compile(r"No module named '?pip\b")
OTHER_HASH = re.compile(r"^\s*Got\s+([0-9a-f]{64})\s*$", re.MULTILINE)
SYSTEM_ERROR = re.compile(r"\bOSError: \[Errno (\d+)\]")
STATUS = re.compile(r"\b(\d{3}) (?:Client|Server) Error\b|\btoo many (\d{3}) error responses")
# Patterns of pip's messages, each with our reason.
REASONS = (
    (r"ResolutionImpossible|conflicting dependencies", "pip's constraints on this machine ask for another version"),
    (r"SSLError|CERTIFICATE_VERIFY_FAILED|ssl certificate", "the certificate of a package index is not trusted"),
    (r"timed out while downloading|[Rr]ead timed out", "nothing came for too long"),
    (r"Connection broken|IncompleteRead|Connection interrupted|ConnectionReset|resume incomplete", BROKE_OFF),
    (r"after connection broken by|Connection error|ConnectionError|ProxyError", "no package index can be reached"),
    (r"No matching distribution found", "no package index that pip asks has this version"),
)


class PackageUnavailable(DownloadError):
    """pip could not download a package.

    Attributes:
        said: last message of pip, only for the operator, since it may name private servers; empty for no message.
    """

    def __init__(self, url: str, reason: str, said: str = "") -> None:
        super().__init__(url, reason)
        self.said = said


class PipUnavailable(PackageUnavailable):
    """This Python has no pip."""


@dataclass(frozen=True, slots=True)
class RemotePackage:
    """A wheel in a package index.

    Attributes:
        name, version: name and version of the package.
        size_bytes: exact size of the wheel.
        sha256: SHA-256 of the wheel in hexadecimal digits.
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
    """Download the wheel of a package with pip.

    Args:
        package: wheel to download.
        target: path of the complete and verified file; its name is that of the wheel.
        on_progress: called with the number of bytes so far; the number falls if pip starts over.
        stall_timeout_s: maximum time, in seconds, without a new byte or a new log line from pip.

    Raises:
        PipUnavailable: this Python has no pip.
        PackageUnavailable: no index can be reached, or no index has a wheel of this version for this Python.
        WrongFile: the wheel in an index has a wrong size or checksum.
        OSError: the disk is full, or cannot be written to.
    """
    try:
        _download(package, target, on_progress, stall_timeout_s)
    except (PackageUnavailable, WrongFile) as error:
        # If the connection breaks, pip before 25.1 treats the part so far as the whole wheel, so its checksum is wrong.
        if isinstance(error, PackageUnavailable) and error.reason != BROKE_OFF:
            raise
        _download(package, target, on_progress, stall_timeout_s)


def _download(package: RemotePackage, target: Path, on_progress: Callable[[int], None], stall_timeout_s: float) -> None:
    """Download a wheel with one run of pip; see `download_package`."""
    folder = target.with_name(f"{target.name}.pip")
    # A killed pull leaves this folder behind.
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
    """Run pip; an error or a cancellation kills pip.

    Returns:
        The exit status, and the end of the log.
    """
    requirements, log = folder / "requirements.txt", folder / "log"
    requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n", encoding="ascii")
    command = with_parent(
        # -P keeps the working directory off Python's path, since a folder there may be called pip.
        *(sys.executable, "-P", "-m", "pip", "download"),
        *("--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input"),
        # With -vv, pip logs each index page that it cannot read.
        *("-vv", "--disable-pip-version-check", "--no-color", "--progress-bar=off"),
        *("--dest", str(folder / "wheel"), "--requirement", str(requirements)),
    )
    variables = {name: value for name, value in os.environ.items() if not name.upper().startswith(OWN_VARIABLES)}
    # A download installs nothing, so no virtual environment is needed, even if pip's settings require it.
    variables |= {"TMPDIR": str(folder), "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONIOENCODING": "utf-8"}
    with (
        log.open("wb") as written,
        # pip runs in the process group of this program, so that a signal to the group ends both.
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
    """Wait for pip's exit status.

    Raises:
        WrongFile: the wheel is larger than expected.
        PackageUnavailable: pip made no progress for too long, or its log is too large.
    """
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
    """Return the size of the wheel so far; pip first writes the wheel to a temporary folder."""
    size_bytes = 0
    # pip moves files and removes folders at the same time: `os.walk` skips a removed folder, `Path.rglob` raises.
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".whl"):
                with contextlib.suppress(FileNotFoundError):
                    size_bytes = max(size_bytes, os.stat(os.path.join(parent, name)).st_size)  # noqa: PTH116, PTH118
    return size_bytes


def _error_from(package: RemotePackage, log: str, folder: Path) -> Exception:
    """Return the exception for a failed run of pip."""
    messages = _messages(log)
    last = messages[-1].removeprefix("ERROR: ") if messages else ""
    if NO_PIP.search(last):
        return PipUnavailable(package.requirement, f"this Python has no pip to fetch it with: {add_pip()}")
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
        # A 404 is normal if one of several indexes lacks the package.
        if status is not None and (status != "404" or message.startswith("ERROR")):
            return f"a package index answered {status}"
    skipped = re.compile(rf"Skipping link: .*-{re.escape(package.version)}[.-]")
    if any(map(skipped.match, messages)):
        return "no package index has a wheel of this version for this Python"
    said = "\n".join(messages)
    return next((reason for words, reason in REASONS if re.search(words, said)), "pip could not get it")


def _messages(log: str) -> list[str]:
    """Return the errors and warnings in pip's log, an unexpected exception last; if there are none, the last line."""
    lines = [line.rstrip() for line in log.splitlines() if line.strip()]
    messages = [line.strip() for line in lines if MESSAGE.match(line.strip()) and line != UNEXPECTED]
    if UNEXPECTED in lines:
        messages += [line for line in lines[lines.index(UNEXPECTED) :] if EXCEPTION.fullmatch(line)][-1:]
    return messages or lines[-1:]
