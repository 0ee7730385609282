"""LitServe with the same network and decoding as the pool.

LitServe reads the annotation of `decode_request` as a class, so annotations here are no strings. It hands a request to
its workers as JSON or as text fields, so the photo comes in base64, as in its documentation.
"""

import base64
import os
from typing import Any

import litserve
from fastapi import Request

from tests.benchmarks.servers.labeller import PORT, WORKERS, Labeller


class LabelAPI(litserve.LitAPI):  # type: ignore[misc]
    """One process, which labels one photo at a time."""

    def setup(self, device: str) -> None:
        self._labeller = Labeller()

    def decode_request(self, request: Request) -> bytes:
        return base64.b64decode(request["photo"])

    def predict(self, image: bytes) -> list[tuple[int, float]]:
        return self._labeller.label(image)

    def encode_response(self, output: Any) -> dict[str, Any]:
        return {"best": output}


if __name__ == "__main__":
    server = litserve.LitServer(LabelAPI(), accelerator="cpu", workers_per_device=int(os.environ[WORKERS]), timeout=600)
    server.run(
        host="127.0.0.1", port=int(os.environ[PORT]), num_api_servers=1, log_level="warning", generate_client_file=False
    )
