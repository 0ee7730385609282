"""Random weights of EfficientNet-Lite with PyTorch's names."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from inference.litert.efficientnet_lite import HEAD_CHANNELS, STEM_CHANNELS

Weights = dict[str, npt.NDArray[Any]]
# Output channels of all blocks, by the number of the network; the first of a stage is at a change or as listed here.
CHANNELS = {
    0: (16, *[24] * 2, *[40] * 2, *[80] * 3, *[112] * 3, *[192] * 4, 320),
    1: (16, *[24] * 3, *[40] * 3, *[80] * 4, *[112] * 4, *[192] * 5, 320),
    2: (16, *[24] * 3, *[48] * 3, *[88] * 4, *[120] * 4, *[208] * 5, 352),
}
KERNELS = {16: 3, 24: 3, 40: 5, 48: 5, 80: 3, 88: 3, 112: 5, 120: 5, 192: 5, 208: 5, 320: 3, 352: 3}


def random_weights(number: int, *, classes: int = 10) -> Weights:
    """Weights with random statistics of all batch normalisations, as "_blocks.3._bn1.running_mean" for one."""
    rng = np.random.default_rng(number)
    weights: Weights = {}

    def convolution(name: str, shape: tuple[int, ...], norm: str) -> None:
        weights[f"{name}.weight"] = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)
        weights[f"{norm}.weight"] = rng.uniform(0.5, 1.5, shape[0]).astype(np.float32)
        weights[f"{norm}.bias"] = rng.normal(0, 0.3, shape[0]).astype(np.float32)
        weights[f"{norm}.running_mean"] = rng.normal(0, 0.3, shape[0]).astype(np.float32)
        weights[f"{norm}.running_var"] = rng.uniform(0.5, 2, shape[0]).astype(np.float32)
        weights[f"{norm}.num_batches_tracked"] = np.array(7, np.int64)

    convolution("_conv_stem", (STEM_CHANNELS, 3, 3, 3), "_bn0")
    before = STEM_CHANNELS
    for block, channels in enumerate(CHANNELS[number]):
        name, wide, kernel = f"_blocks.{block}", before * (6 if block else 1), KERNELS[channels]
        if block:
            convolution(f"{name}._expand_conv", (wide, before, 1, 1), f"{name}._bn0")
        convolution(f"{name}._depthwise_conv", (wide, 1, kernel, kernel), f"{name}._bn1")
        convolution(f"{name}._project_conv", (channels, wide, 1, 1), f"{name}._bn2")
        before = channels
    convolution("_conv_head", (HEAD_CHANNELS, before, 1, 1), "_bn1")
    weights["_fc.weight"] = rng.normal(0, 0.05, (classes, HEAD_CHANNELS)).astype(np.float32)
    weights["_fc.bias"] = rng.normal(0, 0.05, classes).astype(np.float32)
    return weights
