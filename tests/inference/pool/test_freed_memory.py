"""A worker's memory after images that needed much memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from inference.errors import ImageError
from inference.models.store import ModelStore
from inference.pool.process import WorkerProcess
from inference.pool.protocol import Classify, WorkerOptions
from tests.support.colour_models import install_colours, plain
from tests.support.images import FILES, encode, quadrants
from tests.support.processes import resident_bytes, until

GIBIBYTE = 2**30
# Memory of two images, which the heap cannot return because of a live block above it.
MAX_LEFT_BYTES = 8_000_000
SIZE = 4000, 3000
LARGE: dict[str, Callable[[Image.Image], bytes]] = {
    "png": lambda image: encode(image, "PNG", compress_level=1),
    "webp": lambda image: encode(image, "WEBP", method=0),
    "avif": lambda image: encode(image, "AVIF", speed=10),
    "heic": lambda image: encode(image, "HEIF", enc_params={"preset": "ultrafast"}),
    "jpeg": lambda image: encode(image, "JPEG", progressive=True),
    "gif": lambda image: encode(image, "GIF"),
    "tiff": lambda image: encode(image, "TIFF", compression="tiff_lzw"),
}


@pytest.mark.slow
async def test_memory_returns_to_its_base_after_each_image_good_or_damaged(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    request = Classify(install_colours(store, tmp_path), 1)
    worker = await WorkerProcess.start(WorkerOptions(max_models=1, max_memory_bytes=GIBIBYTE))
    try:
        for make in FILES.values():
            await worker.request(request, make(quadrants()))
        # After the first trim, the memory includes the libraries of all formats.
        large = {name: make(quadrants(*SIZE)) for name, make in LARGE.items()}
        await worker.request(request, large["heic"])
        await worker.request(request, plain("red"))
        base = resident_bytes(worker.pid)
        for data in large.values():
            for content in (data, data[: len(data) * 9 // 10], data):
                try:
                    await worker.request(request, content)
                except ImageError:
                    assert content is not data
                await until(lambda: resident_bytes(worker.pid) <= base + MAX_LEFT_BYTES)
    finally:
        await worker.end()
