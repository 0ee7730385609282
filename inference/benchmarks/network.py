"""The network and the photo that this machine is measured with."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from inference.models.bundle import Bundle
from inference.models.spec import ModelSpec
from inference.models.store import ModelStore
from inference.system.environment import child_environment

# Size of the measured photo, in pixels: the size of a phone's photo.
PHOTO_SIZE = (3024, 4032)
INCEPTION = "random-inception-v3"


def make_photo(sample: Path, photo: Path) -> None:
    """Write a copy of an image in the size of a phone's photo."""
    with Image.open(sample) as image:
        image.resize(PHOTO_SIZE, Image.Resampling.BICUBIC).save(photo, "JPEG", quality=87)


def build_inception(store: ModelStore) -> Bundle:
    """Install Inception-v3 with random weights, unless it is installed. A separate process builds the network.

    Raises:
        RuntimeError: the network cannot be built.
    """
    if INCEPTION in store.names():
        return store.find(INCEPTION)
    with tempfile.TemporaryDirectory(prefix="labelbot-benchmark-") as folder:
        file = Path(folder) / "model.tflite"
        # TensorFlow logs to standard error, even if all is well.
        building = subprocess.run(  # noqa: S603  (our own module)
            [sys.executable, "-m", "inference.benchmarks.inception_v3", str(file)],
            env=child_environment(),
            capture_output=True,
            check=False,
        )
        if building.returncode:
            reason = building.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise RuntimeError(f"the network to measure with cannot be built: {reason}")
        network = file.read_bytes()
    spec = ModelSpec(
        name=INCEPTION,
        version="0" * 12,
        height=299,
        width=299,
        input_range=(-1.0, 1.0),
        crop=0.875,
        classes=1000,
        outputs=("probabilities", "embedding", "features"),
        source="random weights, to measure with",
    )
    return store.add(spec, network=network, labels=[f"class {number}" for number in range(spec.classes)])
