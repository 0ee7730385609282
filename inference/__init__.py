"""Images in, labels out.

The public names are imported when they are first used: a worker process and `labelbot label` come through this file,
too, and need no event loop and no pool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference import errors
    from inference.bundle import ModelSpec
    from inference.download import download_image
    from inference.download_process import download_image_apart
    from inference.pool import InferencePool
    from inference.prediction import Classification, Prediction, Timings
    from inference.store import ModelStore

# Answers where nobody chose another model. Its weights come as a package; it is built when it is first used.
DEFAULT_MODEL = "efficientnet_lite0"
# Comes whole, and so is there whatever else is not.
STARTER = "starter"

__all__ = [
    "DEFAULT_MODEL",
    "STARTER",
    "Classification",
    "InferencePool",
    "ModelSpec",
    "ModelStore",
    "Prediction",
    "Timings",
    "download_image",
    "download_image_apart",
    "errors",
]

_DEFINED_IN = {
    "Classification": "prediction",
    "InferencePool": "pool",
    "ModelSpec": "bundle",
    "ModelStore": "store",
    "Prediction": "prediction",
    "Timings": "prediction",
    "download_image": "download",
    "download_image_apart": "download_process",
}


def __getattr__(name: str) -> object:
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_DEFINED_IN[name]}"), name)
