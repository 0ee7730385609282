"""Keras classes and functions that the configuration of a network may name; they only compute on tensors.

The lists have the classes of all families of `keras.applications`, and Keras's other layers for images. `Lambda` and
`TFSMLayer` are not allowed, since they run code from their file. Lookup layers are not allowed, since they read files
named in their configuration.
"""

from __future__ import annotations

# fmt: off
LAYERS = frozenset((
    "Activation", "ActivityRegularization", "AdaptiveAveragePooling2D", "AdaptiveMaxPooling2D", "Add", "AlphaDropout",
    "Attention", "Average", "AveragePooling2D", "AvgPool2D", "BatchNormalization", "CenterCrop", "Concatenate",
    "Conv2D", "Conv2DTranspose", "Convolution2D", "Convolution2DTranspose", "Cropping2D", "Dense", "DepthwiseConv2D",
    "Dot", "Dropout", "ELU", "EinsumDense", "Embedding", "Flatten", "GaussianDropout", "GaussianNoise",
    "GlobalAveragePooling2D", "GlobalAvgPool2D", "GlobalMaxPool2D", "GlobalMaxPooling2D", "GroupNormalization",
    "GroupQueryAttention", "GroupedQueryAttention", "Identity", "InputLayer", "LayerNormalization", "LeakyReLU",
    "MaxPool2D", "MaxPooling2D", "Maximum", "Minimum", "MultiHeadAttention", "Multiply", "Normalization", "PReLU",
    "Permute", "RMSNormalization", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomHeight",
    "RandomRotation", "RandomTranslation", "RandomWidth", "RandomZoom", "ReLU", "RepeatVector", "Rescaling", "Reshape",
    "Resizing", "SeparableConv2D", "SeparableConvolution2D", "Softmax", "SpatialDropout2D", "SpectralNormalization",
    "Subtract", "SyncBatchNormalization", "ThresholdedReLU", "TimeDistributed", "UnitNormalization", "UpSampling2D",
    "ZeroPadding2D",
    # Layers of Inception-ResNet and ConvNeXt.
    "CustomScaleLayer", "LayerScale",
))
MODELS = frozenset(("Functional", "Model", "Sequential"))
INITIALIZERS = frozenset((
    "Constant", "GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "Identity", "LecunNormal", "LecunUniform",
    "Ones", "Orthogonal", "OrthogonalInitializer", "RandomNormal", "RandomUniform", "TruncatedNormal",
    "VarianceScaling", "Zeros",
))
REGULARIZERS = frozenset(("L1", "L1L2", "L2", "OrthogonalRegularizer"))
CONSTRAINTS = frozenset(("MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"))
# Classes of operations between layers, such as `x + y`.
ARITHMETIC = frozenset((
    "Absolute", "Add", "Argmax", "Cast", "Clip", "Concatenate", "Cos", "Divide", "Erf", "Exp", "ExpandDims", "Floor",
    "GetItem", "Greater", "Less", "Log", "Matmul", "Max", "Maximum", "Mean", "Min", "Minimum", "Multiply", "Negative",
    "Pad", "Power", "Relu", "Relu6", "Reshape", "Roll", "Round", "Rsqrt", "Sigmoid", "Sign", "Silu", "Sin", "Softmax",
    "Split", "Sqrt", "Square", "Squeeze", "Stack", "Subtract", "Sum", "Tanh", "Transpose", "TrueDivide", "Where",
))
POLICIES = frozenset(("DTypePolicy", "FloatDTypePolicy", "Policy"))
# Classes of values in configurations.
VALUES = frozenset((
    "TensorShape", "__ellipsis__", "__keras_tensor__", "__numpy__", "__slice__", "__tensor__", "__tuple__",
))
CLASSES = LAYERS | MODELS | INITIALIZERS | REGULARIZERS | CONSTRAINTS | ARITHMETIC | POLICIES | VALUES
ACTIVATIONS = frozenset((
    "celu", "elu", "exponential", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu",
    "soft_shrink", "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus",
    "swish", "tanh", "tanh_shrink", "threshold",
))
# Layers of Keras 2 that call a function of TensorFlow by its name, and the functions that they may call. All of them
# compute on tensors; other functions of TensorFlow read and write files.
OPERATION_LAYERS = frozenset(("TFOpLambda", "SlicingOpLambda"))
OPERATIONS = frozenset((
    "__operators__.add", "__operators__.getitem", "cast", "clip_by_value", "concat", "expand_dims", "identity",
    "image.resize", "math.abs", "math.add", "math.divide", "math.exp", "math.l2_normalize", "math.log", "math.maximum",
    "math.minimum", "math.multiply", "math.negative", "math.pow", "math.reduce_max", "math.reduce_mean",
    "math.reduce_min", "math.reduce_sum", "math.rsqrt", "math.scalar_mul", "math.sigmoid", "math.sqrt", "math.square",
    "math.subtract", "math.tanh", "math.truediv", "nn.bias_add", "nn.elu", "nn.gelu", "nn.leaky_relu", "nn.log_softmax",
    "nn.relu", "nn.relu6", "nn.sigmoid", "nn.silu", "nn.softmax", "nn.softplus", "nn.swish", "nn.tanh", "ones_like",
    "reshape", "reverse", "shape", "split", "squeeze", "stack", "stop_gradient", "tile", "transpose", "unstack",
    "zeros_like",
))
# fmt: on
# Layer classes of networks trained by this program, by their registered names.
OWN = {"labelbot>FusedBatchNormalization": "FusedBatchNormalization"}
