"""What can go wrong between image bytes and labels. Each class is something that a caller can act on.

    InferenceError
    ├── ImageError              these bytes cannot be labelled; another image can
    │   ├── NotAnImage          no known image format
    │   │   └── EmptyFile       no bytes at all
    │   ├── TruncatedImage      an image whose end is missing or whose data is damaged
    │   ├── TooManyPixels       refused before decoding
    │   ├── TooManyBytes        refused before reading on
    │   └── UnexpectedImageError    decoding failed in a way that nobody expected, which is logged
    ├── DownloadError           the address did not yield bytes in time
    │   └── AddressRefused      the address is not one that we connect to
    ├── Overloaded              the pool is full: try again later
    ├── DeadlineExceeded        the image took too long; its worker was replaced
    ├── WorkerCrashed           two workers died while they held the image, or none can be started
    │   └── OutOfMemory         they had less memory than it takes: later it will be no better
    ├── PoolClosed              the program is about to end: try again once it runs anew
    ├── ModelNotFound           no such model is installed
    ├── NotInCatalog            no such model can be pulled
    ├── WrongFile               a file is not the one that was published: take it from elsewhere
    ├── MissingExtra            this needs packages that are not installed
    └── ModelError              a model's files are broken or do not fit together
        └── ModelNotBuilt       a model that comes with the program is still to be built

The arguments of each constructor are the exception's `args`, so every one survives pickling between processes.
"""

from __future__ import annotations

import os
from typing import ClassVar


class ProgramError(Exception):
    """An error that ends a command; the message is one sentence for the person who runs it.

    Attributes:
        exit_status: exit status of the command.
    """

    exit_status: ClassVar[int] = 1


class InferenceError(ProgramError):
    """Base of everything that `inference` raises on purpose."""


class ImageError(InferenceError):
    """These bytes cannot be labelled."""


class NotAnImage(ImageError):
    """The bytes are in no image format that we read."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"not an image that can be read: {self.detail}"


class EmptyFile(NotAnImage):
    """There are no bytes."""

    def __init__(self) -> None:
        super().__init__("it is empty")
        self.args = ()

    def __str__(self) -> str:
        return self.detail


class TruncatedImage(ImageError):
    """The image ends early or its data is damaged."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return f"the image is damaged or incomplete: {self.detail}"


class TooManyPixels(ImageError):
    """The image's header announces more pixels than can be decoded in its format, by memory or time."""

    def __init__(self, width: int, height: int, max_pixels: int) -> None:
        super().__init__(width, height, max_pixels)
        self.width = width
        self.height = height
        self.max_pixels = max_pixels

    def __str__(self) -> str:
        return f"expected at most {self.max_pixels:,} pixels of this kind. Received: {self.width} x {self.height}"


class TooManyBytes(ImageError):
    """The image is larger than what is read; `size_bytes` is None where reading stopped before the end was known."""

    def __init__(self, size_bytes: int | None, max_bytes: int) -> None:
        super().__init__(size_bytes, max_bytes)
        self.size_bytes = size_bytes
        self.max_bytes = max_bytes

    def __str__(self) -> str:
        received = "more" if self.size_bytes is None else f"{self.size_bytes:,}"
        return f"expected at most {self.max_bytes:,} bytes. Received: {received}"


class UnexpectedImageError(ImageError):
    """Decoding failed in a way that nobody expected; `kind` names the class of what was raised."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return f"decoding failed unexpectedly: {self.kind}"


class DownloadError(InferenceError):
    """An address did not yield an image."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        return f"could not download {self.url}: {self.reason}"


class AddressRefused(DownloadError):
    """The address is not public, or not http(s)."""


class Overloaded(InferenceError):
    """The pool holds as many images as it takes."""

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
    """The workers that held the image died, or those that should have taken it died at their start."""

    def __init__(self, attempts: int) -> None:
        super().__init__(attempts)
        self.attempts = attempts

    def __str__(self) -> str:
        return f"{self.attempts} worker processes died one after the other"


class OutOfMemory(WorkerCrashed):
    """The image takes more memory than a worker has, even a fresh one."""

    def __str__(self) -> str:
        return f"{self.attempts} worker processes ran out of memory one after the other"


class PoolClosed(InferenceError):
    """The pool takes no images, or was closed before it labelled this one."""

    def __str__(self) -> str:
        return "the pool is closed"


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
    """No model of this name is among the published ones that can be pulled."""

    def __init__(self, name: str, available: tuple[str, ...]) -> None:
        super().__init__(name, available)
        self.name = name
        self.available = available

    def __str__(self) -> str:
        return f"no model named {self.name!r} is in the catalogue; available: {', '.join(self.available)}"


class WrongFile(InferenceError):
    """A file is another than the one that was published, by its size, its checksum or what is in it."""

    def __init__(self, source: str, expected: str, received: str) -> None:
        super().__init__(source, expected, received)
        self.source = source
        self.expected = expected
        self.received = received

    def __str__(self) -> str:
        return f"{self.source}: expected {self.expected}. Received: {self.received}"


class MissingExtra(InferenceError):
    """Something needs packages that the program works without, and that are not installed."""

    def __init__(self, subject: str, extra: str, command: str) -> None:
        super().__init__(subject, extra, command)
        self.subject = subject
        self.extra = extra
        self.command = command

    def __str__(self) -> str:
        return f"{self.subject} needs the extra [{self.extra}], which is not installed: {self.command}"


class ModelError(InferenceError):
    """A model's files are broken, or do not fit together."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        return self.detail


class ModelNotBuilt(ModelError):
    """The model comes with the program as weights alone, and is built when somebody waits for it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is still to be built")
        self.name = name
        self.args = (name,)


def describe_os_error(error: OSError) -> str:
    """Say what the operating system refused, and of which file if it is known."""
    reason = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ConnectionError) and error.errno:
        # asyncio puts words of its own there.
        reason = os.strerror(error.errno)
    if error.filename is None or isinstance(error.filename, int):
        return reason
    name = os.fsdecode(error.filename)
    return f"{name} cannot be read or written: {reason}"
