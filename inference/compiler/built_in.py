"""A program that builds the default model from its weights: `python -m inference.compiler.built_in FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

from inference.compiler.known_networks import compile_efficientnet_lite
from inference.compiler.model import CompileOptions
from inference.errors import ModelError
from inference.litert.packages import packaged_file, read_checked
from inference.models.built_in import CARD, PACKAGE, REFUSED, SOURCE, WEIGHTS, WEIGHTS_SHA256, unwritable
from inference.models.bundle import CARD_FILE, Bundle, write_bundle
from inference.models.defaults import DEFAULT_MODEL
from inference.models.labels import imagenet_labels

# Top-1 accuracy of the int8 network on ImageNet's validation set, from the README of EfficientNet-Lite:
# https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite
ACCURACY, MEASURED_ON = 0.744, "ImageNet"


def build_bundle(directory: Path) -> Bundle:
    """Build the model from the weights in their package, and compare it with its float32 version.

    Args:
        directory: existing folder for the files of the bundle.

    Raises:
        ModelError: the weights are missing or have another checksum, or the model does not work on this machine.
        OSError: a file cannot be read or written.
    """
    path = packaged_file(PACKAGE, WEIGHTS)
    compiled = compile_efficientnet_lite(read_checked(path, WEIGHTS_SHA256), CompileOptions())
    spec = compiled.spec(DEFAULT_MODEL, licence="Apache-2.0", source=SOURCE, accuracy=ACCURACY, measured_on=MEASURED_ON)
    card = {CARD_FILE: CARD.read_bytes()}
    return write_bundle(directory, spec, network=compiled.content, labels=imagenet_labels(), extras=card)


def main(directory: Path) -> int:
    try:
        build_bundle(directory)
    except ModelError as error:
        sys.stdout.write(str(error))
        return REFUSED
    except OSError as error:
        sys.stdout.write(str(unwritable(directory.parent, error)))
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
