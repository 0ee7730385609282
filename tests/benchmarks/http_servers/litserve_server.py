"""The classifier behind LitServe, as its guide says: images come in base64, in JSON."""

from __future__ import annotations

import base64
import os
import sys

import litserve
from same_classifier import SameClassifier


class Label(litserve.LitAPI):
    """Labels one image."""

    def setup(self, device: str) -> None:
        self._same = SameClassifier()

    def decode_request(self, request: dict[str, str]) -> bytes:
        return base64.b64decode(request["image"])

    def predict(self, image: bytes) -> list[dict[str, object]]:
        return self._same.label(image)

    def encode_response(self, output: list[dict[str, object]]) -> list[dict[str, object]]:
        return output


if __name__ == "__main__":
    server = litserve.LitServer(Label(), accelerator="cpu", workers_per_device=int(os.environ["WORKERS"]))
    server.run(port=int(sys.argv[1]), num_api_servers=1)
