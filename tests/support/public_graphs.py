"""Graphs like the public Inception graphs: same names, operators and quirks, but few channels and random weights.

The originals are described by the files of their archives and by programs of their time, classify_image.py and
label_image.py. The trunks are shorter; from the last block on, the shapes are those of the originals.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf

from tests.support.graphs import GraphBuilder

# GraphDef version of TensorFlow when the archive was made; version 9 removed BatchNormWithGlobalNormalization.
PRODUCER_2015 = 8
PRODUCER_2016 = 15


def inception_2015(classes: int = 1008) -> Any:
    """inception-2015-12-05, `classify_image_graph_def.pb`: from the content of a JPEG to `softmax:0`, one at a time."""
    build = GraphBuilder(PRODUCER_2015)
    build.const("DecodeJpeg/contents", b"", tf.string)
    build.node("DecodeJpeg", "DecodeJpeg", "DecodeJpeg/contents", kind=None, channels=3, ratio=1)
    build.node("Cast", "Cast", "DecodeJpeg", kind=None, SrcT=tf.uint8, DstT=tf.float32)
    build.node("ExpandDims", "ExpandDims", "Cast", build.const("ExpandDims/dim", 0, tf.int32))
    size = build.const("ResizeBilinear/size", [299, 299], tf.int32)
    build.node("ResizeBilinear", "ResizeBilinear", "ExpandDims", size)
    build.node("Sub", "Sub", "ResizeBilinear", build.const("Sub/y", 128.0))
    build.node("Mul", "Mul", "Sub", build.const("Mul/y", 1 / 128))

    def conv(name: str, x: str, side: int, channels: int, filters: int, stride: int = 1, padding: str = "SAME") -> str:
        weights = build.weights(f"{name}/conv2d_params", side, side, channels, filters)
        y = build.conv(f"{name}/Conv2D", x, weights, stride, padding)
        norm = f"{name}/batchnorm"
        parts = [
            build.centred(f"{norm}/moving_mean", filters),
            build.positive(f"{norm}/moving_variance", filters),
            build.centred(f"{norm}/beta", filters),
            build.positive(f"{norm}/gamma", filters),
        ]
        build.node(
            "BatchNormWithGlobalNormalization",
            norm,
            y,
            *parts,
            variance_epsilon=0.001,
            scale_after_normalization=False,
        )
        build.node("CheckNumerics", f"{name}/CheckNumerics", norm, message="batch norm")
        build.node("Identity", f"{name}/control_dependency", norm, f"^{name}/CheckNumerics")
        return build.node("Relu", name, f"{name}/control_dependency")

    x = conv("conv", "Mul", 3, 3, 4, stride=2, padding="VALID")
    x = conv("conv_1", x, 3, 4, 4, padding="VALID")
    x = conv("conv_2", x, 3, 4, 8)
    x = build.pool("MaxPool", "pool", x, 3, 2, "VALID")
    x = conv("conv_3", x, 1, 8, 8, padding="VALID")
    x = conv("conv_4", x, 3, 8, 12, padding="VALID")
    x = build.pool("MaxPool", "pool_1", x, 3, 2, "VALID")
    pooled = build.pool("AvgPool", "mixed/tower_2/pool", x, 3, 1, "SAME")
    x = build.concat(
        "mixed/join",
        conv("mixed/conv", x, 1, 12, 4),
        conv("mixed/tower/conv_1", conv("mixed/tower/conv", x, 1, 12, 4), 5, 4, 4),
        conv("mixed/tower_2/conv", pooled, 1, 12, 4),
    )
    x = conv("mixed_3/conv", x, 3, 12, 16, stride=2, padding="VALID")
    x = conv("mixed_8/conv", x, 3, 16, 16, stride=2, padding="VALID")
    x = build.concat("mixed_10/join", conv("mixed_10/conv", x, 1, 16, 320), conv("mixed_10/tower/conv", x, 1, 16, 1728))
    build.pool("AvgPool", "pool_3", x, 8, 1, "VALID")
    sides = build.const("pool_3/_reshape/shape", [1, 2048], tf.int32)
    build.node("Reshape", "pool_3/_reshape", "pool_3", sides)
    weights = build.weights("softmax/weights", 2048, classes)
    build.node("MatMul", "softmax/logits/MatMul", "pool_3/_reshape", weights, transpose_a=False, transpose_b=False)
    build.node("BiasAdd", "softmax/logits", "softmax/logits/MatMul", build.centred("softmax/biases", classes))
    build.node("Softmax", "softmax", "softmax/logits")
    return build.graph


def inception_2016(classes: int = 1001) -> Any:
    """inception_v3_2016_08_28_frozen.pb, as slim exported it: `input:0` of one image, unfused batch normalisation."""
    build = GraphBuilder(PRODUCER_2016)
    shape = tf.TensorShape([1, 299, 299, 3])
    x = build.node("Placeholder", "input", kind=None, dtype=tf.float32, shape=shape)
    root = "InceptionV3/InceptionV3"

    def read(name: str) -> str:
        return build.node("Identity", f"{name}/read", name)

    def conv(name: str, x: str, side: int, channels: int, filters: int, stride: int = 1, padding: str = "SAME") -> str:
        scope = f"{root}/{name}"
        weights = read(build.weights(f"{scope}/weights", side, side, channels, filters))
        y = build.conv(f"{scope}/convolution", x, weights, stride, padding)
        norm = f"{scope}/BatchNorm"
        mean, variance = (
            read(build.centred(f"{norm}/moving_mean", filters)),
            read(build.positive(f"{norm}/moving_variance", filters)),
        )
        beta = read(build.centred(f"{norm}/beta", filters))
        plain = f"{norm}/batchnorm"
        build.node("Add", f"{plain}/add", variance, build.const(f"{plain}/add/y", 0.001))
        build.node("Rsqrt", f"{plain}/Rsqrt", f"{plain}/add")
        build.node("Mul", f"{plain}/mul", y, f"{plain}/Rsqrt")
        build.node("Mul", f"{plain}/mul_1", mean, f"{plain}/Rsqrt")
        build.node("Sub", f"{plain}/sub", beta, f"{plain}/mul_1")
        build.node("Add", f"{plain}/add_1", f"{plain}/mul", f"{plain}/sub")
        return build.node("Relu", f"{scope}/Relu", f"{plain}/add_1")

    x = conv("Conv2d_1a_3x3", x, 3, 3, 4, stride=2, padding="VALID")
    x = conv("Conv2d_2a_3x3", x, 3, 4, 4, stride=2, padding="VALID")
    x = build.pool("MaxPool", f"{root}/MaxPool_3a_3x3/MaxPool", x, 3, 2, "VALID")
    x = conv("Mixed_6a/Branch_0/Conv2d_1a_1x1", x, 3, 4, 8, stride=2, padding="VALID")
    x = conv("Mixed_7a/Branch_0/Conv2d_1a_3x3", x, 3, 8, 8, stride=2, padding="VALID")
    axis = build.const(f"{root}/Mixed_7c/concat/axis", 3, tf.int32)
    branches = [conv(f"Mixed_7c/Branch_{n}/Conv2d_0a_1x1", x, 1, 8, width) for n, width in enumerate((320, 1728))]
    x = build.node("ConcatV2", f"{root}/Mixed_7c/concat", *branches, axis, N=2, Tidx=tf.int32)
    logits = "InceptionV3/Logits"
    x = build.pool("AvgPool", f"{logits}/AvgPool_1a_8x8/AvgPool", x, 8, 1, "VALID")
    x = build.node("Identity", f"{logits}/Dropout_1b/Identity", x)
    weights = read(build.weights(f"{logits}/Conv2d_1c_1x1/weights", 1, 1, 2048, classes))
    x = build.conv(f"{logits}/Conv2d_1c_1x1/convolution", x, weights, 1, "SAME")
    biases = read(build.centred(f"{logits}/Conv2d_1c_1x1/biases", classes))
    x = build.node("BiasAdd", f"{logits}/Conv2d_1c_1x1/BiasAdd", x, biases)
    x = build.node("Squeeze", f"{logits}/SpatialSqueeze", x, squeeze_dims=[1, 2])
    scope = "InceptionV3/Predictions"
    x = build.node("Reshape", f"{scope}/Reshape", x, build.const(f"{scope}/Reshape/shape", [-1, classes], tf.int32))
    x = build.node("Softmax", f"{scope}/Softmax", x)
    sides = build.const(f"{scope}/Shape", [1, classes], tf.int32)
    build.node("Reshape", f"{scope}/Reshape_1", x, sides)
    return build.graph


def inception5h(classes: int = 1008) -> Any:
    """inception5h, `tensorflow_inception_graph.pb`: a placeholder without a shape, three heads, no version."""
    build = GraphBuilder(0)
    x = build.node("Placeholder", "input", kind=None, dtype=tf.float32)

    def conv(name: str, x: str, side: int, channels: int, filters: int, stride: int = 1) -> str:
        y = build.conv(
            f"{name}_pre_relu/conv", x, build.weights(f"{name}_w", side, side, channels, filters), stride, "SAME"
        )
        build.node("BiasAdd", f"{name}_pre_relu", y, build.centred(f"{name}_b", filters))
        return build.node("Relu", name, f"{name}_pre_relu")

    def local_norm(name: str, x: str) -> str:
        return build.node("LRN", name, x, depth_radius=5, bias=1.0, alpha=1e-4, beta=0.5)

    def head(number: int, x: str, channels: int) -> str:
        weights = build.weights(f"softmax{number}_w", channels, classes)
        product = f"softmax{number}_pre_activation/matmul"
        build.node("MatMul", product, x, weights, transpose_a=False, transpose_b=False)
        logits = build.node(
            "BiasAdd", f"softmax{number}_pre_activation", product, build.centred(f"softmax{number}_b", classes)
        )
        return build.node("Softmax", f"softmax{number}", logits)

    x = conv("conv2d0", x, 7, 3, 8, stride=2)
    x = local_norm("localresponsenorm0", build.pool("MaxPool", "maxpool0", x, 3, 2, "SAME"))
    x = local_norm("localresponsenorm1", conv("conv2d2", conv("conv2d1", x, 1, 8, 8), 3, 8, 12))
    x = build.pool("MaxPool", "maxpool1", x, 3, 2, "SAME")
    pooled = build.pool("MaxPool", "mixed3a_pool", x, 3, 1, "SAME")
    x = build.concat(
        "mixed3a",
        conv("mixed3a_1x1", x, 1, 12, 4),
        conv("mixed3a_3x3", conv("mixed3a_3x3_bottleneck", x, 1, 12, 4), 3, 4, 4),
        conv("mixed3a_pool_reduce", pooled, 1, 12, 4),
    )
    x = build.pool("MaxPool", "maxpool4", x, 3, 2, "SAME")
    early = build.pool("AvgPool", "head0_pool", x, 14, 1, "VALID")
    early = build.node("Reshape", "head0_pool/reshape", early, build.const("head0_shape", [-1, 12], tf.int32))
    x = build.pool("MaxPool", "maxpool10", x, 3, 2, "SAME")
    x = build.concat("mixed5b", conv("mixed5b_1x1", x, 1, 12, 384), conv("mixed5b_5x5", x, 5, 12, 640))
    x = build.pool("AvgPool", "avgpool0", x, 7, 1, "VALID")
    x = build.node("Reshape", "avgpool0/reshape", x, build.const("avgpool0/reshape/shape", [-1, 1024], tf.int32))
    build.node("Identity", "output1", head(0, early, 12))
    build.node("Identity", "output2", head(1, x, 1024))
    build.node("Identity", "output", head(2, x, 1024))
    return build.graph
