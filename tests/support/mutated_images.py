"""A program that decodes damaged images as a worker does: `python -m tests.support.mutated_images FIRST COUNT`.

It prints the number of each image before decoding it, and then the outcome and the memory of the process.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable

from PIL import Image

from inference.errors import ImageError
from inference.images.decode import load_pixels
from inference.pool.pool import WORKER_MEMORY_BYTES
from inference.pool.process_memory import ProcessMemory
from inference.pool.protocol import MAX_RETAINED_BYTES
from inference.pool.worker import MAX_IMAGE_BYTES
from tests.support.images import FILES, encode, quadrants, turned

# New values of numbers in headers: zero, one, and more than the file has.
EXTREMES = (0, 1, 2, 0x7FFF, 0xFFFF, 3_000_000, 0x7FFFFFFF, 0xFFFFFFFF)
HEADER_BYTES = 300

KINDS: dict[str, Callable[[Image.Image], bytes]] = FILES | {
    "jpeg-grey": lambda image: encode(image.convert("L"), "JPEG"),
    "jpeg-exif": lambda image: turned(image, 6, "JPEG"),
    "heic-grid": lambda image: encode(image.resize((150, 130)), "HEIF", tile_size=64),
    "heic-exif": lambda image: turned(image, 6, "HEIF"),
    "tiff-fax3": lambda image: encode(image.convert("1"), "TIFF", compression="group3"),
    "tiff-fax4": lambda image: encode(image.convert("1"), "TIFF", compression="group4"),
    "tiff-packbits": lambda image: encode(image, "TIFF", compression="packbits"),
    "tiff-zstd": lambda image: encode(image, "TIFF", compression="zstd"),
    "avif-animated": lambda image: encode(image, "AVIF", save_all=True, append_images=[Image.new("RGB", image.size)]),
}


# Number of images of each kind between two comparisons of the memory.
ROUND = 10 * len(KINDS)


def whole_images() -> list[bytes]:
    image = Image.effect_noise((64, 48), 90).convert("RGB")
    image.paste(quadrants(32, 32))
    return [make(image) for make in KINDS.values()]


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Damage a file in one to four ways."""
    content = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        end = len(content) - 1
        if end < 8:
            break
        place = chance.randint(0, min(end, HEADER_BYTES) if chance.random() < 0.7 else end)
        match chance.randrange(6):
            case 0:
                del content[place:]
            case 1:
                del content[place : place + chance.randint(1, 64)]
            case 2:
                content[place:place] = content[place : place + chance.randint(1, 64)] * chance.randint(1, 20)
            case 3:
                size = chance.choice((1, 2, 4, 8))
                number = chance.choice(EXTREMES) & (1 << 8 * size) - 1
                content[place : place + size] = number.to_bytes(size, chance.choice(("big", "little")))
            case _:
                content[place] = chance.choice((content[place] ^ 1 << chance.randrange(8), chance.randrange(256)))
    return bytes(content)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main(first: int, count: int) -> None:
    # Encoders write the same files in each process, apart from this.
    images = whole_images()
    for data in images:
        load_pixels(data, height=32, width=32, crop=0.875)
    memory = ProcessMemory(
        max_bytes=WORKER_MEMORY_BYTES, max_image_bytes=MAX_IMAGE_BYTES, max_retained_bytes=MAX_RETAINED_BYTES
    )
    for number in range(first, first + count):
        chance = random.Random(number)
        data = mutated(images[number % len(images)], chance)
        say(str(number))
        try:
            load_pixels(data, height=32, width=32, crop=0.875)
            outcome = "labelled"
        except (ImageError, MemoryError) as error:
            outcome = type(error).__name__
        if number % ROUND == 0:
            # Memory that the heap keeps for reuse does not count as a leak.
            memory.reset_baseline()
        say(f"{outcome} {memory.resident_bytes()}")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
