from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from inference.errors import ModelError
from inference.models.bundle import LITERT_FILE, Bundle, read_labels
from inference.models.store import ModelStore
from inference.training.retraining.bases import check_base, choose_base
from tests.support.colour_models import install_colours, install_head


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    return ModelStore(tmp_path / "home")


@pytest.fixture
def colours(store: ModelStore, tmp_path: Path) -> Bundle:
    return install_colours(store, tmp_path)


def copy(store: ModelStore, bundle: Bundle, **changes: object) -> Bundle:
    """Install a model anew with other things said of it."""
    spec = replace(bundle.spec, **changes)  # type: ignore[arg-type]  # the tests below know the fields
    return store.add(spec, network=bundle.directory / LITERT_FILE, labels=read_labels(bundle))


def test_the_model_that_knows_the_most_classes_is_the_base(store: ModelStore, colours: Bundle) -> None:
    assert choose_base(store).spec.name == "efficientnet_lite0"
    copy(store, store.find("starter"), name="fewer", accuracy=1.0)
    copy(store, store.find("efficientnet_lite0"), name="worse", accuracy=0.3)
    better = copy(store, store.find("efficientnet_lite0"), name="better", accuracy=0.99)
    copy(store, store.find("efficientnet_lite0"), name="blind", accuracy=1.0, outputs=("probabilities",))
    assert choose_base(store) == better


def test_what_cannot_be_retrained_is_refused(store: ModelStore, colours: Bundle) -> None:
    assert check_base(colours) == colours
    install_head(store, colours, "warm", 0)
    copy(store, colours, name="blind", outputs=("probabilities",))
    with pytest.raises(ModelError, match=r"last layer of its own\. Received: 'warm', which has one on colours"):
        check_base(store.find("warm"))
    with pytest.raises(ModelError, match=r"exposes its embedding\. Received: 'blind'"):
        check_base(store.find("blind"))
