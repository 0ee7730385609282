"""Networks that run although a check refuses them, since the operator said that their maker is to be trusted.

What is trusted is recorded beside the models, by the checksum of the network's file, and not in the model's own folder:
a model that came from elsewhere cannot bring the record with it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from inference.models.bundle import Bundle

TRUSTED = ".trusted"


def trust(bundle: Bundle) -> None:
    """Record that a bundle's network, as it is now, is trusted among the models that the bundle lies with.

    Raises:
        OSError: the network cannot be read, or the record cannot be written.
    """
    record = _record(bundle, bundle.network.read_bytes())
    record.parent.mkdir(mode=0o755, exist_ok=True)
    record.touch()


def is_trusted(bundle: Bundle, content: bytes) -> bool:
    """Whether the content of a bundle's network was trusted by the operator of this machine."""
    return _record(bundle, content).is_file()


def _record(bundle: Bundle, content: bytes) -> Path:
    return bundle.directory.parent / TRUSTED / hashlib.sha256(content).hexdigest()
