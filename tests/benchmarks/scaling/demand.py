"""What an operator expects, pays and owns; and how many photos a second one of each resource takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Known = Mapping[str, float]
# Share of the bytes that TLS and TCP add: headers of packets of 1,500 bytes.
OVERHEAD = 1.04
KB_PER_GBIT = 125_000


@dataclass(frozen=True, slots=True)
class Prices:
    """Prices in any currency: round figures to be replaced, no offers of anybody.

    Attributes:
        core_hour: a core for an hour.
        gb_hour: a GB of memory for an hour.
        gpu_hour: a GPU for an hour.
        traffic_gb: a GB that is sent. Most hosts charge nothing for what is received.
        disk_gb_month: a GB of disk for a month.
        star: a Telegram Star.
    """

    core_hour: float = 0.04
    gb_hour: float = 0.005
    gpu_hour: float = 2.0
    traffic_gb: float = 0.05
    disk_gb_month: float = 0.1
    star: float = 0.015


@dataclass(frozen=True, slots=True)
class Demand:
    """What an operator expects, and the machines and the model they use.

    Attributes:
        photos_per_s: photos a second at the busiest time.
        model: "efficientnet_lite0", or "inception_v3" for any network of its size.
        photos_per_message: photos that one message answers, on average. Albums get one answer.
        mean_share: mean rate as a share of the busiest rate.
        usable: share of a resource that may be used at the busiest time, so that queues stay short.
        machine_cores: cores of a machine.
        link_gbit_s: network of a machine.
        round_trip_ms: time of a call to Telegram.
        paid: whether answers are paid for with Stars, so that a bot may send more of them.
        cluster: whether the workers are on machines of their own, on a Ray cluster.
        gpu_photos_per_s: photos a second of a GPU; 0 for no GPU.
        keep_days: days for which answers and labels are kept.
    """

    photos_per_s: float
    model: str = "efficientnet_lite0"
    photos_per_message: float = 1.2
    mean_share: float = 0.4
    usable: float = 0.7
    machine_cores: int = 8
    link_gbit_s: float = 1.0
    round_trip_ms: float = 50.0
    paid: bool = False
    cluster: bool = False
    gpu_photos_per_s: float = 0.0
    keep_days: int = 30

    def received_kb(self, known: Known) -> float:
        """Return the kB that come from Telegram for a photo: the photo, the update, and answers to calls."""
        return OVERHEAD * (known[f"{self.model}_photo_kb"] + known["beside_kb"])

    def worker_core_ms(self, known: Known) -> float:
        """Return the CPU time of a photo outside the bot's process. With a GPU, a worker's core only decodes."""
        core_ms = known[f"{self.model}_{'decode_' if self.gpu_photos_per_s else ''}core_ms"]
        return core_ms + (known["ray_worker_core_ms"] + known["ray_node_core_ms"] if self.cluster else 0.0)

    def gateway_core_ms(self, known: Known) -> float:
        """Return the CPU time of a photo in the gateway process, which sends it to its node; 0 without a cluster."""
        return known["ray_gateway_core_ms"] if self.cluster else 0.0

    def messages_per_s(self, known: Known) -> float:
        """Return the number of messages that Telegram takes from one bot in a second."""
        return known["paid_messages_per_s" if self.paid else "messages_per_s"]


@dataclass(frozen=True, slots=True)
class Capacity:
    """What one of a resource takes.

    Attributes:
        name: name of the resource.
        photos_per_s: photos a second at which it is full.
        change: what to do then.
    """

    name: str
    photos_per_s: float
    change: str


def database_per_s(known: Known, database: str) -> float:
    """Return the photos a second whose statements one process stores in "sqlite" or "postgresql".

    One transaction runs at a time. At full load, statements of many photos share it.
    """
    statements_ms = known[f"{database}_statements"] * known[f"{database}_statement_ms"]
    groups_ms = known[f"{database}_groups"] * known[f"{database}_group_ms"] / known["at_once"]
    return 1e3 / (statements_ms + groups_ms)


def capacities(demand: Demand, known: Known) -> Sequence[Capacity]:
    """Return what one of each resource takes, the weakest first."""
    merged, merging = known["photos_per_merged_answer"], "nothing: ten photos of a chat share an answer"
    rows = [
        Capacity("one group (20 answers a minute)", merged * known["group_messages_per_min"] / 60, merging),
        Capacity("one chat (1 answer a second)", merged * known["chat_messages_per_s"], merging),
        Capacity(
            f"answers of one bot ({demand.messages_per_s(known):,.0f} a second)",
            demand.messages_per_s(known) * demand.photos_per_message,
            "more bots, or the HTTP API",
        ),
        Capacity("one core of workers", 1e3 / demand.worker_core_ms(known), "more cores, then machines"),
        Capacity("one process of a bot", 1e3 / known["bot_sqlite_core_ms"], "replicas"),
        Capacity("one SQLite database", database_per_s(known, "sqlite"), "PostgreSQL"),
        Capacity("PostgreSQL, one process", database_per_s(known, "postgresql"), "replicas"),
        Capacity("PostgreSQL, one core", 1e3 / known["postgresql_core_ms"], "more cores, or a database per bot"),
        Capacity("polling (25 photos a call)", 1e3 * known["updates_per_poll"] / demand.round_trip_ms, "a webhook"),
        Capacity(
            f"network of {demand.link_gbit_s:g} Gbit/s",
            demand.link_gbit_s * KB_PER_GBIT / demand.received_kb(known),
            "more machines",
        ),
    ]
    if demand.gpu_photos_per_s:
        rows.append(Capacity("one GPU", demand.gpu_photos_per_s, "more GPUs"))
    return sorted(rows, key=lambda row: row.photos_per_s)
