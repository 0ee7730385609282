"""The classifier behind mosec, as its guide says."""

from __future__ import annotations

import json
import os

from mosec import Server, Worker
from same_classifier import SameClassifier


class Label(Worker):
    """Labels one image."""

    def __init__(self) -> None:
        super().__init__()
        self._same = SameClassifier()

    def deserialize(self, data: bytes) -> bytes:
        return data

    def forward(self, data: bytes) -> list[dict[str, object]]:
        return self._same.label(data)

    def serialize(self, data: list[dict[str, object]]) -> bytes:
        return json.dumps(data).encode()


if __name__ == "__main__":
    server = Server()
    server.append_worker(Label, num=int(os.environ["WORKERS"]))
    server.run()
