"""What a demand needs at its busiest time, what that costs, and how long people wait then."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tests.benchmarks.scaling.demand import KB_PER_GBIT, OVERHEAD, Demand, Known, Prices, postgresql_per_s, sqlite_per_s
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
GPU_BATCH = 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What a demand needs. No resource is used more than its usable share.

    Attributes:
        demand: the demand.
        bots, processes: tokens, and processes of all bots together.
        database: "sqlite", one for each bot, if each bot is one process; otherwise "postgresql".
        bot_cores, worker_cores, database_cores: cores.
        gpus: GPUs, which leave only the decoding to the workers' cores.
        machines: machines for all of it.
        memory_gb: memory in use.
        received_gbit_s, sent_gbit_s: traffic with Telegram.
        received_gb, sent_gb: the same in a month.
        photos: photos in a month.
        stored_gb: rows of the databases.
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
    received_gbit_s: float
    sent_gbit_s: float
    received_gb: float
    sent_gb: float
    photos: float
    stored_gb: float

    @property
    def cores(self) -> int:
        """All cores; each machine has a whole number of them."""
        return max(1, ceil(self.bot_cores + self.worker_cores + self.database_cores))

    def costs(self, known: Known, prices: Prices) -> dict[str, float]:
        """Return the costs of a month by what is paid for."""
        messages = self.photos / self.demand.photos_per_message if self.demand.paid else 0.0
        return {
            "cores": self.cores * HOURS_PER_MONTH * prices.core_hour,
            "memory": self.memory_gb * HOURS_PER_MONTH * prices.gb_hour,
            "GPUs": self.gpus * HOURS_PER_MONTH * prices.gpu_hour,
            "traffic": self.sent_gb * prices.traffic_gb,
            "disk": self.stored_gb * prices.disk_gb_month,
            "Stars": messages * known["stars_per_message"] * prices.star,
        }


def make_plan(demand: Demand, known: Known) -> Plan:
    """Size everything for a demand."""
    rate, usable = demand.photos_per_s, demand.usable
    bots = ceil(rate / demand.photos_per_message / demand.messages_per_s(known) / usable)
    alone = rate / bots <= usable * min(1e3 / known["bot_sqlite_core_ms"], sqlite_per_s(known))
    database = "sqlite" if alone else "postgresql"
    bot_core_s = known[f"bot_{database}_core_ms"] / 1e3
    processes = bots if alone else bots * ceil(rate / bots / min(1 / bot_core_s, postgresql_per_s(known)) / usable)
    gpus = ceil(rate / demand.gpu_photos_per_s / usable) if demand.gpu_photos_per_s else 0
    bot_cores = rate * bot_core_s / usable
    # With a GPU, a worker's core only decodes.
    worker_cores = rate * known[f"{demand.model}_{'decode_' if gpus else ''}core_ms"] / 1e3 / usable
    database_cores = 0.0 if alone else rate * known["postgresql_core_ms"] / 1e3 / usable
    received_kb, sent_kb = demand.received_kb(known), OVERHEAD * known["sent_kb"]
    machines = max(
        ceil((bot_cores + worker_cores + database_cores) / demand.machine_cores),
        ceil(rate * received_kb / demand.link_gbit_s / KB_PER_GBIT / usable),
    )
    # Each process has workers of its own.
    workers = processes * ceil((gpus or worker_cores) / processes)
    shared_mb = known[f"{demand.model}_first_worker_mb"] - known[f"{demand.model}_further_worker_mb"]
    memory_mb = processes * known[f"bot_{database}_mb"] + machines * shared_mb
    memory_mb += workers * known[f"{demand.model}_further_worker_mb"]
    photos = rate * demand.mean_share * 3600 * HOURS_PER_MONTH
    return Plan(
        demand=demand,
        bots=bots,
        processes=processes,
        database=database,
        bot_cores=bot_cores,
        worker_cores=worker_cores,
        database_cores=database_cores,
        gpus=gpus,
        machines=machines,
        memory_gb=memory_mb / 1e3,
        received_gbit_s=rate * received_kb / KB_PER_GBIT,
        sent_gbit_s=rate * sent_kb / KB_PER_GBIT,
        received_gb=photos * received_kb / 1e6,
        sent_gb=photos * sent_kb / 1e6,
        photos=photos,
        stored_gb=rate * demand.mean_share * SECONDS_PER_DAY * demand.keep_days * known[f"{database}_row_kb"] / 1e6,
    )


def setup_of_a_bot(plan: Plan, known: Known) -> Setup:
    """Describe one bot of a plan with its share of the machines, rounded up to whole workers."""
    demand, sqlite = plan.demand, plan.database == "sqlite"
    if plan.gpus:
        # How a batch's time depends on its size is not measured here: half of it is taken as fixed.
        photo_s = 1 / demand.gpu_photos_per_s
        worker, batch = Work(fixed_s=GPU_BATCH * photo_s / 2, each_s=photo_s / 2), GPU_BATCH
    else:
        worker = Work(each_s=known[f"{demand.model}_core_ms"] / 1e3, variation=known[f"{demand.model}_variation"])
        batch = 1
    workers = ceil((plan.gpus or plan.worker_cores) / plan.bots)
    return Setup(
        cores=ceil(plan.worker_cores / plan.bots) + ceil(plan.bot_cores / plan.bots),
        workers=workers,
        worker=worker,
        batch=batch,
        bot=Work(each_s=known[f"bot_{plan.database}_core_ms"] / 1e3),
        replicas=ceil(plan.processes / plan.bots),
        database=sqlite_work(known) if sqlite else Work(each_s=known["postgresql_statement_ms"] / 1e3),
        connections=1 if sqlite else int(known["connections"]),
        group=int(known["at_once"]) if sqlite else 1,
        limits=Limits(per_s=int(demand.messages_per_s(known))),
        round_trip_s=demand.round_trip_ms / 1e3,
        link_kb_s=demand.link_gbit_s * KB_PER_GBIT * plan.machines / plan.bots,
        photo_kb=demand.received_kb(known),
    )


def sqlite_work(known: Known) -> Work:
    """Return what a group of statements takes in SQLite."""
    return Work(known["sqlite_group_ms"] / 1e3, known["sqlite_statement_ms"] / 1e3)


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
