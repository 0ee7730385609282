from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from inference.errors import ModelError
from inference.teaching.quantisation import dequantise, quantise
from tests.support.examples import examples

NUMBERS = st.floats(-(2.0**99), 2.0**99, width=32)


@settings(max_examples=examples(200), deadline=None)
@given(arrays(np.float32, st.integers(1, 40), elements=NUMBERS))
def test_an_embedding_comes_back_within_half_a_step(embedding: npt.NDArray[np.float32]) -> None:
    stored = quantise(embedding)
    again = dequantise(stored)
    assert len(stored) <= len(embedding) + 16
    assert again.dtype == np.float32
    step = (np.float64(embedding.max()) - embedding.min()) / 255
    limit = step * 0.51 + np.abs(embedding.astype(np.float64)).max() * 1e-6 + 1e-37
    assert (np.abs(again.astype(np.float64) - embedding) <= limit).all()
    # What was stored once is stored alike again, so that a photo is known as the same.
    np.testing.assert_allclose(dequantise(quantise(again)), again, atol=float(step) * 0.01 + float(limit) * 0.01)


@pytest.mark.parametrize("embedding", [np.zeros((2, 2)), np.zeros(0), np.array([1, np.nan]), np.array([np.inf, 1])])
def test_what_is_no_embedding_is_refused(embedding: npt.NDArray[np.float64]) -> None:
    with pytest.raises(ModelError, match=r"^expected .*Received"):
        quantise(embedding.astype(np.float32))


@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_numbers_or_are_refused(stored: bytes) -> None:
    try:
        embedding = dequantise(stored)
    except ModelError:
        return
    assert embedding.shape == (len(stored) - 8,)
    assert np.isfinite(embedding).all()
