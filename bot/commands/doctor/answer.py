"""Checks the labels of the sample photo, in a worker process like the bot's."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.doctor.findings import Finding, Findings, failed, ok

if TYPE_CHECKING:
    from inference import Classification, InferencePool, ModelStore
    from inference.errors import InferenceError

# Label that the built-in models give to the sample photo, like every other ImageNet classifier.
EXPECTED = "espresso"


def check_answers(
    home: Path, default: str, *, device: str | None = None, max_batch_size: int | None = None
) -> Findings:
    """Label the sample photo with the starter model and with the default model.

    Args:
        home: folder of Labelbot's data.
        default: name of the default model, or "auto".
        device: device for TensorFlow; see `InferencePool`.
        max_batch_size: maximum batch size for TensorFlow; see `InferencePool`.
    """
    from inference import STARTER, InferencePool, ModelStore
    from inference.models.store import BUILT_IN

    for name in dict.fromkeys((STARTER, ModelStore(home).resolve(default))):
        with _with_model(home, name) as store:
            pool = InferencePool(store, workers=1, device=device, max_batch_size=max_batch_size)
            outcome = asyncio.run(_label_sample(pool, name))
        yield assess_answer(name, outcome, expected=EXPECTED if name in BUILT_IN else None)


def assess_answer(name: str, outcome: Classification | InferenceError, *, expected: str | None) -> Finding:
    """Assess a model's labels of the sample photo.

    Args:
        name: name of the model.
        outcome: labels from the model, or the error.
        expected: correct label; None if unknown.
    """
    from inference.errors import InferenceError

    if isinstance(outcome, InferenceError):
        return failed("answer", f"{name}: {outcome}", "see the lines on models and memory above")
    best, timings = outcome.predictions[0], outcome.timings
    detail = (
        f"{name} sees {best.name} ({best.score:.1%}) in the sample photo; "
        f"decoding {timings.decode_ms:.0f} ms, inference {timings.inference_ms:.0f} ms"
    )
    if expected is not None and best.name != expected:
        advice = "install the program again; if that does not help, its packages compute wrongly on this processor"
        return failed("answer", f"{detail}; expected {expected}", advice)
    return ok("answer", detail)


@contextmanager
def _with_model(home: Path, name: str) -> Iterator[ModelStore]:
    """Yield the store of a home folder. If the model is not built, yield a temporary one, as checks change nothing."""
    from inference import ModelStore
    from inference.errors import InferenceError, ModelNotBuilt

    store = ModelStore(home)
    try:
        store.find(name, build=False)
    except ModelNotBuilt:
        with tempfile.TemporaryDirectory(prefix="labelbot-doctor-") as folder:
            yield ModelStore(Path(folder))
            return
    except InferenceError:
        pass  # the check itself reports the error
    yield store


async def _label_sample(pool: InferencePool, name: str) -> Classification | InferenceError:
    from bot.sample import sample
    from inference.errors import InferenceError

    photo = sample().read_bytes()
    try:
        async with pool:
            # The worker has loaded the model and run it once, so the timings are representative.
            return await pool.try_model(name, photo)
    except InferenceError as error:
        return error
