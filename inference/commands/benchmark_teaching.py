"""`labelbot benchmark --teaching`: how well classes are recognised that were taught with a few photos."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inference.commands.models import open_store, print_table

if TYPE_CHECKING:
    from inference.benchmarks.teaching import TeachingRow

HEADINGS = ("PHOTOS", "ACCURACY", "PLAIN", "GAIN", "NEAREST", "RIDGE", "RECOGNISED", "MISTAKEN", "PLAIN REC/MIS")


def measure(home: Path, model: str | None, classes: Path, unrelated: Path, *, as_json: bool) -> None:
    """Measure and print.

    Args:
        home: folder of Labelbot's data.
        model: name of an installed model; None for the default model.
        classes: folder of photos with one folder per class.
        unrelated: folder of photos of none of the classes.
        as_json: whether to print one JSON object per line.

    Raises:
        BadParameter: there are too few classes or photos.
        InferenceError: the model is broken, or exposes no embedding.
        OSError: a photo cannot be read.
    """
    import numpy as np

    from inference.benchmarks.teaching import embed_folder, later_photo_ms, measure_teaching

    store = open_store(home)
    bundle = store.find(model or store.default)
    sets = embed_folder(bundle, classes)
    others = np.concatenate(list(embed_folder(bundle, unrelated).values()))
    fewest = min(map(len, sets.values()))
    if len(sets) < 2 or fewest < 2:
        reason = f"expected two folders of two photos or more. Received: {len(sets)}, the smallest with {fewest}"
        raise typer.BadParameter(reason, param_hint="--teaching")
    if len(others) < 4:
        raise typer.BadParameter(f"expected 4 photos or more. Received: {len(others)}", param_hint="--unrelated")
    rows = []
    for row in measure_teaching(bundle, sets, others):
        if as_json:
            print(json.dumps(asdict(row)), flush=True)
        rows.append(row)
    cpu_ms = later_photo_ms(others)
    if as_json:
        print(json.dumps({"later_photo_cpu_ms": cpu_ms}))
        return
    names = ", ".join(sets) if len(sets) < 5 else f"{len(sets)} classes"
    print(f"{bundle.spec.name} {bundle.spec.version}: {names}; {len(others)} unrelated photos, half of them judge")
    print_table([HEADINGS, *map(_cells, rows)])
    print(f"CPU time that 100 taught classes add to a later photo: {cpu_ms:.2f} ms")


def _cells(row: TeachingRow) -> tuple[str, ...]:
    return (
        str(row.shots),
        _spread(row.accuracy),
        _percent(row.plain),
        f"{row.gain[0] * 100:+.2f}±{row.gain[1] * 100:.2f}",
        _percent(row.nearest),
        _percent(row.ridge),
        _spread(row.recognised),
        _spread(row.mistaken),
        f"{_percent(row.plain_recognised)}/{_percent(row.plain_mistaken)}",
    )


def _percent(share: float) -> str:
    return f"{share * 100:.1f}"


def _spread(figure: tuple[float, float]) -> str:
    return f"{figure[0] * 100:.1f}±{figure[1] * 100:.1f}"
