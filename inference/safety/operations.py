"""TensorFlow's operations that a network may have: what image networks use, all of them pure functions of tensors.

They are the union of what was found in the catalogue's graphs, in SavedModels of all families of `keras.applications`,
in networks of Keras's layers for images (of which Teachable Machine's are some), and in frozen graphs of TF-slim and of
`retrain.py`. The tests compare the list with such networks. What is not on it may read and write files, load libraries,
run Python or talk to other machines.
"""

from __future__ import annotations

from itertools import chain

# fmt: off
GROUPS: dict[str, tuple[str, ...]] = {
    "inputs, constants, calls": (
        "Const", "EnsureShape", "Identity", "IdentityN", "NoOp", "PartitionedCall", "Placeholder",
        "PlaceholderWithDefault", "PreventGradient", "StatefulPartitionedCall", "StopGradient",
    ),
    "variables": (
        "Assign", "AssignVariableOp", "DisableCopyOnRead", "ReadVariableOp", "VarHandleOp", "VarIsInitializedOp",
        "Variable", "VariableV2",
    ),
    "what variables begin with, and layers that are random in training": (
        "RandomStandardNormal", "RandomUniform", "RandomUniformInt", "RngReadAndSkip", "StatelessRandomGetKeyCounter",
        "StatelessRandomNormalV2", "StatelessRandomUniformFullIntV2", "StatelessRandomUniformV2",
        "StatelessTruncatedNormalV2", "TruncatedNormal",
    ),
    "convolutions and products": (
        "BatchMatMul", "BatchMatMulV2", "Conv2D", "Conv2DBackpropInput", "DepthwiseConv2dNative", "Einsum", "MatMul",
        "_FusedConv2D", "_FusedMatMul",
    ),
    "normalisation": (
        "BatchNormWithGlobalNormalization", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "L2Loss", "LRN",
    ),
    "pooling": ("AvgPool", "MaxPool", "MaxPoolV2"),
    "activations": (
        "BiasAdd", "BiasAddV1", "Elu", "LeakyRelu", "LogSoftmax", "Relu", "Relu6", "Selu", "Sigmoid", "Softmax",
        "Softplus", "Softsign", "Tanh",
    ),
    "arithmetic": (
        "Abs", "Add", "AddN", "AddV2", "Bitcast", "BitwiseAnd", "Cast", "Ceil", "Cos", "Cumsum", "Div", "DivNoNan",
        "Erf", "Erfc", "Exp", "Expm1", "Floor", "FloorDiv", "FloorMod", "Log", "Log1p", "Maximum", "Minimum", "Mul",
        "Neg", "Pow", "RealDiv", "Reciprocal", "Round", "Rsqrt", "Sign", "Sin", "Sqrt", "Square", "SquaredDifference",
        "Sub", "Tan",
    ),
    "comparisons and choices": (
        "Equal", "Greater", "GreaterEqual", "Less", "LessEqual", "LogicalAnd", "LogicalNot", "LogicalOr", "NotEqual",
        "Select", "SelectV2",
    ),
    "over axes": ("All", "Any", "ArgMax", "Max", "Mean", "Min", "Prod", "Sum", "TopK", "TopKV2"),
    "shapes and parts": (
        "BatchToSpaceND", "Concat", "ConcatV2", "DepthToSpace", "ExpandDims", "Fill", "Gather", "GatherV2",
        "MirrorPad", "OneHot", "OnesLike", "Pack", "Pad", "PadV2", "Range", "Rank", "Reshape", "ReverseV2", "Roll",
        "Shape", "Size", "Slice", "SpaceToBatchND", "SpaceToDepth", "Split", "SplitV", "Squeeze", "StridedSlice",
        "Tile", "Transpose", "Unpack", "ZerosLike",
    ),
    # Dropout in graphs of TensorFlow 1 whose phase is an input.
    "branches": ("Merge", "Switch"),
    "quantisation": (
        "ClipByValue", "Dequantize", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars",
        "FakeQuantWithMinMaxVarsPerChannel", "QuantizeV2",
    ),
    # Of a file's content as an input, never of a file's name.
    "images": (
        "CropAndResize", "DecodeBmp", "DecodeGif", "DecodeImage", "DecodeJpeg", "DecodePng", "DecodeWebP",
        "ImageProjectiveTransformV3", "ResizeArea", "ResizeBicubic", "ResizeBilinear", "ResizeNearestNeighbor",
    ),
    "numbers that are none, which end the run": ("CheckNumerics", "CheckNumericsV2"),
}
# fmt: on
ALLOWED = frozenset(chain.from_iterable(GROUPS.values()))

# What a SavedModel has beside its network to write and read its variables. It is cut off before TensorFlow loads it,
# but for reading the file of variables that lies beside it.
CHECKPOINTS = frozenset(
    ("MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin")
)
