"""The plan for an operator's own figures: `python -m tests.benchmarks.scaling --help`."""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields

from tests.benchmarks.scaling.demand import Demand, Prices
from tests.benchmarks.scaling.figures import read_figures, values
from tests.benchmarks.scaling.report import report

MODELS = ("efficientnet_lite0", "inception_v3")


def _number(least: float, most: float = math.inf, kind: Callable[[str], float] = float) -> Callable[[str], float]:
    """Return a reader of numbers in a range."""
    whole = "a whole number" if kind is int else "a number"
    wanted = f"{whole} from {least:,g} to {most:,.15g}" if math.isfinite(most) else f"{whole} of {least:g} or more"

    def read(text: str) -> float:
        try:
            value = kind(text.replace(",", ""))
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and least <= value <= most):
            raise argparse.ArgumentTypeError(f"expected {wanted}. Received: {text}")
        return value

    return read


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.scaling",
        description="Print what a number of photos a second needs: what is full first, cores, memory and money.",
        epilog="docs/scaling.md explains the figures. Prices are in any currency; the defaults are round figures.",
        allow_abbrev=False,
    )
    rate, price = _number(0.01, 1e6), _number(0)
    options: dict[str, tuple[Callable[[str], float], str]] = {
        "photos_per_message": (_number(1, 4), "photos that one answer is about, on average; albums get one answer"),
        "mean_share": (_number(0.01, 1), "mean rate as a share of the busiest rate"),
        "usable": (_number(0.1, 0.95), "share of a resource that may be used at the busiest time"),
        "machine_cores": (_number(1, 1024, int), "cores of a machine"),
        "link_gbit_s": (_number(0.01, 1000), "network of a machine, in Gbit a second"),
        "round_trip_ms": (_number(0.1, 10_000), "time of a call to Telegram, in milliseconds"),
        "gpu_photos_per_s": (_number(0), "photos a second of a GPU, as gpu_check measures them; 0 for no GPU"),
        "keep_days": (_number(1, 3650, int), "days for which answers and labels are kept: LABELBOT_RETENTION_DAYS"),
    }
    prices = {
        "core_hour": "of a core for an hour",
        "gb_hour": "of a GB of memory for an hour",
        "gpu_hour": "of a GPU for an hour",
        "traffic_gb": "of a GB that is sent",
        "disk_gb_month": "of a GB of disk for a month",
        "star": "of a Telegram Star",
    }
    parser.add_argument("--photos-per-s", type=rate, required=True, help="photos a second at the busiest time")
    parser.add_argument(
        "--model",
        choices=MODELS,
        default=MODELS[0],
        help="the built-in model (default), or any network of Inception-v3's size",
    )
    parser.add_argument("--paid", action="store_true", help="pay Stars for answers: 1,000 a second of one bot")
    parser.add_argument("--cluster", action="store_true", help="workers on machines of their own, on a Ray cluster")
    for name, (read, text) in options.items():
        parser.add_argument(
            _flag(name),
            type=read,
            default=getattr(Demand(1.0), name),
            help=_help(text, name, Demand(1.0)),
            metavar="NUMBER",
        )
    for name, text in prices.items():
        default, text = getattr(Prices(), name), _help(f"price {text}", name, Prices())
        parser.add_argument(_flag(f"price_{name}"), type=price, default=default, help=text, metavar="PRICE")
    return parser


def _help(text: str, name: str, defaults: object) -> str:
    return f"{text} (default: {getattr(defaults, name):g})"


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the plan for a command line."""
    given = vars(_parser().parse_args(arguments))
    demand = Demand(**{field.name: given[field.name] for field in fields(Demand)})
    prices = Prices(**{field.name: given[f"price_{field.name}"] for field in fields(Prices)})
    sys.stdout.write(report(demand, values(read_figures()), prices))


if __name__ == "__main__":
    main()
