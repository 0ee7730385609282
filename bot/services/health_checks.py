"""The conditions about which admins are informed, each with its check."""

from __future__ import annotations

import asyncio
import shutil
from collections import deque
from collections.abc import Callable
from os import stat_result
from pathlib import Path

from sqlalchemy import URL

from bot.services.health import Condition, Facts
from bot.services.model_selection import ModelSelection
from bot.storage.backup_record import last_failure
from bot.transport.polling import Poller
from bot.transport.server_clock import ServerClock
from bot.transport.webhook import Webhook
from inference import InferencePool

# Limit in seconds on the error of the clock. Quiet hours, certificates and logs tolerate minutes. The Date header is
# accurate to a second.
MAX_CLOCK_ERROR_S = 300.0
# Minimum of free disk space in bytes, and as a share of the disk; the smaller minimum counts. A pull of Inception-v3
# needs 250 MB, and the database stays smaller than that. A disk below 2.5 GB is small on purpose, so a tenth of it is
# enough.
MIN_FREE_BYTES = 250_000_000
MIN_FREE_SHARE = 0.1
# Seconds without a successful poll until admins are informed. A poll takes half a minute, and so does the longest pause
# after a failed poll. So several polls in a row have failed after this time.
MAX_SILENCE_S = 180.0
# Number of workers that die within the period below until admins are informed. One costly image may kill two workers.
MAX_DEATHS = 5
DEATHS_PERIOD_S = 300.0


def bot_conditions(
    database: URL, home: Path, clock: ServerClock, intake: Poller | Webhook, pool: InferencePool, models: ModelSelection
) -> list[Condition]:
    """Return all conditions of a running bot. Blocking: the function looks at files.

    Args:
        database: address of the open database.
        home: folder with models and data.
        clock: Telegram's time.
        intake: source of updates.
        pool: worker processes.
        models: choice of models.

    Raises:
        OSError: the database's file does not exist.
    """
    conditions = [
        clock_off(clock),
        disk_full(home),
        *([polling_silent(intake)] if isinstance(intake, Poller) else webhook_conditions(intake)),
        workers_dying(pool),
        cluster_lost(pool),
        model_missing(models),
        backup_failed(home),
    ]
    if database.get_backend_name() == "sqlite":
        conditions.append(database_file(Path(str(database.database))))
    return conditions


def database_file(file: Path) -> Condition:
    """The database's file was deleted or replaced: SQLite keeps writing to the old file, which has no name any more.

    Args:
        file: path of the open database.

    Raises:
        OSError: the file does not exist.
    """
    opened = _identity(file.stat())

    def look() -> Facts | None:
        try:
            found = _identity(file.stat())
        except FileNotFoundError:
            found = None
        return None if found == opened else {"file": str(file)}

    return Condition(
        "the database file was deleted or replaced: what is stored from now on is lost at the end",
        "health-database-file",
        "health-database-file-over",
        _in_thread(look),
    )


def clock_off(clock: ServerClock) -> Condition:
    """The clock of this machine is wrong."""

    async def look() -> Facts | None:
        ahead_s = clock.ahead_s
        if abs(ahead_s) <= MAX_CLOCK_ERROR_S:
            return None
        return {"minutes": round(abs(ahead_s) / 60), "direction": "ahead" if ahead_s > 0 else "behind"}

    return Condition("the clock of this machine is not that of Telegram", "health-clock", "health-clock-over", look)


def disk_full(home: Path) -> Condition:
    """The disk is almost full.

    Args:
        home: folder with models and data. The folder need not exist if the database is on a server.
    """

    def look() -> Facts | None:
        if not home.exists():
            return None
        disk = shutil.disk_usage(home)
        if disk.free >= min(MIN_FREE_BYTES, MIN_FREE_SHARE * disk.total):
            return None
        return {"free_mb": disk.free // 1_000_000, "percent": int(100 * disk.free / disk.total)}

    return Condition("the disk of the home folder is almost full", "health-disk", "health-disk-over", _in_thread(look))


def polling_silent(poller: Poller) -> Condition:
    """No updates can be fetched."""

    async def look() -> Facts | None:
        silent_s = poller.silent_s
        return {"minutes": round(silent_s / 60)} if silent_s > MAX_SILENCE_S else None

    return Condition("updates cannot be fetched from Telegram", "health-polling", "health-polling-over", look)


def webhook_conditions(webhook: Webhook) -> list[Condition]:
    """Telegram fails to deliver updates; another program has taken the webhook away."""

    async def fails() -> Facts | None:
        return {"reason": webhook.failure} if webhook.failure else None

    async def is_replaced() -> Facts | None:
        return {} if webhook.conflict else None

    return [
        Condition("Telegram cannot deliver updates to the webhook", "health-webhook", "health-webhook-over", fails),
        Condition(
            "another program takes the webhook away",
            "health-webhook-replaced",
            "health-webhook-replaced-over",
            is_replaced,
        ),
    ]


def workers_dying(pool: InferencePool) -> Condition:
    """Worker processes die, or fail to start, several times within minutes."""
    looks: deque[tuple[float, int]] = deque()

    async def look() -> Facts | None:
        now_s = asyncio.get_running_loop().time()
        if pool.fault is not None:
            # All workers have ended, and `cluster_lost` says why.
            looks.clear()
        looks.append((now_s, pool.worker_deaths))
        while looks[0][0] < now_s - DEATHS_PERIOD_S:
            looks.popleft()
        deaths = looks[-1][1] - looks[0][1]
        return {"count": deaths, "minutes": round(DEATHS_PERIOD_S / 60)} if deaths >= MAX_DEATHS else None

    return Condition("worker process after worker process dies", "health-workers", "health-workers-over", look)


def cluster_lost(pool: InferencePool) -> Condition:
    """There is no connection to the cluster that labels."""

    async def look() -> Facts | None:
        return None if pool.fault is None else {"reason": pool.fault}

    return Condition("there is no connection to the cluster", "health-cluster", "health-cluster-over", look)


def model_missing(models: ModelSelection) -> Condition:
    """A model is missing or broken, and another model answers."""

    def look() -> Facts | None:
        passed_over = models.passed_over()
        if not passed_over:
            return None
        return {"models": ", ".join(passed_over), "instead": ", ".join(dict.fromkeys(passed_over.values()))}

    return Condition(
        "a model is missing or broken, and another one answers", "health-model", "health-model-over", _in_thread(look)
    )


def backup_failed(home: Path) -> Condition:
    """The last backup failed, and the failure was not shown in a terminal.

    Args:
        home: folder with the record of backups.
    """

    def look() -> Facts | None:
        reason = last_failure(home)
        return None if reason is None else {"reason": reason}

    return Condition("the last backup failed", "health-backup", "health-backup-over", _in_thread(look))


def _in_thread(look: Callable[[], Facts | None]) -> Callable[[], asyncio.Future[Facts | None]]:
    return lambda: asyncio.ensure_future(asyncio.to_thread(look))


def _identity(found: stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino
