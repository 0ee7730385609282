"""Measurement of activation ranges: `python -m inference.litert.measure_ranges PHOTOS WEIGHTS...` prints JSON.

PHOTOS is a folder of photos, WEIGHTS are files of EfficientNet-Lite's weights (.pth). The output is the content of
activation_ranges.json: by the number of each network, the range of each result that an int8 network computes in
integers. The networks run in float32, on the part of each photo that classification uses. 400 photos take about ten
seconds per network.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
from ai_edge_litert.interpreter import Interpreter

from inference.errors import ImageError
from inference.images.decode import load_pixels
from inference.litert.activation_ranges import CROP
from inference.litert.efficientnet_lite import SCALINGS, efficientnet_lite, network_number
from inference.litert.graph import Graph
from inference.litert.signature import IMAGE, SIGNATURE
from inference.litert.torch_file import read_torch_file
from inference.litert.writer import INTEGER_KINDS, Ranges, write_network

# Number of significant digits in the output: about the precision of float32, and short enough to compare by eye.
DIGITS = 6


def measure_ranges(graph: Graph, photos: Iterable[npt.NDArray[np.uint8]]) -> Ranges:
    """Run a network on photos, and return the range of each result.

    Args:
        graph: network; its outputs are replaced by all results that an int8 network computes in integers.
        photos: pixels of each photo, uint8 (height, width, 3), RGB; at least one photo.

    Returns:
        Lowest and highest value of each result, by the names of tensors.
    """
    measured = {layer.output.name: layer.output for layer in graph.layers if layer.kind in INTEGER_KINDS}
    graph.outputs = measured
    threads = len(os.sched_getaffinity(0))
    interpreter = Interpreter(model_content=bytes(write_network(graph, "none")), num_threads=threads)
    network = interpreter.get_signature_runner(SIGNATURE)
    table = np.linspace(*graph.input_range, 256, dtype=np.float32)
    lows, highs = dict.fromkeys(measured, np.inf), dict.fromkeys(measured, -np.inf)
    for photo in photos:
        for name, values in network(**{IMAGE: table.take(photo[np.newaxis])}).items():
            lows[name], highs[name] = min(lows[name], values.min()), max(highs[name], values.max())
    return {name: (_rounded(lows[name]), _rounded(highs[name])) for name in measured}


def _rounded(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")


def main(photos: Path, *weights: Path) -> None:
    ranges = {}
    for path in weights:
        tensors = read_torch_file(path.read_bytes())
        number = network_number(tensors)
        graph = efficientnet_lite(tensors, SCALINGS[number])
        ranges[str(number)] = measure_ranges(graph, _load_all(photos, SCALINGS[number].side))
    sys.stdout.write(json.dumps(ranges, indent=1) + "\n")


def _load_all(folder: Path, side: int) -> Iterable[npt.NDArray[np.uint8]]:
    for path in sorted(folder.iterdir()):
        try:
            yield load_pixels(path.read_bytes(), height=side, width=side, crop=CROP)
        except ImageError:
            continue


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
