"""A known answer: the sample photo, through a worker process as the bot has them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bot.doctor.findings import Finding, Findings, failed, ok

if TYPE_CHECKING:
    from inference import Classification
    from inference.errors import InferenceError

# What the starter sees in the sample photo, and so does every network that knows ImageNet.
EXPECTED = "espresso"


def check_answers(home: Path, default: str) -> Findings:
    """Label the sample photo with the starter, whose answer is known, and with the default model.

    Args:
        home: the folder of Labelbot's data.
        default: the name of the model that answers until an admin chooses another.
    """
    from inference.store import STARTER

    for name in dict.fromkeys((STARTER, default)):
        outcome = asyncio.run(_label_sample(home, name))
        yield judge_answer(name, outcome, expected=EXPECTED if name == STARTER else None)


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


async def _label_sample(home: Path, name: str) -> Classification | InferenceError:
    from bot.sample import sample
    from inference import InferencePool, ModelStore
    from inference.errors import InferenceError

    photo = sample().read_bytes()
    try:
        async with InferencePool(ModelStore(home), workers=1) as pool:
            # Which labels it in a process that loaded the model and ran it once, so that the times are the usual ones.
            return await pool.prepare(name, photo)
    except InferenceError as error:
        return error
