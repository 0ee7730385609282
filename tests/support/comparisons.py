"""Invented results of a model's benchmark."""

from __future__ import annotations

from pathlib import Path

from inference.benchmarks.engines import Cost, EngineRow, Speed
from inference.benchmarks.model import Comparison, Machine
from inference.benchmarks.variants import INSTALLED, REFERENCE, Calibration, ModelVariant
from inference.benchmarks.workers import WorkersRow
from inference.compiler.model import Verification
from inference.models.spec import ModelSpec

SPEC = ModelSpec(
    name="colours", version="0123456789ab", height=8, width=6, input_range=(-1, 1), crop=1.0, classes=3
)  # fmt: skip
VERIFICATION = Verification(images=48, agreement=0.979, mean_difference=0.0012, max_difference=0.2)
REFUSAL = "expected a network that LiteRT runs (see --engine). Received: one with $operators_of_its_own$ " + "and " * 30


def comparison(workers: int = 2) -> Comparison:
    """A session, a file that is four times as fast, and a format that cannot be made."""
    engines = (
        EngineRow(ModelVariant(REFERENCE, "TensorFlow session"), Cost(Speed(20.0, 50.0, 61.0), 1900.4, 4.321, 95.6)),
        EngineRow(
            ModelVariant(INSTALLED, "installed file", verification=VERIFICATION),
            Cost(Speed(80.0, 12.5, 13.04), 110.2, 0.1, 24.0),
        ),
        EngineRow(ModelVariant("int8", "LiteRT int8", reason=REFUSAL), None, REFUSAL),
    )
    pools = tuple(WorkersRow(count, Speed(70.0 * count, 14.0, 15.5), 110.0 * count) for count in range(1, workers + 1))
    machine = Machine("workshop", "Abacus 3000", 2)
    return Comparison(
        machine, SPEC, "photo.jpg", 1.54, Calibration(Path("folder"), 32, 30, "parts of photo.jpg"), engines, pools
    )
