"""Taught classes and a head on the same network are judged on the same photos."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from inference import ModelStore
from inference.errors import ModelError
from inference.models.bundle import Bundle
from inference.teaching.judging import EmbeddingReader, Judgement, judge_model, judge_taught
from inference.teaching.reference import Reference
from tests.support.colour_models import install_colours, install_head

CHANNELS = 3
# Embeddings of a model of colours are mean colours from -1 to 1.
RED, GREEN = np.array([1, -1, -1], np.float32), np.array([-1, 1, -1], np.float32)


def near(colour: npt.NDArray[np.float32], count: int, seed: int) -> npt.NDArray[np.float32]:
    noise = np.random.default_rng(seed).normal(scale=0.05, size=(count, CHANNELS))
    return np.asarray(colour + noise, np.float32)


@pytest.fixture
def reference() -> Reference:
    """Of greyish photos."""
    return Reference.of(np.random.default_rng(0).normal(scale=0.2, size=(64, CHANNELS)).astype(np.float32))


@pytest.fixture
def base(tmp_path: Path) -> Bundle:
    return install_colours(ModelStore(tmp_path), tmp_path)


def test_more_right_and_no_more_mistaken_is_better() -> None:
    before = Judgement(5, 10, 2, 20)
    assert Judgement(6, 10, 2, 20).is_better_than(before)
    assert not Judgement(5, 10, 0, 20).is_better_than(before)
    assert not Judgement(10, 10, 3, 20).is_better_than(before)


def test_a_network_says_nothing_about_embeddings_and_its_head_does(tmp_path: Path, base: Bundle) -> None:
    head = install_head(ModelStore(tmp_path), base, "red", 0)
    reader, plain = EmbeddingReader.read(head), EmbeddingReader.read(base)
    assert reader.network == plain.network
    embeddings = np.stack([RED, GREEN])
    assert plain.names(embeddings) == [None, None]
    assert reader.names(embeddings) == ["red", "not red"]
    assert reader.names(embeddings[:0]) == []
    with pytest.raises(ModelError, match="channels"):
        reader.names(np.zeros((1, 4), np.float32))


def test_both_are_judged_on_the_same_photos(tmp_path: Path, base: Bundle, reference: Reference) -> None:
    learnt = {"red": near(RED, 4, 1), "leaf": near(GREEN, 4, 2)}
    held_out = {"red": near(RED, 3, 3), "leaf": near(GREEN, 2, 4)}
    taught = judge_taught(learnt, held_out, reference, EmbeddingReader.read(base))
    assert (taught.right, taught.photos, taught.unrelated) == (5, 5, 32)
    assert taught.mistaken <= 2
    head = EmbeddingReader.read(install_head(ModelStore(tmp_path), base, "red", 0))
    judged = judge_model(head, learnt, held_out, reference)
    # It knows red, calls leaves "not red", and takes reddish grey for red.
    assert (judged.right, judged.photos, judged.unrelated) == (3, 5, 32)
    assert judged.mistaken > taught.mistaken
    # A model's own label counts for what the taught classes do not recognise.
    both = judge_taught({"leaf": learnt["leaf"]}, {"red": held_out["red"]}, reference, head)
    assert both.right == 3


def test_a_damaged_model_is_one_error(base: Bundle) -> None:
    base.network.unlink()
    with pytest.raises(ModelError):
        EmbeddingReader.read(base)
