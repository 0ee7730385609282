"""Checks the processor, memory and disk that this process may use."""

from __future__ import annotations

import math
import os
import platform
import shutil
from pathlib import Path

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning
from inference.models.defaults import DEFAULT_MODEL
from inference.system.control_groups import granted_cores
from inference.system.memory import read_memory

# Instructions that LiteRT and TensorFlow use, by their names in /proc/cpuinfo.
INSTRUCTIONS = {
    "avx2": "AVX2",
    "avx_vnni": "AVX-VNNI",
    "avx512f": "AVX-512",
    "avx512_vnni": "AVX-512 VNNI",
    "amx_int8": "AMX",
    "asimd": "NEON",
    "asimddp": "NEON dot product",
    "i8mm": "NEON int8 matrices",
}
# Without any of these instructions, networks run several times slower.
VECTORS = ("AVX2", "NEON")

# Memory of the bot, of a worker with an Inception-v3 or with a built-in model, and for decoding the costliest image.
# `labelbot benchmark` measures the first ones; a test holds the bot with one worker and the built-in model to 260 MB.
BOT_BYTES = 160_000_000
INCEPTION_WORKER_BYTES = 150_000_000
BUILT_IN_WORKER_BYTES = 100_000_000
DECODING_BYTES = 240_000_000

# Installing Inception-v3 needs its archive, its contents and the compiled file at once: 96, 96 and 25 MB.
PULL_BYTES = 250_000_000
# Size of the database with a full cache and its write-ahead log.
DATABASE_BYTES = 100_000_000


def check_cpu(workers: int | None, root: Path = Path("/")) -> Findings:
    """Check the processor.

    Args:
        workers: number of worker processes; None for one per core.
        root: root folder of the file system with `proc` and `sys`.
    """
    fields = _cpu_fields(root)
    flags = fields.get("flags", fields.get("Features", "")).split()
    instructions = [name for flag, name in INSTRUCTIONS.items() if flag in flags]
    cores = len(os.sched_getaffinity(0))
    granted = granted_cores(root)
    model = fields.get("model name", platform.machine())
    detail = f"{model}; {_counted(cores, 'core')}"
    if granted is not None:
        detail += f", limited by the control group to the time of {granted:g}"
    detail += f"; {', '.join(instructions) or 'no vector instructions for int8'}"
    usable = min(cores, math.ceil(granted or cores))
    if not set(VECTORS) & set(instructions):
        yield warning("cpu", detail, "expect a fraction of the usual speed; a processor with AVX2 or NEON has it")
    elif (workers or cores) > usable:
        detail += f"; for {_counted(workers or cores, 'worker')}"
        yield warning("cpu", detail, f"set LABELBOT_WORKERS={usable}: more only slow each other down")
    else:
        yield ok("cpu", detail)


def check_memory(workers: int | None, root: Path = Path("/"), *, inception: bool = True) -> Findings:
    """Check the memory.

    Args:
        workers: number of worker processes; None for one per core.
        root: root folder of the file system with `proc` and `sys`.
        inception: whether an Inception-v3 answers, or may be downloaded in the background.
    """
    memory = read_memory(root)
    whose = " (the control group's limit)" if memory.limited else ""
    count = workers or len(os.sched_getaffinity(0))
    worker_bytes = INCEPTION_WORKER_BYTES if inception else BUILT_IN_WORKER_BYTES
    needed = BOT_BYTES + DECODING_BYTES + count * worker_bytes
    # What this process uses is free once it ends.
    available_bytes = memory.available_bytes + _own_bytes(root)
    detail = f"{available_bytes / 1e9:.1f} GB available of {memory.total_bytes / 1e9:.1f} GB{whose}"
    if available_bytes >= needed:
        yield ok("memory", detail)
        return
    model = "an Inception-v3" if inception else "the built-in model"
    detail += f"; {_counted(count, 'worker')} with {model} may need {needed / 1e9:.1f} GB"
    settings = _fitting_settings(available_bytes - BOT_BYTES - DECODING_BYTES, count, inception=inception)
    fewer = f"set {' and '.join(settings)}, or " if settings else ""
    yield warning("memory", detail, f"{fewer}add memory: otherwise workers may be killed")


def _fitting_settings(available_bytes: int, count: int, *, inception: bool) -> list[str]:
    """Return the settings with which the workers fit; none if nothing fits.

    Args:
        available_bytes: memory for all workers.
        count: number of workers as the settings are.
        inception: whether an Inception-v3 may answer.
    """
    if inception and available_bytes >= INCEPTION_WORKER_BYTES:
        return [f"LABELBOT_WORKERS={available_bytes // INCEPTION_WORKER_BYTES}"]
    fitting = min(available_bytes // BUILT_IN_WORKER_BYTES, count)
    if fitting < 1:
        return []
    fewer = [f"LABELBOT_WORKERS={fitting}"] if fitting < count else []
    return [*fewer, f"LABELBOT_MODEL={DEFAULT_MODEL}"] if inception else fewer


def check_disk(home: Path) -> Findings:
    """Check the free disk space for models and the database."""
    yield assess_room(home, shutil.disk_usage(existing_ancestor(home)).free)


def assess_room(home: Path, free_bytes: int) -> Finding:
    """Assess the free space on the disk of the home folder."""
    detail = f"{free_bytes / 1e9:.1f} GB free for {home}"
    advice = "make room, or set LABELBOT_HOME to a folder on a larger disk"
    if free_bytes < DATABASE_BYTES:
        return failed("disk", f"{detail}; the database may grow to {DATABASE_BYTES / 1e9:.1f} GB", advice)
    if free_bytes < PULL_BYTES:
        return warning("disk", f"{detail}; downloading a model may need {PULL_BYTES / 1e9:.2f} GB", advice)
    return ok("disk", detail)


def existing_ancestor(path: Path) -> Path:
    """Return the path itself or, if it does not exist, its nearest existing parent."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())


def _own_bytes(root: Path) -> int:
    """Return the memory that this process has to itself."""
    _, resident, shared, *_ = map(int, (root / "proc/self/statm").read_text().split())
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


def _cpu_fields(root: Path) -> dict[str, str]:
    """Return the kernel's description of the first processor."""
    first = (root / "proc/cpuinfo").read_text().partition("\n\n")[0]
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
