"""The stages of a request, which a classifier reports to an observer."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext


class StageObserver:
    """Receives the stages of each request; this base class ignores them."""

    def decoding(self) -> AbstractContextManager[None]:
        """Return a context for the decoding of images."""
        return nullcontext()

    def loading(self) -> AbstractContextManager[None]:
        """Return a context for the loading of a model."""
        return nullcontext()

    def before_reply(self) -> bool:
        """Note that a request is done and its reply comes next; return whether the process needs recycling."""
        return False

    def after_reply(self) -> None:
        """Note that the reply was sent and the process is idle."""
