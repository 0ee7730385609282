from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.models.bundle import write_bundle
from inference.models.engine import load_engine
from inference.models.tensorflow_engine import open_session
from tests.support import public_graphs


@dataclass(frozen=True)
class Published:
    """What is documented of a graph: where the image goes in, what the outputs are, and how pixels are normalised."""

    build: Callable[[], Any]
    image: str
    scores: str
    embedding: str
    features: str
    side: int
    input_range: tuple[float, float]
    classes: int


PUBLISHED = {
    "2015": Published(
        public_graphs.inception_2015, "Mul:0", "softmax:0", "pool_3:0", "mixed_10/join:0", 299, (-1.0, 127 / 128), 1008
    ),
    "2016": Published(
        public_graphs.inception_2016,
        "input:0",
        "InceptionV3/Predictions/Reshape_1:0",
        "InceptionV3/Logits/AvgPool_1a_8x8/AvgPool:0",
        "InceptionV3/InceptionV3/Mixed_7c/concat:0",
        299,
        (-1.0, 1.0),
        1001,
    ),
    "5h": Published(
        public_graphs.inception5h, "input:0", "output:0", "avgpool0:0", "mixed5b:0", 224, (-117.0, 138.0), 1008
    ),
}


def noise(count: int, side: int) -> np.ndarray:
    """Images of different brightness and contrast, so that the answers differ."""
    rng = np.random.default_rng(1)
    return np.stack([rng.integers(0, 60 + 60 * number, (side, side, 3)) for number in range(count)]).astype(np.uint8)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        pytest.param("2015", CompileOptions(quantize="none"), marks=pytest.mark.slow),
        pytest.param("2015", CompileOptions(engine="tensorflow"), marks=pytest.mark.slow),
        ("2016", CompileOptions()),
        ("5h", CompileOptions(engine="tensorflow")),
        pytest.param("2015", CompileOptions(), marks=pytest.mark.slow),
        pytest.param("2016", CompileOptions(quantize="none"), marks=pytest.mark.slow),
        pytest.param("2016", CompileOptions(quantize="float16"), marks=pytest.mark.slow),
        pytest.param("5h", CompileOptions(quantize="none"), marks=pytest.mark.slow),
        pytest.param("5h", CompileOptions(), marks=pytest.mark.slow),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{value.engine or 'litert'}-{value.quantize}",
)
def test_a_public_graph_gives_what_the_original_gives(tmp_path: Path, name: str, options: CompileOptions) -> None:
    published = PUBLISHED[name]
    graph = published.build()
    path = tmp_path / "graph.pb"
    path.write_bytes(graph.SerializeToString())
    compiled = compile_model(path, options=options)
    assert (compiled.height, compiled.width, compiled.classes) == (published.side, published.side, published.classes)
    assert compiled.input_range == pytest.approx(published.input_range)
    assert compiled.findings[1:] == ()

    labels = [str(number) for number in range(compiled.classes)]
    bundle = write_bundle(tmp_path, compiled.spec("compiled"), network=compiled.content, labels=labels)
    pixels = noise(3, published.side)
    output = load_engine(bundle).run(pixels, features=True)
    low, high = published.input_range
    nodes = (published.scores, published.embedding, published.features)
    with open_session(graph, threads=2) as session:
        images = (pixels / 255 * (high - low) + low).astype(np.float32)
        rows = [session.run(nodes, {published.image: image[np.newaxis]}) for image in images]
    assert output.embedding is not None
    assert output.features is not None
    outputs = (output.probabilities, output.embedding, output.features)
    for received, expected in zip(outputs, zip(*rows, strict=True), strict=True):
        original = np.concatenate(expected).reshape(received.shape)
        if compiled.quantization == "none":
            np.testing.assert_allclose(received, original, rtol=1e-3, atol=1e-5 * np.abs(original).max())
        else:
            assert np.corrcoef(received.ravel(), original.ravel())[0, 1] > 0.99
    assert np.abs(output.embedding[0] - output.embedding[2]).max() > 0.01
