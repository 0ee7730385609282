"""The background pull of the preferred model, for a bot whose model is `auto`.

The bot answers with the built-in model meanwhile. The pull is the one that admins can start in a chat, and the switch
is that of /use: the model must first label a sample photo.
"""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import structlog

from bot.domain.reports import CommandRefused, DownloadProgress, Refusal
from bot.services.background import repeated
from bot.services.downloads import Downloads, PullFailed
from bot.services.model_selection import ModelSelection
from inference import PREFERRED_MODEL, errors
from inference.system.memory import read_memory

log = structlog.get_logger()

# Free memory, in bytes, that is needed for the build, and for each worker with the new model; at least the minimum in
# all.
BUILD_MEMORY_BYTES = 250_000_000
WORKER_MEMORY_BYTES = 100_000_000
MIN_MEMORY_BYTES = 600_000_000
# Free disk space, in bytes: for the download and the installed model at once, with room for the database.
MIN_DISK_BYTES = 250_000_000
# Seconds after a failure until the next attempt, if no admin asks for one earlier.
RETRY_S = 24 * 3600.0
# Steps, in percent, in which the log shows the progress.
LOGGED_PERCENT = 25


class AutoPull:
    """Installs the preferred model, and switches to it.

    Args:
        models: choice of models.
        downloads: pulls; one at a time, so the background pull waits for the pulls of admins.
        home: data folder with the store of the models.
        workers: number of workers, which load the model.
    """

    def __init__(self, models: ModelSelection, downloads: Downloads, home: Path, *, workers: int) -> None:
        self._models = models
        self._downloads = downloads
        self._home = home
        self._memory_bytes = max(MIN_MEMORY_BYTES, BUILD_MEMORY_BYTES + workers * WORKER_MEMORY_BYTES)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Work in the background while the block runs."""
        return repeated(self._attempt, RETRY_S, early=self._models.until_preferred_is_asked_for)

    async def _attempt(self) -> None:
        try:
            await self._install()
        except CommandRefused:
            _log_failure("an admin stopped the download")
        except (PullFailed, errors.InferenceError, OSError) as error:
            _log_failure(errors.describe_os_error(error) if isinstance(error, OSError) else str(error))

    async def _install(self) -> None:
        """Install the model if it is wanted and absent, and switch to it.

        Raises:
            PullFailed: the model was not installed, or the machine has too little memory or disk space for it.
            CommandRefused: an admin stopped the pull.
            InferenceError: the model does not work.
            OSError: the home folder or the system's files cannot be read.
        """
        while self._models.wants_preferred:
            await asyncio.to_thread(_check_memory, self._memory_bytes)
            if PREFERRED_MODEL in await asyncio.to_thread(self._models.names):
                await self._models.adopt_preferred()
                return
            await asyncio.to_thread(_check_disk, self._home)
            await self._downloads.until_idle()
            log.info("pulling the preferred model in the background", model=PREFERRED_MODEL)
            try:
                await self._downloads.pull(PREFERRED_MODEL, source=None, on_progress=_LoggedProgress())
            except CommandRefused as error:
                # The other reasons mean that an admin's pull came first; then look again.
                if error.refusal is Refusal.PULL_STOPPED:
                    raise


class _LoggedProgress:
    """Logs each step of a pull, and each quarter of a download."""

    def __init__(self) -> None:
        self._logged: tuple[str, int | None] | None = None

    def __call__(self, progress: DownloadProgress) -> None:
        percent = None
        if progress.done_bytes is not None and progress.total_bytes:
            percent = LOGGED_PERCENT * (100 * progress.done_bytes // progress.total_bytes // LOGGED_PERCENT)
        if (progress.step, percent) == self._logged:
            return
        self._logged = progress.step, percent
        shown = {} if percent is None else {"percent": percent}
        log.info("background pull", model=PREFERRED_MODEL, step=progress.step, file=progress.subject, **shown)


def _check_memory(min_bytes: int) -> None:
    """Raise if the machine has less free memory.

    Raises:
        PullFailed: it has less.
        OSError: the system's files cannot be read.
    """
    available_bytes = read_memory().available_bytes
    if available_bytes < min_bytes:
        raise PullFailed(f"expected {_mb(min_bytes)} of free memory. Received: {_mb(available_bytes)}")


def _check_disk(home: Path) -> None:
    """Raise if the machine has too little free disk space.

    Raises:
        PullFailed: it has too little.
        OSError: the home folder cannot be read.
    """
    free_bytes = shutil.disk_usage(home).free
    if free_bytes < MIN_DISK_BYTES:
        raise PullFailed(f"expected {_mb(MIN_DISK_BYTES)} free for {home}. Received: {_mb(free_bytes)}")


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.0f} MB"


def _log_failure(reason: str) -> None:
    log.warning(
        "the preferred model is not used; the next attempt is in a day, at the next start, or after /reload",
        model=PREFERRED_MODEL,
        reason=reason,
    )
