"""What can go wrong with a Keras network."""

from __future__ import annotations

from inference.errors import InferenceError


class NetworkError(InferenceError):
    """A network's archive cannot be read, or its layers are not what was expected."""
