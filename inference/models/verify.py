"""Verification of a network before use: `python -m inference.models.verify FOLDER [DEVICE]` classifies one image."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from inference.errors import ModelError
from inference.models.bundle import Bundle, read_bundle
from inference.models.engine import load_engine
from inference.models.network import NetworkOptions
from inference.system.child_process import with_parent
from inference.system.environment import child_environment

# Time limit in seconds. Starting Python, loading the largest network in use and running it once takes about 5 s on a
# slow core.
LIMIT_S = 60.0
DOES_NOT_FIT = 3


def verify_network(bundle: Bundle, *, device: str | None = None, limit_s: float = LIMIT_S) -> None:
    """Classify an image of noise in a separate process, since a damaged network can crash or hang its process.

    Args:
        bundle: model on disk.
        device: name of the device; see `NetworkOptions`.
        limit_s: time limit, in seconds.

    Raises:
        ModelError: the network does not fit its specification, fails, crashes, or exceeds the time limit.
    """
    arguments = (str(bundle.directory),) if device is None else (str(bundle.directory), device)
    command = with_parent(sys.executable, "-P", "-m", "inference.models.verify", *arguments)
    try:
        done = subprocess.run(  # noqa: S603 - the program's own command
            command, capture_output=True, text=True, timeout=limit_s, check=False, env=child_environment()
        )
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"expected the network to label an image within {limit_s:g} s. Received: nothing") from error
    if done.returncode == DOES_NOT_FIT:
        raise ModelError(done.stdout.strip())
    if done.returncode != 0:
        raise ModelError(f"the network ended the process that ran it, with exit code {done.returncode}")


def main(directory: Path, device: str | None = None) -> int:
    try:
        bundle = read_bundle(directory)
        shape = (1, bundle.spec.height, bundle.spec.width, 3)
        engine = load_engine(bundle, options=NetworkOptions(device))
        engine.run(np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8))
    except ModelError as error:
        sys.stdout.write(str(error))
        return DOES_NOT_FIT
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
