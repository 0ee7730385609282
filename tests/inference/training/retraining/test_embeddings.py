from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from inference.errors import ModelError
from inference.models.store import ModelStore
from inference.training.data.photos import open_photos
from inference.training.retraining.distortions import Distortions
from inference.training.retraining.embedding_cache import EmbeddingCache
from inference.training.retraining.embeddings import EmbeddedPhotos, embed_photos
from tests.support.colour_models import install_colours
from tests.support.colour_photos import colour_photo, write_photos
from tests.support.processes import children, until

Embed = Callable[..., Awaitable[EmbeddedPhotos]]


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_photos(tmp_path / "photos", {"cold": 30, "warm": 30})


@pytest.fixture
def embed(store: ModelStore, photos: Path, tmp_path: Path) -> Embed:
    """Embed what is in the folder of photos with the model `colours`, from a cache that is read anew."""

    async def embed(
        distortions: Distortions | None = None, *, advance: Callable[[], None] = lambda: None
    ) -> EmbeddedPhotos:
        base = store.find("colours")
        return await embed_photos(
            open_photos(photos),
            store=store,
            base=base,
            cache=EmbeddingCache(tmp_path / "embeddings", base),
            distortions=distortions or Distortions(),
            advance=advance,
        )

    return embed


async def test_embeddings_are_those_of_the_photos_in_their_order(embed: Embed) -> None:
    advanced: list[None] = []
    embedded = await embed(advance=lambda: advanced.append(None))
    assert len(advanced) == len(embedded.photos) == embedded.computed == 60
    for split in ("train", "validation", "test"):
        photos, data = embedded.of(split), embedded.standard(split)
        assert [photo.name for photo in photos] == sorted(photo.name for photo in photos)
        assert [photo.name.split("/")[0] for photo in photos] == [("cold", "warm")[label] for label in data.truth]
        red, _, blue = data.embeddings.T
        np.testing.assert_array_equal(red > blue, data.truth == 1)
        assert data.embeddings.dtype == np.float32
    assert sum(len(embedded.of(split)) for split in ("train", "validation", "test")) == 60


async def test_what_is_known_is_not_computed_again(embed: Embed, photos: Path) -> None:
    first = await embed()
    processes = children()
    again = await embed(advance=lambda: processes.update(children()))
    assert processes == children(), "no worker is started for nothing"
    assert again.computed == 0
    np.testing.assert_array_equal(again.standard("train").embeddings, first.standard("train").embeddings)
    (photos / "warm" / "003.png").write_bytes(colour_photo("warm", 999))
    (photos / "warm" / "004.png").rename(photos / "warm" / "moved.png")
    assert (await embed()).computed == 1


async def test_distorted_photos_multiply_the_embeddings_of_training_alone(embed: Embed) -> None:
    plain = await embed()
    several = await embed(Distortions(flip=True, brightness_percent=50, copies=3))
    trained = len(several.of("train"))
    assert several.computed == 3 * trained
    assert len(several.augmented("train")) == 4 * trained
    np.testing.assert_array_equal(several.augmented("train").truth, np.repeat(several.standard("train").truth, 4))
    np.testing.assert_array_equal(several.augmented("train").embeddings[::4], plain.standard("train").embeddings)
    assert len(several.augmented("test")) == len(several.of("test"))


async def test_a_photo_that_cannot_be_read_is_listed_and_the_others_are_taken(embed: Embed, photos: Path) -> None:
    whole = photos / "warm" / "005.png"
    whole.write_bytes(whole.read_bytes()[:120])
    embedded = await embed()
    assert [(item.name, "damaged" in item.reason) for item in embedded.skipped] == [("warm/005.png", True)]
    assert len(embedded.photos) == 59


async def test_what_was_computed_before_a_stop_is_kept(embed: Embed) -> None:
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1

    before = children()
    running = asyncio.ensure_future(embed(advance=advance))
    await until(lambda: done >= 10)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert children() == before
    assert (await embed()).computed <= 50


async def test_a_base_that_is_replaced_meanwhile_ends_the_work(photos: Path, tmp_path: Path) -> None:
    store = ModelStore(tmp_path / "home")
    base = install_colours(store, tmp_path)
    cache = EmbeddingCache(tmp_path / "embeddings", base)
    install_colours(store, tmp_path, labels=("rouge", "vert", "bleu"))
    with pytest.raises(ModelError, match="expected the base colours to stay as it was"):
        await embed_photos(
            open_photos(photos),
            store=store,
            base=base,
            cache=cache,
            distortions=Distortions(),
            advance=lambda: None,
        )
    assert not (tmp_path / "embeddings").exists(), "what another model computed is nothing to keep"
