"""Labels images.

The public names are imported when they are first used. Worker processes and `labelbot label` also import this file, and
do not need the event loop and the pool.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inference import errors
    from inference.catalog.catalog import load_catalog
    from inference.cluster.cluster import Cluster
    from inference.images.web.download import download_image
    from inference.images.web.download_process import download_image_apart
    from inference.models.defaults import AUTO, DEFAULT_MODEL, PREFERRED_MODEL, STARTER, default_model
    from inference.models.prediction import Classification, Frames, Prediction, Timings
    from inference.models.spec import HELD_OUT, ModelSpec
    from inference.models.store import ModelStore
    from inference.models.vocabulary import Vocabulary
    from inference.naming.blocklist import Blocklist, class_key, covers, kind_key, name_of_key
    from inference.naming.headline import KindScore
    from inference.pool.pool import InferencePool
    from inference.teaching.report import TaughtScore
    from inference.teaching.taught_classes import TaughtClasses

__all__ = [
    "AUTO",
    "DEFAULT_MODEL",
    "HELD_OUT",
    "PREFERRED_MODEL",
    "STARTER",
    "Blocklist",
    "Classification",
    "Cluster",
    "Frames",
    "InferencePool",
    "KindScore",
    "ModelSpec",
    "ModelStore",
    "Prediction",
    "TaughtClasses",
    "TaughtScore",
    "Timings",
    "Vocabulary",
    "class_key",
    "covers",
    "default_model",
    "download_image",
    "download_image_apart",
    "errors",
    "kind_key",
    "load_catalog",
    "name_of_key",
]

_DEFINED_IN = {
    "AUTO": "models.defaults",
    "DEFAULT_MODEL": "models.defaults",
    "PREFERRED_MODEL": "models.defaults",
    "default_model": "models.defaults",
    "STARTER": "models.defaults",
    "load_catalog": "catalog.catalog",
    "Blocklist": "naming.blocklist",
    "Classification": "models.prediction",
    "Cluster": "cluster.cluster",
    "Frames": "models.prediction",
    "InferencePool": "pool.pool",
    "KindScore": "naming.headline",
    "HELD_OUT": "models.spec",
    "ModelSpec": "models.spec",
    "ModelStore": "models.store",
    "Prediction": "models.prediction",
    "TaughtClasses": "teaching.taught_classes",
    "TaughtScore": "teaching.report",
    "Timings": "models.prediction",
    "Vocabulary": "models.vocabulary",
    "download_image": "images.web.download",
    "download_image_apart": "images.web.download_process",
    "class_key": "naming.blocklist",
    "covers": "naming.blocklist",
    "kind_key": "naming.blocklist",
    "name_of_key": "naming.blocklist",
}


def __getattr__(name: str) -> object:
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_DEFINED_IN[name]}"), name)
