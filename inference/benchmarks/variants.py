"""The variants of a model for a benchmark.

A separate process makes each variant, so that a failure affects one variant only.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from PIL import Image

from inference.compiler.model import Verification
from inference.compiler.photos import CALIBRATION_PHOTOS, COMPARED_PHOTOS, CROP, read_photos
from inference.images.augmented_views import View
from inference.images.decode import load_views
from inference.models.bundle import Bundle, read_bundle
from inference.models.spec import ModelSpec
from inference.system.environment import child_environment

REFERENCE = "reference"
INSTALLED = "installed"
# Keys are the compiler's quantisations.
LITERT_FORMATS = {
    "none": "LiteRT float32",
    "dynamic": "LiteRT dynamic",
    "int8": "LiteRT int8",
    "float16": "LiteRT float16",
}
# Exit codes of `inference.benchmarks.recompile`, which also prints the reason. REFUSED: this format cannot be made.
# FAILED: no format can be made, for example because the disk is full.
REFUSED, FAILED = 3, 4
# Views of one photo: the whole photo, and its middle and corners in three sizes, each with and without a flip.
PLACES = [(1.0, 0, 0), *product((0.8, 0.6, 0.4), (-1, 1), (-1, 1)), *((scale, 0, 0) for scale in (0.8, 0.6, 0.4))]
VIEWS = [View(flip=flip, scale=scale, x=x, y=y) for flip in (False, True) for scale, x, y in PLACES]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Photos for the calibration of int8. Answers are compared on photos of the same folder.

    Attributes:
        folder: folder of image files.
        used: number of photos for the calibration.
        compared: number of calibration photos on which answers are compared, too; int8 does better on these photos than
            on other photos.
        source: description of the photos for people.
    """

    folder: Path
    used: int
    compared: int
    source: str


@dataclass(frozen=True, slots=True)
class ModelVariant:
    """A model in one format.

    Attributes:
        format: REFERENCE for a TensorFlow session, INSTALLED for the file as it is, or a quantisation.
        name: name for people.
        bundle: the model in this format; None if it could not be made.
        verification: comparison with the TensorFlow session; None for the session itself, or if there is no comparison.
        reason: why the format could not be made; None if it was made.
    """

    format: str
    name: str
    bundle: Bundle | None = None
    verification: Verification | None = None
    reason: str | None = None


def prepare_photos(photo: Path, photos: Path | None, spec: ModelSpec, folder: Path) -> Calibration:
    """Find the photos of a folder, or cut one photo into parts.

    Args:
        photo: image file.
        photos: folder of photos; None for parts of `photo`.
        spec: specification of the model.
        folder: existing folder; the parts are written to its new subfolder "photos".

    Raises:
        ModelError: `photos` has no photo.
        ImageError: `photo` cannot be decoded.
        OSError: a file cannot be read or written.
    """
    if photos is not None:
        return _calibration(photos, len(read_photos(photos, spec.height, spec.width)), str(photos))
    parts = folder / "photos"
    parts.mkdir()
    views = load_views(photo.read_bytes(), height=spec.height, width=spec.width, crop=CROP, views=VIEWS)
    for number, pixels in enumerate(views):
        Image.fromarray(pixels).save(parts / f"{number:02}.png")
    return _calibration(parts, len(views), f"parts of {photo.name}")


def _calibration(folder: Path, photos: int, source: str) -> Calibration:
    used = min(CALIBRATION_PHOTOS, photos)
    # The calibration takes the first photos, and the comparison takes the last photos. In a small folder, some photos
    # serve for both.
    return Calibration(folder, used, max(used + min(COMPARED_PHOTOS, photos) - photos, 0), source)


async def make_variants(
    bundle: Bundle,
    photos: Path,
    scratch: Path,
    *,
    on_progress: Callable[[str], object],
    device: str | None = None,
) -> tuple[ModelVariant, ...]:
    """Write an installed model in each format, and compare their answers with those of a TensorFlow session.

    Args:
        bundle: installed model.
        photos: folder of photos to calibrate on and to compare on.
        scratch: existing folder for the new files.
        on_progress: called with a description of each step.
        device: device of the TensorFlow session; see `NetworkOptions`.

    Returns:
        The session, the installed model, and one variant per quantisation of LiteRT. A variant that cannot
        be made has a reason instead of a bundle.

    Raises:
        OSError: a file cannot be written.
    """
    on_progress("Writing the model as a TensorFlow graph")
    session = await _make(REFERENCE, "TensorFlow session", bundle, photos, scratch, device)
    # The session's verification compares the graph with the installed model.
    variants = [
        ModelVariant(REFERENCE, session.name, session.bundle, reason=session.reason),
        ModelVariant(INSTALLED, "installed file", bundle, session.verification),
    ]
    for model_format, name in LITERT_FORMATS.items():
        if session.bundle is None:
            variants.append(ModelVariant(model_format, name, reason="there is no TensorFlow graph to compile"))
            continue
        on_progress(f"Compiling {name}")
        variants.append(await _make(model_format, name, session.bundle, photos, scratch, device))
    return tuple(variants)


async def _make(
    model_format: str, name: str, source: Bundle, photos: Path, scratch: Path, device: str | None
) -> ModelVariant:
    folder = scratch / model_format
    folder.mkdir()
    arguments = (model_format, *map(str, (source.directory, folder, photos)), *([device] if device else []))
    status, output, errors = await _run(*arguments, scratch=scratch)
    if status == FAILED:
        raise OSError(output)
    if status == REFUSED:
        return ModelVariant(model_format, name, reason=output)
    if status != 0:
        last = errors.strip().rpartition("\n")[2]
        reason = f"the process that made it ended with exit code {status}: {last}"
        return ModelVariant(model_format, name, reason=reason)
    made = json.loads(output)
    if model_format == REFERENCE and not made["device"].startswith("CPU"):
        name = f"{name}, {made['device']}"
    return ModelVariant(model_format, name, read_bundle(folder), Verification(**made["verification"]))


async def _run(*arguments: str, scratch: Path) -> tuple[int, str, str]:
    """Run `inference.benchmarks.recompile`; return its exit code, stdout and stderr. A cancellation kills the run."""
    # If the process is killed, its temporary files are removed with the scratch folder.
    environment = child_environment() | {"TMPDIR": str(scratch)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "inference.benchmarks.recompile", *arguments),
        stdout=PIPE,
        stderr=PIPE,
        env=environment,
        # The process is in a group of its own, so that Ctrl-C in a terminal reaches only its parent, which kills it.
        process_group=0,
    )
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    assert process.returncode is not None, "it was waited for"
    return process.returncode, output.decode(), errors.decode(errors="replace")
