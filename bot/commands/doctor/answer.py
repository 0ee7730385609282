"""A known answer: the sample photo, through a worker process as the bot has them."""

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

# What the models that come with the program see in the sample photo, and so does every network that knows ImageNet.
EXPECTED = "espresso"


def check_answers(
    home: Path, default: str, *, device: str | None = None, max_batch_size: int | None = None
) -> Findings:
    """Label the sample photo with the starter and with the model that answers until an admin chooses another.

    Args:
        home: the folder of Labelbot's data.
        default: the name of the model that answers until an admin chooses another.
        device: see `InferencePool`.
        max_batch_size: see `InferencePool`.
    """
    from inference import STARTER, InferencePool
    from inference.models.store import BUILT_IN

    for name in dict.fromkeys((STARTER, default)):
        with _with_model(home, name) as store:
            pool = InferencePool(store, workers=1, device=device, max_batch_size=max_batch_size)
            outcome = asyncio.run(_label_sample(pool, name))
        yield judge_answer(name, outcome, expected=EXPECTED if name in BUILT_IN else None)


def judge_answer(name: str, outcome: Classification | InferenceError, *, expected: str | None) -> Finding:
    """Judge what a model made of the sample photo.

    Args:
        name: the model's.
        outcome: its answer, or why there is none.
        expected: the label that it has to be, None where nobody knows.
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
    """Open the store of a home, or an empty one if the model would be built in it: a diagnosis changes nothing."""
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
        pass  # which is told when it is to answer
    yield store


async def _label_sample(pool: InferencePool, name: str) -> Classification | InferenceError:
    from bot.sample import sample
    from inference.errors import InferenceError

    photo = sample().read_bytes()
    try:
        async with pool:
            # Which labels it in a process that loaded the model and ran it once, so that the times are the usual ones.
            return await pool.try_model(name, photo)
    except InferenceError as error:
        return error
