"""Extraction of files from untrusted archives: only requested members, under our own names, with limited sizes.

No other member is written, so paths out of the folder, links and devices in an archive do no harm.
"""

from __future__ import annotations

import gzip
import hashlib
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from inference.catalog.catalog import MAX_FILE_BYTES, Member
from inference.errors import WrongFile

# Limit on the whole content of a .tar.gz, including unused members. Without it, unpacking an archive of a few megabytes
# could take hours.
MAX_UNPACKED_BYTES = 1_000_000_000
BLOCK_BYTES = 1 << 20
# Accepted compression methods. For other methods, Python raises OSError if the data is damaged, which looks like an
# error of the disk.
COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# Exceptions that a damaged archive causes. OSError is not among them, since it means an error of the disk.
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    RuntimeError,  # the archive has a password, or Python lacks the compression
)


def unpack(archive: Path, members: Sequence[Member], folder: Path) -> None:
    """Extract members of a .zip, .whl, .tgz or .tar.gz into an existing folder.

    Args:
        archive: path of the archive. The content determines the format, not the name.
        members: members to extract; each becomes a file directly in `folder`.
        folder: folder of the new files.

    Raises:
        WrongFile: the archive is damaged or too large, or a member is missing, is there twice, is not a plain file, or
            has a wrong size or checksum.
        OSError: the disk is full, or cannot be read or written.
    """
    missing = {member.name: member for member in members}
    taken: set[str] = set()
    try:
        for path, stream in _contents(archive):
            name = path.removeprefix("./")
            if name in taken:
                raise WrongFile(archive.name, f"{name} once", "it twice")
            if name not in missing:
                continue
            if stream is None:
                raise WrongFile(archive.name, f"{name} as a plain file", "a link, a folder or a device")
            member = missing.pop(name)
            _write(stream, member, folder / member.file_name)
            taken.add(name)
    except DAMAGE as error:
        raise WrongFile(archive.name, "an archive that can be unpacked", str(error) or type(error).__name__) from error
    if missing:
        raise WrongFile(archive.name, f"an archive with {', '.join(missing)}", "one without")


def _contents(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Yield each path in an archive, with a stream of the content; None instead if it is not a plain file."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as opened:
            for info in opened.infolist():
                if info.header_offset < 0:
                    raise zipfile.BadZipFile("a file in it begins before the archive does")
                if info.compress_type not in COMPRESSIONS:
                    raise zipfile.BadZipFile("a file in it is compressed in a way that is not Deflate")
                if info.is_dir() or stat.S_ISLNK(info.external_attr >> 16):
                    yield info.filename, None
                else:
                    with opened.open(info) as stream:
                        yield info.filename, stream
        return
    with _BoundedGzip(archive) as unzipped:
        with tarfile.open(fileobj=unzipped, mode="r|") as opened:
            for entry in opened:
                yield entry.name, opened.extractfile(entry) if entry.isreg() else None
        # gzip verifies its checksum at the end of the file, so read to the end.
        while unzipped.read(BLOCK_BYTES):
            pass


class _BoundedGzip(gzip.GzipFile):
    """A gzip file that raises EOFError, as for a damaged file, beyond `MAX_UNPACKED_BYTES` of content."""

    def read(self, size: int | None = -1) -> bytes:
        content = super().read(size)
        if self.tell() > MAX_UNPACKED_BYTES:
            raise EOFError(f"more than {MAX_UNPACKED_BYTES:,} bytes")
        return content


def _write(stream: IO[bytes], member: Member, target: Path) -> None:
    """Write a member to a file, and verify its size and checksum; at most one extra block is read.

    Raises:
        WrongFile: the size or the checksum is wrong.
    """
    most_bytes = member.size_bytes or MAX_FILE_BYTES
    received_bytes, checksum = 0, hashlib.sha256()
    with target.open("wb") as file:
        while received_bytes <= most_bytes and (block := stream.read(BLOCK_BYTES)):
            received_bytes += len(block)
            checksum.update(block)
            file.write(block)
    if received_bytes > most_bytes or member.size_bytes not in (None, received_bytes):
        received = "more" if received_bytes > most_bytes else f"{received_bytes:,}"
        raise WrongFile(member.name, f"{most_bytes:,} bytes", received)
    if member.sha256 not in (None, checksum.hexdigest()):
        raise WrongFile(member.name, f"the SHA-256 {member.sha256}", checksum.hexdigest())
