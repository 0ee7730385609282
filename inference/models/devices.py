"""A program that lists the devices TensorFlow sees, so that its callers need not load TensorFlow.

`python -m inference.models.devices` prints a JSON list of [name, model]. The name has the form of LABELBOT_DEVICE, for
example "GPU:0". The model is the vendor's name for the device, or "" if unknown.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    from inference.models.tensorflow_engine import present_devices

    json.dump(present_devices(), sys.stdout)


if __name__ == "__main__":
    main()
