from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

from inference.errors import ModelNotFound
from inference.models.store import ModelStore
from inference.networks.archive import encode_network, find_archive, load_network
from inference.networks.blocks import classifier, conv_bn_relu
from inference.networks.errors import NetworkError


def small_network() -> keras.Model:
    image = keras.Input((None, None, 3), name="image")
    return classifier(image, conv_bn_relu(image, 16, 3, name="stem"), 3, name="small")


@pytest.fixture(scope="module")
def content() -> bytes:
    return encode_network(small_network())


def test_an_archive_gives_the_same_network_back(tmp_path: Path) -> None:
    network = small_network()
    (tmp_path / "network.keras").write_bytes(encode_network(network))
    loaded = load_network(tmp_path / "network.keras")
    images = np.random.default_rng(0).uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32)
    np.testing.assert_allclose(loaded(images), network(images), rtol=1e-6)
    assert [layer.name for layer in loaded.layers] == [layer.name for layer in network.layers]


def with_member(content: bytes, name: str, change: Callable[[bytes], bytes | None]) -> bytes:
    """A zip file with one member changed, or left out."""
    changed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(changed, "w") as new:
        for member in old.namelist():
            data = change(old.read(member)) if member == name else old.read(member)
            if data is not None:
                new.writestr(member, data)
    return changed.getvalue()


def test_archives_of_0_2_name_the_folder_of_then_and_are_read(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "old.keras"
    here, then = b'"inference.networks.blocks"', b'"inference.training.networks.blocks"'
    old = with_member(content, "config.json", lambda config: config.replace(here, then))
    assert old != content
    path.write_bytes(old)
    assert load_network(path).count_params() == small_network().count_params()


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"no zip file",
        lambda content: content[: len(content) // 2],
        lambda content: with_member(content, "config.json", lambda _: None),
        lambda content: with_member(content, "config.json", lambda _: b"{"),
        lambda content: with_member(content, "config.json", lambda _: b"[1]"),
        lambda content: with_member(content, "config.json", lambda old: old.replace(b'"inbound_nodes"', b'"x"')),
        lambda content: with_member(content, "config.json", lambda old: old.replace(b"FusedBatchNorm", b"OtherNorm")),
        lambda content: with_member(content, "model.weights.h5", lambda _: None),
        lambda content: with_member(content, "model.weights.h5", lambda _: b"no HDF5 file"),
    ],
)
def test_damage_is_told_in_one_sentence(tmp_path: Path, content: bytes, damage: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "damaged.keras"
    path.write_bytes(damage(content))
    with pytest.raises(NetworkError, match=r"expected a Keras archive in .*damaged\.keras\. Received: ") as refused:
        load_network(path)
    assert "\n" not in str(refused.value)


def test_code_in_an_archive_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "code.keras"
    keras.Sequential([keras.Input((3,)), keras.layers.Lambda(lambda x: x)]).save(path)
    with pytest.raises(NetworkError, match=r"Received: .*keras\.layers\.Lambda are not among"):
        load_network(path)


def test_a_source_is_a_file_or_a_model_with_an_archive(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    assert find_archive(store, "some/where.keras") == Path("some/where.keras")
    with pytest.raises(ModelNotFound, match="'absent'"):
        find_archive(store, "absent")
    with pytest.raises(FileNotFoundError):
        load_network(tmp_path / "absent.keras")
