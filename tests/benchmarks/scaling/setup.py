"""The machines of a simulation, and what a photo takes on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.benchmarks.scaling.events import Work
from tests.benchmarks.scaling.sending import Limits


@dataclass(frozen=True, slots=True)
class Setup:
    """Machines and what a photo takes on them.

    Attributes:
        cores: cores of the machine on which everything runs, or of that of the bots' processes if there are
            `worker_cores`.
        worker_cores: cores of machines of the workers; 0 if the workers share the bot's cores.
        workers: number of worker processes.
        worker: what a photo, or a batch, takes in a worker.
        batch: photos that a worker takes at once, to a GPU if there are several.
        replicas: processes of the bot.
        bot: what a photo takes in the bot's process.
        gateway: what a photo takes in the gateway process of each replica, which sends it to its node; None without a
            cluster.
        database: what a group of statements of one process takes, which share a transaction. One group runs at a time.
        group: jobs that share a transaction at most; a job is the statements that a photo submits together.
        read_s: time of a read beside the groups; 0 if reads share their transactions.
        limits: Telegram's limits.
        round_trip_s: time of a call to Telegram.
        link_kb_s: pace of the network, in kB a second.
        connection_kb_s: pace of one download at most.
        photo_kb: size of a photo.
        server: what a photo takes of a local Bot API server on the same machine, if there is one.
        others: number of jobs of other programs on that machine, from a time in seconds on.
    """

    cores: float
    workers: int
    worker: Work
    bot: Work
    database: Work
    worker_cores: float = 0.0
    gateway: Work | None = None
    batch: int = 1
    replicas: int = 1
    group: int = 64
    read_s: float = 0.0
    limits: Limits = field(default_factory=Limits)
    round_trip_s: float = 0.05
    link_kb_s: float = 125_000.0
    connection_kb_s: float = 5_000.0
    photo_kb: float = 100.0
    server: Work | None = None
    others: Sequence[tuple[float, float]] = ()
