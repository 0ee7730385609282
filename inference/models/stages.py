"""The stages of a request, which a classifier tells of."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class Stages:
    """Entered by a classifier; nobody watches this one."""

    def decoding(self) -> AbstractContextManager[None]:
        """Enter the decoding of images."""
        return nullcontext()

    def loading(self) -> AbstractContextManager[None]:
        """Enter the loading of a model."""
        return nullcontext()

    def finish(self) -> bool:
        """Enter the end of a request, when only its reply is left; return whether the process keeps too much memory."""
        return False

    def rest(self) -> None:
        """Enter the time after a reply."""
