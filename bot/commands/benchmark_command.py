"""`labelbot benchmark`: speed of this machine or of a model, or how well taught classes are recognised.

The modules that a measurement needs are imported when it runs, as in `bot.cli`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from inference.commands.options import with_options
from inference.system.extras import require_extra


@dataclass(frozen=True, kw_only=True)
class BenchmarkOptions:
    """The options of the command; each field is a parameter."""

    model: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Installed model to measure, on each engine and with one worker to many.",
            show_default=False,
        ),
    ] = None
    photo: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Photo to measure with; by default a sample photo."),
    ] = None
    rounds: Annotated[int, typer.Option(min=1, help="Turns of each side of a comparison.")] = 9
    instructions: Annotated[
        bool, typer.Option("--instructions", help="Without NAME: also count instructions, with valgrind.")
    ] = False
    photos: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help="With NAME: folder of photos for int8 calibration and for comparing labels; by default parts of the "
            "photo.",
        ),
    ] = None
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="With NAME: maximum number of workers to measure; by default one per core."),
    ] = None
    chart: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False, help="With NAME: file of the chart; by default benchmark-NAME.png in this folder."
        ),
    ] = None
    teaching: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            metavar="FOLDER",
            help="Instead, measure how well classes are recognised that are taught with a few photos: a folder of "
            "photos with one folder per class.",
        ),
    ] = None
    unrelated: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            metavar="FOLDER",
            help="With --teaching: folder of photos of none of the classes.",
        ),
    ] = None
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False


@with_options(BenchmarkOptions)
def benchmark(_: typer.Context, options: BenchmarkOptions) -> None:
    """Measure the speed of this machine or of a model.

    The results for the machine are ratios to named references. Each has the range that contains the true figure with
    a probability of 90 %, and the result "too noisy" if that range reaches to both sides of the goal. The results for a
    model compare engines.
    """
    if options.teaching is not None:
        _measure_teaching(options, options.teaching)
    elif options.model is not None:
        _compare_engines(options, options.model)
    else:
        _measure_machine(options)


def _measure_teaching(options: BenchmarkOptions, classes: Path) -> None:
    from bot.config import load_settings
    from inference.commands.benchmark_teaching import measure

    if options.unrelated is None:
        raise typer.BadParameter("expected --unrelated beside it. Received: none", param_hint="--teaching")
    measure(load_settings().home, options.model, classes, options.unrelated, as_json=options.as_json)


def _compare_engines(options: BenchmarkOptions, model: str) -> None:
    if options.instructions:
        raise typer.BadParameter("expected no NAME beside it. Received: one", param_hint="--instructions")
    from bot.config import load_settings
    from bot.sample import sample
    from inference.commands.benchmark import compare

    settings = load_settings()
    compare(
        settings.home,
        model,
        options.photo or sample(),
        photos=options.photos,
        rounds=options.rounds,
        workers=options.workers,
        chart=options.chart,
        as_json=options.as_json,
        device=settings.device,
        max_batch_size=settings.max_batch_size,
    )


def _measure_machine(options: BenchmarkOptions) -> None:
    for name in ("photos", "workers", "chart"):
        if getattr(options, name) is not None:
            raise typer.BadParameter("expected the NAME of a model beside it. Received: none", param_hint=f"--{name}")
    require_extra("tensorflow", "measuring this machine")
    import asyncio

    from bot.commands import benchmark_report
    from bot.config import load_settings
    from bot.sample import sample

    measuring = benchmark_report.run(
        load_settings().home,
        options.photo or sample(),
        rounds=options.rounds,
        instructions=options.instructions,
        as_json=options.as_json,
    )
    asyncio.run(measuring)
