"""`labelbot benchmark NAME`: compare the engines and the numbers of workers for one model."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from inference.system.extras import require_extra

if TYPE_CHECKING:
    from inference.benchmarks.engines import EngineRow, Speed
    from inference.benchmarks.model import Comparison


def compare(
    home: Path,
    model: str,
    photo: Path,
    *,
    photos: Path | None,
    rounds: int,
    workers: int | None,
    chart: Path | None,
    as_json: bool,
    device: str | None,
    max_batch_size: int | None,
) -> None:
    """Run the comparison, print its results, and draw them.

    Args:
        home: folder of Labelbot's data.
        model: name of an installed model.
        photo: image file to measure with.
        photos: folder of photos for calibrating int8 and comparing labels; None for parts of `photo`.
        rounds: number of rounds.
        workers: maximum number of workers; None for one per core.
        chart: PNG file to write; None for benchmark-MODEL.png in the current folder.
        as_json: whether to print JSON lines instead of tables.
        device: device of variants that run in a TensorFlow session; see `NetworkOptions`.
        max_batch_size: maximum batch size of those variants; see `NetworkOptions`.

    Raises:
        BadParameter: the chart's folder is not writable.
        InferenceError: the model cannot be measured; see `compare_engines`.
        OSError: a file cannot be read or written.
    """
    from inference.models.network import NetworkOptions
    from inference.models.store import ModelStore

    require_extra("tensorflow", "comparing engines")
    store = ModelStore(home, device=device)
    store.find(model)
    chart = chart or Path(f"benchmark-{model}.png")
    if not os.access(chart.parent, os.W_OK):
        # Fail before the measurement, which takes minutes.
        reason = f"expected a file in a folder that can be written to. Received: {chart}"
        raise typer.BadParameter(reason, param_hint="--chart")
    from rich.console import Console

    from inference.benchmarks.chart import draw_comparison
    from inference.benchmarks.model import compare_engines
    from inference.system.terminal import raw_stream

    with Console(file=raw_stream(sys.stderr)).status("Starting", spinner="line") as status:
        measuring = compare_engines(
            store,
            model,
            photo,
            photos=photos,
            rounds=rounds,
            max_workers=workers,
            on_progress=status.update,
            options=NetworkOptions(device, max_batch_size),
        )
        comparison = asyncio.run(_interruptible(measuring))
    for line in json_lines(comparison) if as_json else text_lines(comparison):
        print(line)
    draw_comparison(comparison, chart)
    print(f"chart: {chart}", file=sys.stderr if as_json else sys.stdout)


async def _interruptible(measuring: Coroutine[Any, Any, Comparison]) -> Comparison:
    """Await the comparison; SIGTERM interrupts it as Ctrl-C does, so that processes end and files are removed."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signal.raise_signal, signal.SIGINT)
    return await measuring


def text_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the report for people: a table of engines, a table of worker counts, and notes on the figures."""
    machine, spec, engines = comparison.machine, comparison.spec, comparison.engines
    yield f"{spec.name} {spec.version} on {machine.host}: {machine.processor}, cores: {machine.cores}"
    yield ""
    session = engines[0].cost
    base = None if session is None else session.speed
    speed = ("IMG/S", "SPEED", "P50", "P95", "MEMORY")
    headings = ("ENGINE", *speed, "LOAD", "FILE", "SAME LABEL", "SCORES OFF BY")
    yield from format_table([headings, *(engine_cells(row, base) for row in engines)])
    yield from (f"{row.variant.name}: {row.reason}" for row in engines if row.reason)
    yield f"one process, one thread; the network alone: decoding the photo takes {comparison.decode_ms:.1f} ms more"
    yield ""
    one = comparison.workers[0].speed
    rows = [(str(row.workers), *speed_cells(row.speed, one), f"{row.memory_mb:.0f} MB") for row in comparison.workers]
    yield from format_table([("WORKERS", *speed), *rows])
    yield "the installed file through the pool; a photo's whole way, from its bytes to labels"
    yield ""
    verified = next((row.variant.verification for row in engines if row.variant.verification), None)
    if verified is not None:
        yield (
            "same label: the session's best, or one to which it gives at least half as much, "
            f"on {verified.images} photos"
        )
    calibration = comparison.calibration
    yield (
        f"int8 is calibrated on {calibration.used} images, {calibration.compared} of which are compared on, too: "
        f"{calibration.source} (--photos FOLDER takes others)"
    )


def engine_cells(row: EngineRow, base: Speed | None) -> tuple[str, ...]:
    verified = row.variant.verification
    answers = ("-", "-") if verified is None else (f"{verified.agreement:.1%}", f"{verified.mean_difference:.1e}")
    if row.cost is None:
        return (row.variant.name, *("-" for _ in range(7)), *answers)
    cost = row.cost
    sizes = (f"{cost.memory_mb:.0f} MB", f"{cost.load_s:.2f} s", f"{cost.file_mb:.1f} MB")
    return (row.variant.name, *speed_cells(cost.speed, base), *sizes, *answers)


def speed_cells(speed: Speed, base: Speed | None) -> tuple[str, ...]:
    times = "-" if base is None else f"{speed.images_per_s / base.images_per_s:.2f}x"
    return f"{speed.images_per_s:.1f}", times, f"{speed.p50_ms:.1f} ms", f"{speed.p95_ms:.1f} ms"


def format_table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table: the first column is flush left, the others are flush right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *figures in rows:
        cells = [name.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=True))]
        yield "  ".join(cells)


def json_lines(comparison: Comparison) -> Iterator[str]:
    """Yield the report for programs: one JSON object for the run, one per engine, and one per number of workers."""
    spec, calibration = comparison.spec, comparison.calibration
    run = {
        "row": "run",
        "model": spec.name,
        "version": spec.version,
        **asdict(comparison.machine),
        "photo": comparison.photo,
        "decode_ms": comparison.decode_ms,
        "calibration": calibration.source,
        "calibration_images": calibration.used,
        "calibration_images_compared": calibration.compared,
    }
    yield json.dumps(run)
    for row in comparison.engines:
        variant, cost = row.variant, row.cost
        verified = variant.verification
        figures = {
            "row": "engine",
            "form": variant.format,
            "name": variant.name,
            **speed_fields(None if cost is None else cost.speed),
            "memory_mb": cost and cost.memory_mb,
            "load_s": cost and cost.load_s,
            "file_mb": cost and cost.file_mb,
            "agreement": verified and verified.agreement,
            "score_difference": verified and verified.mean_difference,
            "compared_images": verified and verified.images,
            "reason": row.reason,
        }
        yield json.dumps(figures)
    for served in comparison.workers:
        figures = {"row": "workers", "workers": served.workers, **speed_fields(served.speed)}
        yield json.dumps(figures | {"memory_mb": served.memory_mb})


def speed_fields(speed: Speed | None) -> dict[str, float | None]:
    if speed is None:
        return dict.fromkeys(("images_per_s", "p50_ms", "p95_ms"))
    return asdict(speed)
