"""Trusted networks: networks that run although a check refuses them, since the operator trusts their maker.

The record of a trusted network is a file beside the models, named by the checksum of the network's file. The record is
not in the model's own folder, so a model from elsewhere cannot bring its own record.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from inference.models.bundle import Bundle

TRUSTED = ".trusted"


def trust(bundle: Bundle) -> None:
    """Record that the current content of a bundle's network is trusted. The record is beside the bundle's folder.

    Raises:
        OSError: the network cannot be read, or the record cannot be written.
    """
    record = _record(bundle, bundle.network.read_bytes())
    record.parent.mkdir(mode=0o755, exist_ok=True)
    record.touch()


def is_trusted(bundle: Bundle, content: bytes) -> bool:
    """Return True if the operator of this machine trusts this content of a bundle's network."""
    return _record(bundle, content).is_file()


def _record(bundle: Bundle, content: bytes) -> Path:
    return bundle.directory.parent / TRUSTED / hashlib.sha256(content).hexdigest()
