"""A process that tells which devices TensorFlow sees, so that whoever asks need not load it: ``python -m inference.devices``.

It prints one JSON object: `devices`, a list of [name, model], where the name is as LABELBOT_DEVICE has it, "GPU:0", and
the model is what the vendor calls it, "" where nobody knows; and `wanted`, what LABELBOT_DEVICE is, or null.
"""

from __future__ import annotations

import json
import os
import sys


def main() -> None:
    from inference.tensorflow_engine import DEVICE_VARIABLE, present_devices

    json.dump({"devices": present_devices(), "wanted": os.environ.get(DEVICE_VARIABLE)}, sys.stdout)


if __name__ == "__main__":
    main()
