from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from inference.compiler.surgery import upgrade_operators
from inference.models.tensorflow_engine import open_session
from tests.support.examples import examples
from tests.support.graphs import GraphBuilder
from tests.support.public_graphs import PRODUCER_2015


def batch_norm(values: dict[str, np.ndarray], *, epsilon: float, scaled: bool) -> Any:
    """A graph of the operator that TensorFlow removed, from the placeholder `x` to `y`."""
    build = GraphBuilder(PRODUCER_2015)
    build.node("Placeholder", "x", kind=None, dtype=tf.float32)
    parts = [build.const(name, values[name]) for name in ("mean", "variance", "beta", "gamma")]
    build.node(
        "BatchNormWithGlobalNormalization",
        "norm",
        "x",
        *parts,
        variance_epsilon=epsilon,
        scale_after_normalization=scaled,
    )
    build.node("CheckNumerics", "check", "norm", message="batch norm")
    build.node("Identity", "y", "check", "^check")
    return build.graph


def run(graph: Any, x: np.ndarray) -> np.ndarray:
    with open_session(graph, threads=1) as session:
        return np.asarray(session.run("y:0", {"x:0": x}))


@settings(deadline=None, max_examples=examples(50))
@given(
    channels=st.integers(1, 8),
    epsilon=st.sampled_from([1e-5, 1e-3, 0.1]),
    scaled=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    spread=st.floats(0.1, 10),
)
def test_the_removed_batch_norm_is_rewritten_exactly(
    channels: int, epsilon: float, scaled: bool, seed: int, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    values = {name: rng.normal(0, spread, channels).astype(np.float32) for name in ("mean", "beta", "gamma")}
    values["variance"] = rng.uniform(0, spread, channels).astype(np.float32)
    x = rng.normal(0, spread, (2, 3, 3, channels)).astype(np.float32)
    graph = batch_norm(values, epsilon=epsilon, scaled=scaled)
    modern = upgrade_operators(graph)
    assert modern.versions.producer == tf.version.GRAPH_DEF_VERSION
    assert {node.op for node in modern.node}.isdisjoint({"BatchNormWithGlobalNormalization", "CheckNumerics"})
    assert not any(name.startswith("^") for node in modern.node for name in node.input)
    wide = {name: value.astype(np.float64) for name, value in values.items()}
    scale = (wide["gamma"] if scaled else 1.0) / np.sqrt(wide["variance"] + epsilon)
    exact = (x - wide["mean"]) * scale + wide["beta"]
    # Rounding error of float32 for the largest intermediate number.
    rounding = 1e-6 * (np.abs(x * scale) + np.abs(wide["mean"] * scale) + np.abs(wide["beta"])).max()
    np.testing.assert_allclose(run(modern, x), exact, rtol=1e-5, atol=rounding)
    np.testing.assert_allclose(run(modern, x), run(graph, x), rtol=1e-5, atol=rounding)
