"""TensorFlow operations that an image network may have; they only compute on tensors.

The list contains the operations of these networks: the catalogue's graphs, SavedModels of all families of
`keras.applications`, networks of Keras's layers for images (including Teachable Machine's), and frozen graphs of
TF-slim and of `retrain.py`. The tests compare the list with such networks. Other operations may read and write files,
load libraries, run Python or talk to other machines.
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
    "initial values of variables, and layers that are random in training": (
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
    # Graphs of TensorFlow 1 use these operations for dropout if the training phase is an input.
    "branches": ("Merge", "Switch"),
    "quantisation": (
        "ClipByValue", "Dequantize", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars",
        "FakeQuantWithMinMaxVarsPerChannel", "QuantizeV2",
    ),
    # Decoders take the content of a file as an input, never a file name.
    "images": (
        "CropAndResize", "DecodeBmp", "DecodeGif", "DecodeImage", "DecodeJpeg", "DecodePng", "DecodeWebP",
        "ImageProjectiveTransformV3", "ResizeArea", "ResizeBicubic", "ResizeBilinear", "ResizeNearestNeighbor",
    ),
    "checks for NaN and infinity": ("CheckNumerics", "CheckNumericsV2"),
}
# fmt: on
ALLOWED = frozenset(chain.from_iterable(GROUPS.values()))

# Operations of a SavedModel that write and read its variables. They are removed before TensorFlow loads the model,
# except for the operations that read the model's own file of variables.
CHECKPOINTS = frozenset(
    ("MergeV2Checkpoints", "RestoreV2", "SaveV2", "ShardedFilename", "StaticRegexFullMatch", "StringJoin")
)
