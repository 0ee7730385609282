"""The errors of the inference package. Each class is an error that a caller can handle in its own way.

    InferenceError
    ├── ImageError              this image cannot be labelled; other images can
    │   ├── NotAnImage          the format is unknown
    │   │   ├── EmptyFile       the file has no bytes
    │   │   └── CameraRaw       the file is a camera's raw file without a preview
    │   ├── TruncatedImage      the end of the image is missing, or its data is damaged
    │   ├── TooManyPixels       the image has too many pixels, and is refused before decoding
    │   ├── TooManyBytes        the file is too large, and is not read further
    │   └── UnexpectedImageError    decoding failed unexpectedly; the error is logged
    ├── DownloadError           the address did not deliver a file in time
    │   └── AddressRefused      connections to this address are not allowed
    ├── Overloaded              the pool is full; try again later
    ├── DeadlineExceeded        the image took too long; its worker was replaced
    ├── WorkerCrashed           two workers died while they held the image, or no worker can be started
    │   └── OutOfMemory         two workers ran out of memory with the image; a later attempt will fail, too
    ├── PoolClosed              the program starts or is about to end; try again in a moment
    ├── ModelNotFound           no such model is installed
    ├── NotInCatalog            no such model can be pulled
    ├── WrongFile               a file differs from the published file; get it from another source
    ├── MissingExtra            the feature needs packages that are not installed
    ├── ClusterError            there is no connection to a cluster, or it cannot label
    └── ModelError              a model's files are broken or do not fit together
        └── ModelNotBuilt       a built-in model is not built yet

The arguments of each constructor are the exception's `args`, so every exception can be pickled and sent to another
process.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar


class ProgramError(Exception):
    """An error that ends a command; the message is one sentence for the person who runs it.

    Attributes:
        exit_status: exit status of the command.
    """

    exit_status: ClassVar[int] = 1


class InferenceError(ProgramError):
    """Base class of the exceptions that `inference` raises intentionally."""


class ImageError(InferenceError):
    """This image cannot be labelled."""


class NotAnImage(ImageError):
    """The bytes are not in a supported image format."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"not an image that can be read: {self.detail}"


class EmptyFile(NotAnImage):
    """The file has no bytes."""

    def __init__(self) -> None:
        super().__init__("it is empty")
        self.args = ()

    def __str__(self) -> str:
        return self.detail


class CameraRaw(NotAnImage):
    """The file is a camera's raw file, and has no preview that can be read."""

    def __init__(self) -> None:
        super().__init__("a camera's raw file without a preview")
        self.args = ()


class TruncatedImage(ImageError):
    """The end of the image is missing, or its data is damaged."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the image is damaged or incomplete: {self.detail}"


class TooManyPixels(ImageError):
    """According to its header, the image has more pixels than can be decoded in its format, by memory or time."""

    def __init__(self, width: int, height: int, max_pixels: int) -> None:
        super().__init__(width, height, max_pixels)
        self.width = width
        self.height = height
        self.max_pixels = max_pixels

    def __str__(self) -> str:
        return f"expected at most {self.max_pixels:,} pixels of this kind. Received: {self.width} x {self.height}"


class TooManyBytes(ImageError):
    """The image has too many bytes. `size_bytes` is None if reading stopped before the size was known."""

    def __init__(self, size_bytes: int | None, max_bytes: int) -> None:
        super().__init__(size_bytes, max_bytes)
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes

    def __str__(self) -> str:
        received = "more" if self.size_bytes is None else f"{self.size_bytes:,}"
        return f"expected at most {self.max_bytes:,} bytes. Received: {received}"


class UnexpectedImageError(ImageError):
    """Decoding failed unexpectedly; `kind` is the class name of the original exception."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return f"decoding failed unexpectedly: {self.kind}"


