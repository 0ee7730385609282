"""A process that tells which devices TensorFlow sees, so that whoever asks need not load it.

`python -m inference.models.devices` prints a JSON list of [name, model]. The name is as LABELBOT_DEVICE has it,
"GPU:0", and the model is what the vendor calls it, "" where nobody knows.
"""

from __future__ import annotations

import json
import sys


def main() -> None:
    from inference.models.tensorflow_engine import present_devices

    json.dump(present_devices(), sys.stdout)


if __name__ == "__main__":
    main()
