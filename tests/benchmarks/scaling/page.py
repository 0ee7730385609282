"""Writes the tables and pictures of docs/scaling.md anew: `python -m tests.benchmarks.scaling.page`.

They come from `figures.toml`, `validation.json` and the simulation. It takes a minute or two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean

from tests.benchmarks.scaling.demand import Demand, Known, Prices, capacities
from tests.benchmarks.scaling.figures import Figure, read_figures, values
from tests.benchmarks.scaling.pictures import draw_latencies, draw_limits
from tests.benchmarks.scaling.report import report
from tests.benchmarks.scaling.validate import FILE as VALIDATION
from tests.benchmarks.scaling.validate import Compared

PAGE = Path("docs/scaling.md")
# A part that is written here, between two comments that a reader of the page does not see.
PART = re.compile(r"(<!-- part: (?P<name>[a-z0-9-]+) -->\n).*?(<!-- end of part -->)", re.DOTALL)
# Mean number of other programs up to which a comparison is worth something.
CALM = 1.0
DEMANDS = {
    "10": Demand(10.0),
    "1000": Demand(1_000.0, model="inception_v3"),
    "100000": Demand(100_000.0, model="inception_v3", machine_cores=64, link_gbit_s=25.0),
}


def parts(names: Iterable[str]) -> dict[str, str]:
    """Return the parts of the page by their names."""
    figures = read_figures()
    made = {}
    for name in names:
        if name == "figures":
            made[name] = _figures_table(figures)
        elif name == "validation":
            made[name] = _validation_table([Compared(**row) for row in json.loads(VALIDATION.read_text())])
        else:
            made[name] = f"```text\n{report(DEMANDS[name.removeprefix('plan-')], values(figures), Prices())}```\n"
    return made


def fill(page: str) -> str:
    """Return the page with its parts written anew."""
    made = parts(match["name"] for match in PART.finditer(page))
    return PART.sub(lambda match: f"{match[1]}\n{made[match['name']]}\n{match[3]}", page)


def draw(known: Known, folder: Path) -> None:
    """Draw the pictures of the page into a folder."""
    draw_limits(
        {model: capacities(Demand(1.0, model=model), known) for model in ("efficientnet_lite0", "inception_v3")},
        folder / "scaling-limits.svg",
    )
    draw_latencies(known, folder / "scaling-latency.svg")


def _figures_table(figures: dict[str, Figure]) -> str:
    rows = [("figure", "value", "from")]
    rows += [(figure.what, f"{figure.value:.3g} {figure.unit}", _source(figure)) for figure in figures.values()]
    return _markdown(rows)


def _source(figure: Figure) -> str:
    if figure.source.startswith("https://"):
        return f"<{figure.source}>"
    command = figure.source.removeprefix("python -m tests.benchmarks.scaling.")
    return f"`{command}`" + (f", {figure.machine}" if figure.machine else "")


def _validation_table(rows: Sequence[Compared]) -> str:
    head = (
        "run",
        "photos sent a second",
        "50 % within: real, simulated",
        "95 % within: real, simulated",
        "answers a second: real, simulated",
        "other programs",
    )
    table = _markdown([head, *(_compared(row) for row in rows)])
    others = fmean(row.other_jobs for row in rows)
    if others <= CALM:
        return table
    return (
        f"{table}\nMeanwhile {others:.0f} other programs wanted the cores on average, so these waits do not yet tell\n"
        "how well the simulation agrees: measure again on a calm machine.\n"
    )


def _compared(row: Compared) -> Sequence[str]:
    return (
        row.name,
        f"{row.photos_per_s:.1f}" if row.photos_per_s else "all",
        _pair(row.real_p50_ms, row.p50_ms, "{:,.0f} ms"),
        _pair(row.real_p95_ms, row.p95_ms, "{:,.0f} ms"),
        _pair(row.real_per_s, row.per_s, "{:.1f}"),
        f"{row.other_jobs:.1f}",
    )


def _pair(real: float, simulated: float, form: str) -> str:
    return f"{form.format(real)}, {form.format(simulated)} ({simulated / real - 1:+.0%})"


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *others = (f"| {' | '.join(row)} |\n" for row in rows)
    return head + "|---" * len(rows[0]) + "|\n" + "".join(others)


def main() -> None:
    draw(values(read_figures()), PAGE.parent)
    PAGE.write_text(fill(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
