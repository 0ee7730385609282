"""Errors of Keras networks."""

from __future__ import annotations

from inference.errors import InferenceError


class NetworkError(InferenceError):
    """A network's archive cannot be read, or the network does not have the expected layers."""
