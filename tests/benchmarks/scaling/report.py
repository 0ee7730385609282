"""A plan as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.benchmarks.scaling.demand import KB_PER_GBIT, Capacity, Demand, Known, Prices, capacities
from tests.benchmarks.scaling.plan import Plan, make_month, make_plan, simulate
from tests.benchmarks.scaling.simulation import Outcome

DATABASES = {"sqlite": "SQLite, one for each bot", "postgresql": "PostgreSQL"}


def report(demand: Demand, known: Known, prices: Prices) -> str:
    """Return what breaks first, what the demand needs, and what it costs."""
    plan = make_plan(demand, known)
    parts = (
        f"{demand.photos_per_s:,g} photos a second at the busiest time, model {demand.model}",
        _table(("ONE OF EACH", "PHOTOS/S", "USED"), [_used(row, demand) for row in capacities(demand, known)]),
        _table(("NEEDED", ""), _needs(plan, known)),
        _table(("A MONTH", ""), _month(plan, known, prices)),
    )
    return "\n\n".join(parts) + "\n"


def _used(row: Capacity, demand: Demand) -> Sequence[str]:
    share = demand.photos_per_s / row.photos_per_s
    used = f"{share:.0%}" if share < 2 else f"{share:,.0f} times"
    if row.name.startswith(("one group", "one chat")):
        return row.name, f"{row.photos_per_s:,.0f}", f"by each alone -> {row.change}"
    return row.name, f"{row.photos_per_s:,.0f}", used if share <= demand.usable else f"{used} -> {row.change}"


def _needs(plan: Plan, known: Known) -> Iterable[Sequence[str]]:
    yield "bots (tokens)", f"{plan.bots:,}"
    yield "processes of bots", f"{plan.processes:,}"
    yield "database", DATABASES[plan.database]
    cores = {"bots": plan.bot_cores, "workers": plan.worker_cores, "database": plan.database_cores}
    shares = ", ".join(f"{name} {value:,.1f}" for name, value in cores.items() if value)
    yield "cores", f"{plan.cores:,} ({shares})"
    if plan.gpus:
        yield "GPUs", f"{plan.gpus:,}"
    yield f"machines of {plan.demand.machine_cores} cores", f"{plan.machines:,}"
    yield "memory in use", f"{plan.memory_gb:,.1f} GB"
    received, sent = (
        plan.demand.photos_per_s * kb / KB_PER_GBIT for kb in (plan.demand.received_kb(known), known["sent_kb"])
    )
    yield "network", f"{received:,.3g} Gbit/s in, {sent:,.2g} out"
    outcome, _ = simulate(plan, known)
    yield "answers (simulated)", f"{_waits(outcome)}; albums wait 1.5 s for further parts"
    outcome, load = simulate(plan, known, swing=1.0)
    yield "in a burst (simulated)", f"{_waits(outcome)} while up to twice as many come for {load.period_s / 2:,.0f} s"


def _waits(outcome: Outcome) -> str:
    return " and ".join(f"{percent} % within {outcome.percentile_s(percent):,.1f} s" for percent in (50, 95))


def _month(plan: Plan, known: Known, prices: Prices) -> Iterable[Sequence[str]]:
    month = make_month(plan, known, prices)
    yield "photos", f"{month.photos / 1e6:,.1f} million"
    yield "traffic", f"{month.received_gb:,.0f} GB in, {month.sent_gb:,.0f} GB out"
    yield f"rows of {plan.demand.keep_days} days, at most", f"{month.stored_gb:,.1f} GB"
    for name, price in month.prices.items():
        if price:
            yield f"price of {name}", _price(price)
    yield "price in all", _price(month.price)
    yield "price of a million photos", _price(month.price / month.photos * 1e6)


def _price(value: float) -> str:
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Align the columns; those between the first and the last to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head) - 1)]
    aligned = (
        [
            line[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(line[1:-1], widths[1:], strict=True)),
            line[-1],
        ]
        for line in lines
    )
    return "\n".join("  ".join(cells).rstrip() for cells in aligned)
