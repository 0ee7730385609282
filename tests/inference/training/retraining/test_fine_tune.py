from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from inference.compiler.keras_model import compile_keras
from inference.litert.signature import OUTPUTS
from inference.models.bundle import KERAS_FILE, Bundle
from inference.models.spec import ModelSpec
from inference.models.store import ModelStore
from inference.networks.archive import encode_network, load_network
from inference.networks.blocks import classifier, conv_bn_relu, with_outputs
from inference.networks.errors import NetworkError
from inference.training.errors import InvalidSetting
from inference.training.retraining.fine_tune import FineTuneConfig, load_tunable
from tests.support.colour_photos import colour_photo, write_photos
from tests.support.program import Program

SIDE = 16
LABELS = ("this", "that", "other")


def small_network() -> keras.Model:
    keras.utils.set_random_seed(0)
    image = keras.Input((None, None, 3), name="image")
    x = conv_bn_relu(image, 8, 3, strides=2, name="stem")
    x = conv_bn_relu(x, 8, 3, strides=2, name="mixed_1")
    return classifier(image, x, len(LABELS), name="small")


def install(store: ModelStore, network: keras.Model, name: str = "small", **changes: Any) -> Bundle:
    """Install a network as `labelbot train` does, its specification changed."""
    spec = ModelSpec(
        name=name,
        version="0" * 12,
        height=SIDE,
        width=SIDE,
        input_range=(-1.0, 1.0),
        crop=1.0,
        classes=len(LABELS),
        outputs=OUTPUTS,
    )
    content = compile_keras(with_outputs(network), height=SIDE, width=SIDE)
    extras = {KERAS_FILE: encode_network(network)}
    return store.add(replace(spec, **changes), network=content, labels=LABELS, extras=extras)


def weights(network: keras.Model, layer: str) -> np.ndarray[Any, Any]:
    return np.asarray(network.get_layer(layer).get_weights()[0])


@pytest.mark.slow
def test_the_blocks_named_and_the_last_layer_learn_and_nothing_else(program: Program, tmp_path: Path) -> None:
    store, before = ModelStore(program.home), small_network()
    install(store, before)
    photos = write_photos(tmp_path / "photos", {"cold": 60, "warm": 20})
    (photos / "warm" / "cut.png").write_bytes(colour_photo("warm", 99)[:150])
    options = ["--base", "small", "--fine-tune", "mixed", "--fine-tune-epochs", "3", "--fine-tune-rate", "0.05"]
    done = program("retrain", photos, "--name", "mine", "--epochs", "5", "--tensorboard", *options)
    assert done.status == 0, done.err
    assert "the head alone: top-1 " in done.out
    assert "fine-tuning epoch   3: loss " in done.out
    assert "top-1 100.0%" in done.out

    mine = store.find("mine")
    assert (mine.spec.head, mine.spec.classes, mine.spec.outputs) == (False, 2, OUTPUTS)
    assert mine.spec.source == "fine-tuned from small"
    after = load_network(mine.directory / KERAS_FILE)
    assert after.output_shape == (None, 2)
    np.testing.assert_array_equal(weights(after, "stem"), weights(before, "stem"))
    assert not np.array_equal(weights(after, "mixed_1"), weights(before, "mixed_1"))
    for variable in ("moving_mean", "moving_variance"):
        np.testing.assert_array_equal(
            getattr(after.get_layer("mixed_1_bn"), variable), getattr(before.get_layer("mixed_1_bn"), variable)
        )

    photo = tmp_path / "photo.png"
    photo.write_bytes(colour_photo("warm", 1000))
    assert program("label", "--model", "mine", photo).out.startswith("warm (score = ")
    # The fine-tuned model can be a base, like any model from `labelbot train`.
    again = program("retrain", photos, "--name", "next", "--base", "mine", "--epochs", "2")
    assert again.status == 0, again.err
    assert load_tunable(mine, FineTuneConfig(("mixed",))).network.output_shape == (None, 2)


def test_what_has_no_archive_of_its_own_is_not_fine_tuned(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    config = FineTuneConfig(("mixed",))
    with pytest.raises(NetworkError, match=r"as `labelbot train` installs, to fine-tune\. Received: 'starter'"):
        load_tunable(store.find("starter"), config)
    network = small_network()
    with pytest.raises(NetworkError, match=r"Received: 'bright'"):
        load_tunable(install(store, network, "bright", input_range=(0.0, 1.0)), config)
    small = install(store, network)
    assert load_tunable(small, config).network.name == "small"
    with pytest.raises(NetworkError, match=r"expected blocks of small: stem, mixed, logits.*Received: 'nothing'"):
        load_tunable(small, FineTuneConfig(("mixed", "nothing")))
    bare = keras.Sequential([keras.Input((SIDE, SIDE, 3)), keras.layers.Flatten(), keras.layers.Dense(3)])
    (small.directory / KERAS_FILE).write_bytes(encode_network(bare))
    with pytest.raises(NetworkError, match="expected layers named embedding, features, logits"):
        load_tunable(small, config)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"blocks": ()}, "fine tune"),
        ({"blocks": ("mixed", "")}, "fine tune"),
        ({"epochs": 0}, "fine tune epochs"),
        ({"learning_rate": 0.0}, "peak_learning_rate"),
        ({"batch_size": 0}, "batch_size"),
        ({"seed": -1}, "seed"),
    ],
)
def test_settings_out_of_range_are_named(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidSetting, match=f"^{name}: expected "):
        FineTuneConfig(**{"blocks": ("mixed",), **changes})
