"""What a demand needs at its busiest time, what that costs, and how long people wait then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import ceil

from tests.benchmarks.scaling.demand import KB_PER_GBIT, OVERHEAD, Demand, Known, Prices, database_per_s
from tests.benchmarks.scaling.events import Work
from tests.benchmarks.scaling.load import Load
from tests.benchmarks.scaling.sending import Limits
from tests.benchmarks.scaling.setup import Setup
from tests.benchmarks.scaling.simulation import Outcome, Simulation

HOURS_PER_MONTH = 730.0
SECONDS_PER_DAY = 86_400
# Photos of a simulated plan: enough for a 95th percentile, in a second or two.
SIMULATED_PHOTOS = 2_400
ALBUM_PHOTOS = 4
# The bot's defaults and advice: docs/running.md.
GPU_BATCH, WORKERS_PER_GPU = 16, 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What a demand needs. No resource is used more than its usable share.

    Attributes:
        demand: the demand.
        bots, processes: tokens, and processes of all bots together.
        database: "sqlite", one for each bot, if each bot is one process; otherwise "postgresql".
        bot_cores, worker_cores, database_cores: cores; those of the bots are for their gateway processes, too.
        gpus: GPUs, which leave only the decoding to the workers' cores.
        machines: machines for all of it.
        memory_gb: memory in use.
    """

    demand: Demand
    bots: int
    processes: int
    database: str
    bot_cores: float
    worker_cores: float
    database_cores: float
    gpus: int
    machines: int
    memory_gb: float

    @property
    def cores(self) -> int:
        """All cores; each machine has a whole number of them."""
        return max(1, ceil(self.bot_cores + self.worker_cores + self.database_cores))


@dataclass(frozen=True, slots=True)
class Month:
    """A month of a plan.

    Attributes:
        photos: number of photos.
        received_gb, sent_gb: traffic with Telegram.
        stored_gb: rows of the databases.
        prices: price of each position.
    """

    photos: float
    received_gb: float
    sent_gb: float
    stored_gb: float
    prices: Mapping[str, float]

    @property
    def price(self) -> float:
        return sum(self.prices.values())


def make_plan(demand: Demand, known: Known) -> Plan:
    """Size everything for a demand."""
    rate, usable = demand.photos_per_s, demand.usable
    bots = ceil(rate / demand.photos_per_message / demand.messages_per_s(known) / usable)
    alone = rate / bots <= usable * min(1e3 / known["bot_sqlite_core_ms"], database_per_s(known, "sqlite"))
    database = "sqlite" if alone else "postgresql"
    bot_ms = known[f"bot_{database}_core_ms"]
    replicas = 1 if alone else ceil(rate / bots / usable / min(1e3 / bot_ms, database_per_s(known, "postgresql")))
    database_ms = 0.0 if alone else known["postgresql_core_ms"]
    bot_cores, worker_cores, database_cores = (
        rate * core_ms / 1e3 / usable
        for core_ms in (bot_ms + demand.gateway_core_ms(known), demand.worker_core_ms(known), database_ms)
    )
    links = ceil(rate * demand.received_kb(known) / demand.link_gbit_s / KB_PER_GBIT / usable)
    plan = Plan(
        demand=demand,
        bots=bots,
        processes=bots * replicas,
        database=database,
        bot_cores=bot_cores,
        worker_cores=worker_cores,
        database_cores=database_cores,
        gpus=ceil(rate / demand.gpu_photos_per_s / usable) if demand.gpu_photos_per_s else 0,
        machines=_machines(demand, bot_cores + database_cores, worker_cores, links),
        memory_gb=0.0,
    )
    return replace(plan, memory_gb=_memory_mb(plan, known) / 1e3)


def _machines(demand: Demand, bot_cores: float, worker_cores: float, links: int) -> int:
    """Return the number of machines; on a cluster, those of the workers are others than those of the bots."""
    if demand.cluster:
        return max(ceil(bot_cores / demand.machine_cores), links) + ceil(worker_cores / demand.machine_cores)
    return max(ceil((bot_cores + worker_cores) / demand.machine_cores), links)


def _memory_mb(plan: Plan, known: Known) -> float:
    memory_mb, workers = plan.processes * known[f"bot_{plan.database}_mb"], _workers(plan)
    if plan.demand.cluster:
        memory_mb += known["ray_head_mb"] + (plan.machines - 1) * known["ray_node_mb"]
        memory_mb += workers * known["ray_actor_mb"] + plan.processes * known["ray_gateway_mb"]
    if plan.gpus:
        return memory_mb + workers * known["tensorflow_worker_mb"]
    # Workers of a machine share libraries.
    first_mb, further_mb = (known[f"{plan.demand.model}_{which}_worker_mb"] for which in ("first", "further"))
    return memory_mb + workers * further_mb + plan.machines * (first_mb - further_mb)