class DownloadError(InferenceError):
    """An address did not deliver a file."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"could not download {self.url}: {self.reason}"


class AddressRefused(DownloadError):
    """The address is not public, or is not an http or https address."""


class Overloaded(InferenceError):
    """The pool already holds the maximum number of images."""

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity)
        self.capacity = capacity

    def __str__(self) -> str:
        return f"all {self.capacity} places of the pool are taken"


class DeadlineExceeded(InferenceError):
    """The image was not labelled in time, and its worker was replaced."""

    def __init__(self, deadline_s: float) -> None:
        super().__init__(deadline_s)
        self.deadline_s = deadline_s

    def __str__(self) -> str:
        return f"no answer within {self.deadline_s:g} s"


class WorkerCrashed(InferenceError):
    """The workers that held the image died, or the new workers died while they started."""

    def __init__(self, attempts: int) -> None:
        super().__init__(attempts)
        self.attempts = attempts

    def __str__(self) -> str:
        return f"{self.attempts} worker processes died one after the other"


class OutOfMemory(WorkerCrashed):
    """The image needs more memory than a worker has, even a fresh worker."""

    def __str__(self) -> str:
        return f"{self.attempts} worker processes ran out of memory one after the other"


class PoolClosed(InferenceError):
    """The pool does not accept images, or was closed before it had labelled this image."""

    def __str__(self) -> str:
        return "the program starts or ends just now; try again in a moment"


class ModelNotFound(InferenceError):
    """No model of this name is installed."""

    def __init__(self, name: str, installed: tuple[str, ...] = ()) -> None:
        super().__init__(name, installed)
        self.name = name
        self.installed = installed

    def __str__(self) -> str:
        known = f"; installed: {', '.join(self.installed)}" if self.installed else ""
        return f"no model named {self.name!r} is installed{known}"


class NotInCatalog(InferenceError):
    """No published model that can be pulled has this name."""

    def __init__(self, name: str, available: tuple[str, ...]) -> None:
        super().__init__(name, available)
        self.name = name
        self.available = available

    def __str__(self) -> str:
        return f"no model named {self.name!r} is in the catalogue; available: {', '.join(self.available)}"


class WrongFile(InferenceError):
    """A file differs from the published file in its size, its checksum or its content."""

    def __init__(self, source: str, expected: str, received: str) -> None:
        super().__init__(source, expected, received)
        self.source = source
        self.expected = expected
        self.received = received

    def __str__(self) -> str:
        return f"{self.source}: expected {self.expected}. Received: {self.received}"


class MissingExtra(InferenceError):
    """A feature needs optional packages that are not installed."""

    def __init__(self, subject: str, extra: str, command: str) -> None:
        super().__init__(subject, extra, command)
        self.subject = subject
        self.extra = extra
        self.command = command

    def __str__(self) -> str:
        return f"{self.subject} needs the extra [{self.extra}], which is not installed: {self.command}"


class ClusterError(InferenceError):
    """There is no connection to a cluster, or none of its nodes can label."""


class ModelError(InferenceError):
    """A model's files are broken, or do not fit together."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class ModelNotBuilt(ModelError):
    """The built-in model comes only as weights, and has not been built yet."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is still to be built")
        self.name = name
        self.args = (name,)


# Errors of writing that say that there is no room left: on the disk, or for this user or file.
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def naming(place: Path | str) -> Iterator[None]:
    """Give errors of the operating system that name no file, such as those of a full disk, the name of a place.

    Args:
        place: file or folder that the block writes.
    """
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            error.filename = str(place)
        raise


def describe_os_error(error: OSError) -> str:
    """Describe an error of the operating system, with the file's name if it is known."""
    reason = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ConnectionError) and error.errno:
        # asyncio sets `strerror` to a text of its own.
        reason = os.strerror(error.errno)
    # If there is no room for a copy, the copy is the second file.
    file = error.filename2 if error.errno in NO_ROOM and error.filename2 is not None else error.filename
    if file is None or isinstance(file, int):
        return reason
    name = os.fsdecode(file)
    return f"{name} cannot be read or written: {reason}"
