"""The baseline of the pool's benchmark: LiteRT in a plain loop.

`python -m inference.benchmarks.bare_loop MODEL_FOLDER IMAGE` reads a number from each line of its standard input,
labels the image that many times, and prints a line when it is done.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter

from inference.images.decode import load_pixels
from inference.litert.signature import IMAGE, SIGNATURE
from inference.models.bundle import LITERT_FILE, read_bundle


def main(model: Path, image: bytes) -> None:
    spec = read_bundle(model).spec
    low, high = (np.float32(limit) for limit in spec.input_range)
    scale = (high - low) / np.float32(255)
    interpreter = Interpreter(model_path=str(model / LITERT_FILE), num_threads=1)
    run = interpreter.get_signature_runner(SIGNATURE)
    for line in sys.stdin:
        for _ in range(int(line)):
            pixels = load_pixels(image, **spec.framing)
            scores = run(**{IMAGE: pixels[np.newaxis] * scale + low})["probabilities"]
            scores.argmax()
        sys.stdout.write("done\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes())