def _workers(plan: Plan) -> int:
    """Return the number of workers; without a cluster or GPUs, each process of a bot has some of its own."""
    if plan.gpus:
        return WORKERS_PER_GPU * plan.gpus
    return ceil(plan.worker_cores) if plan.demand.cluster else plan.processes * ceil(plan.worker_cores / plan.processes)


def make_month(plan: Plan, known: Known, prices: Prices) -> Month:
    """Return the traffic, the rows and the prices of a month."""
    demand = plan.demand
    mean_per_s = demand.photos_per_s * demand.mean_share
    photos = mean_per_s * 3600 * HOURS_PER_MONTH
    sent_gb = photos * OVERHEAD * known["sent_kb"] / 1e6
    stored_gb = mean_per_s * SECONDS_PER_DAY * demand.keep_days * known[f"{plan.database}_row_kb"] / 1e6
    paid_messages = photos / demand.photos_per_message if demand.paid else 0.0
    by_position = {
        "cores": plan.cores * HOURS_PER_MONTH * prices.core_hour,
        "memory": plan.memory_gb * HOURS_PER_MONTH * prices.gb_hour,
        "GPUs": plan.gpus * HOURS_PER_MONTH * prices.gpu_hour,
        "traffic": sent_gb * prices.traffic_gb,
        "disk": stored_gb * prices.disk_gb_month,
        "Stars": paid_messages * known["stars_per_message"] * prices.star,
    }
    return Month(photos, photos * demand.received_kb(known) / 1e6, sent_gb, stored_gb, by_position)


def setup_of_a_bot(plan: Plan, known: Known) -> Setup:
    """Describe one bot of a plan with its share of the machines, rounded up to whole workers."""
    demand, sqlite = plan.demand, plan.database == "sqlite"
    if plan.gpus:
        # How a batch's time depends on its size is not measured here: half of it is taken as fixed.
        photo_s = 1 / demand.gpu_photos_per_s
        worker, batch = Work(fixed_s=GPU_BATCH * photo_s / 2, each_s=photo_s / 2), GPU_BATCH
    else:
        worker = Work(each_s=demand.worker_core_ms(known) / 1e3, variation=known[f"{demand.model}_variation"])
        batch = 1
    workers = ceil((plan.gpus or plan.worker_cores) / plan.bots)
    worker_cores = ceil(plan.worker_cores / plan.bots)
    return Setup(
        cores=ceil(plan.bot_cores / plan.bots) + (0 if demand.cluster else worker_cores),
        worker_cores=worker_cores if demand.cluster else 0,
        workers=workers,
        worker=worker,
        batch=batch,
        bot=Work(each_s=known[f"bot_{plan.database}_core_ms"] / 1e3),
        gateway=Work(each_s=demand.gateway_core_ms(known) / 1e3) if demand.cluster else None,
        replicas=ceil(plan.processes / plan.bots),
        database=database_work(known, plan.database),
        group=int(known["at_once"]),
        read_s=0.0 if sqlite else known["postgresql_read_ms"] / 1e3,
        limits=Limits(per_s=int(demand.messages_per_s(known))),
        round_trip_s=demand.round_trip_ms / 1e3,
        link_kb_s=demand.link_gbit_s * KB_PER_GBIT * plan.machines / plan.bots,
        photo_kb=demand.received_kb(known),
    )


def database_work(known: Known, database: str) -> Work:
    """Return what a group of statements takes in "sqlite" or "postgresql"."""
    return Work(known[f"{database}_group_ms"] / 1e3, known[f"{database}_statement_ms"] / 1e3)


def simulate(
    plan: Plan, known: Known, *, photos: int = SIMULATED_PHOTOS, swing: float = 0.0, seed: int = 1
) -> tuple[Outcome, Load]:
    """Simulate one bot of a plan at the busiest time.

    Args:
        plan: the plan.
        known: figures of `figures.toml`.
        photos: number of photos.
        swing: how far the rate rises above the busiest rate, as a share of it, in the first half of the time. In the
            second half it falls as far below.
        seed: another one gives other random moments.
    """
    rate = plan.demand.photos_per_s / plan.bots
    album_share = (plan.demand.photos_per_message - 1) / (ALBUM_PHOTOS - 1)
    seconds = photos / rate
    load = Load(rate, seconds, album_share=album_share, album_photos=ALBUM_PHOTOS, swing=swing, period_s=seconds)
    return Simulation(setup_of_a_bot(plan, known), seed).run(load.arrivals(seed)), load
