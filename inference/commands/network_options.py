"""Environment variables for the device and the batch size of networks. Empty ones count as not set."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference.models.network import NetworkOptions

DEVICE_VARIABLE = "LABELBOT_DEVICE"
BATCH_SIZE_VARIABLE = "LABELBOT_MAX_BATCH_SIZE"


def read_device() -> str | None:
    """Read the device of networks; None is the default device."""
    return os.environ.get(DEVICE_VARIABLE) or None


def read_network_options() -> NetworkOptions:
    """Read the device and the batch size of networks.

    Raises:
        ModelError: the batch size is not a number or is out of range.
    """
    from inference.errors import ModelError
    from inference.models.network import MAX_BATCH_SIZE, NetworkOptions

    text = os.environ.get(BATCH_SIZE_VARIABLE) or None
    if text is not None and not (text.isdecimal() and 1 <= int(text) <= MAX_BATCH_SIZE):
        raise ModelError(f"{BATCH_SIZE_VARIABLE}: expected a number from 1 to {MAX_BATCH_SIZE}. Received: {text!r}")
    return NetworkOptions(read_device(), None if text is None else int(text))
