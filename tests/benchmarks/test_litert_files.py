"""CPU time and memory of files that are written without TensorFlow, beside those of its converter.

`pytest -m benchmark -s tests/benchmarks/test_litert_files.py` prints the figures.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from inference.compiler.comparison import sample_images
from inference.litert.activation_ranges import efficientnet_lite_ranges
from inference.litert.efficientnet_lite import INPUT_RANGE, SCALINGS, efficientnet_lite
from inference.litert.graph import Graph
from inference.litert.keras_weights import read_inception_v3
from inference.litert.packages import packaged_file
from inference.litert.torch_file import read_torch_file
from inference.litert.writer import Mode, write_network
from inference.models.built_in import PACKAGE, WEIGHTS
from tests.support.inception_weights import random_layers, write_weights
from tests.support.litert_files import LiteRTFile

pytestmark = pytest.mark.benchmark

ROUNDS = 21
# Of the same network: what remains is noise.
AS_FAST = 1.03
MAX_BUILD_S, MAX_BUILD_BYTES = 3.0, 350 * 2**20


@pytest.fixture(scope="module")
def weights() -> dict[str, Any]:
    return read_torch_file(packaged_file(PACKAGE, WEIGHTS).read_bytes())


@pytest.fixture(scope="module")
def inception_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "inception.h5"
    write_weights(path, random_layers())
    return path


@pytest.fixture(scope="module")
def inception(inception_file: Path) -> Graph:
    graph = read_inception_v3(inception_file)
    assert graph is not None
    return graph


def ratio(
    name: str, ours: bytes | memoryview, theirs: bytes | memoryview, sides: tuple[int, int], range_: Any
) -> float:
    """CPU time of the first file by that of the second: the median of rounds in which both take turns."""
    files = [LiteRTFile(content) for content in (ours, theirs)]
    images = [np.zeros((1, side, side, 3), np.uint8) for side in sides]
    times_ms: list[list[float]] = []
    for _ in range(ROUNDS + 1):
        times_ms.append([])
        for file, image in zip(files, images, strict=True):
            begun_s = time.thread_time()
            for _ in range(4):
                file.run(image, range_)
            times_ms[-1].append((time.thread_time() - begun_s) * 1e3 / 4)
    measured = np.array(times_ms[1:])
    found = float(np.median(measured[:, 0] / measured[:, 1]))
    print(f"\n{name}: {np.median(measured[:, 0]):.2f} ms against {np.median(measured[:, 1]):.2f}, ratio {found:.2f}")
    return found


@pytest.mark.parametrize(("quantization", "quantize"), [("none", "none"), ("int8", "int8"), ("dynamic", "dynamic")])
def test_efficientnet_is_as_fast_as_by_the_converter(
    weights: dict[str, Any], quantization: Mode, quantize: Any
) -> None:
    from tests.inference.litert.test_against_tensorflow import compiled_by_tensorflow
    from tests.support.keras_twins import keras_efficientnet_lite

    table = np.linspace(*INPUT_RANGE, 256, dtype=np.float32)
    samples = [table.take(image[np.newaxis]) for image in sample_images([], 224, 224)[:14]]
    theirs = compiled_by_tensorflow(keras_efficientnet_lite(weights, 0, 224), 224, quantize, samples)
    ours = write_network(efficientnet_lite(weights, SCALINGS[0]), quantization, efficientnet_lite_ranges(0))
    assert ratio(f"EfficientNet-Lite0 {quantization}", ours, theirs, (224, 224), INPUT_RANGE) <= AS_FAST


def test_inception_is_as_fast_as_by_the_converter(inception: Graph) -> None:
    from tests.inference.litert.test_against_tensorflow import compiled_by_tensorflow
    from tests.support.keras_twins import keras_inception_v3

    theirs = compiled_by_tensorflow(keras_inception_v3(random_layers()), 299)
    ours = write_network(inception, "dynamic")
    assert ratio("Inception-v3", ours, theirs, (299, 299), inception.input_range) <= AS_FAST


def test_the_built_in_model_takes_a_quarter_of_inceptions_time(weights: dict[str, Any], inception: Graph) -> None:
    ours = write_network(efficientnet_lite(weights, SCALINGS[0]), "int8", efficientnet_lite_ranges(0))
    theirs = write_network(inception, "dynamic")
    assert ratio("EfficientNet-Lite0 int8 and Inception-v3", ours, theirs, (224, 299), INPUT_RANGE) <= 0.25


def test_float_depthwise_weights_save_a_third_of_mobilenets_time() -> None:
    import keras
    import tensorflow as tf

    from inference.compiler.depthwise import float_depthwise
    from inference.compiler.saved_model import write_saved_model

    model = keras.applications.MobileNetV2(weights=None)
    with tempfile.TemporaryDirectory() as folder:
        write_saved_model(
            lambda image: {"probabilities": model(image, training=False)}, Path(folder), height=224, width=224
        )
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        before = bytes(converter.convert())
    assert ratio("MobileNet v2", float_depthwise(before), before, (224, 224), (-1.0, 1.0)) <= 0.7


# What a program prints of itself alone: getrusage would count the memory of the process that started it, too.
MEASURED = """
import re, sys
from bot.cli import main
try: main()
except SystemExit: pass
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""


def test_inception_is_compiled_within_little_time_and_memory(inception_file: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"thing {number}\n" for number in range(10)))
    options = ("--labels", str(labels), "--name", "inception", "--home", str(tmp_path))
    command = [sys.executable, "-c", MEASURED, "models", "install", str(inception_file), *options]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of the processor: others that run on this machine are no part of it.
    took_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    used_bytes = int(run.stdout.split()[-1]) * 1024
    print(f"\nInception-v3 from .h5: {took_s:.2f} s, {used_bytes / 2**20:.0f} MiB")
    assert took_s <= MAX_BUILD_S
    assert used_bytes <= MAX_BUILD_BYTES
