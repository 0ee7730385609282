"""mosec with the same network and decoding as the pool."""

from __future__ import annotations

import json
import os
from typing import Any

from mosec import Server, Worker

from tests.benchmarks.servers.labeller import WORKERS, Labeller


class LabelWorker(Worker):  # type: ignore[misc]
    """One process, which labels one photo at a time."""

    def __init__(self) -> None:
        super().__init__()
        self._labeller = Labeller()

    def deserialize(self, data: bytes) -> bytes:
        return data

    def forward(self, data: bytes) -> list[tuple[int, float]]:
        return self._labeller.label(data)

    def serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()


if __name__ == "__main__":
    server = Server()
    server.append_worker(LabelWorker, num=int(os.environ[WORKERS]))
    server.run()
