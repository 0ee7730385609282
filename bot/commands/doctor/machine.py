"""The processor, the memory and the disk of this machine, as far as this process may use them."""

from __future__ import annotations

import math
import os
import platform
import shutil
from pathlib import Path

from bot.commands.doctor.control_groups import granted_cores, memory_limit
from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning

# What the kernels of LiteRT and TensorFlow are written for, by the kernel's names for it in /proc/cpuinfo.
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
# Without one of them, networks run several times slower.
VECTORS = ("AVX2", "NEON")

# What the bot and one worker with an Inception-v3 take, as `labelbot benchmark` measures them, and what the costliest
# image takes while it is decoded.
BOT_BYTES = 160_000_000
WORKER_BYTES = 150_000_000
DECODING_BYTES = 300_000_000

# A pull of Inception-v3 holds its archive, what is in it, and the compiled file at once: 96, 96 and 25 MB.
PULL_BYTES = 250_000_000
# What the database grows to with a full cache of answers, and its write-ahead log.
DATABASE_BYTES = 100_000_000


def check_cpu(workers: int | None, root: Path = Path("/")) -> Findings:
    """Look at the processor.

    Args:
        workers: how many processes are to label; None for one a core, as the kernel counts them.
        root: of the file system in which `proc` and `sys` lie.
    """
    fields = _cpu_fields(root)
    flags = fields.get("flags", fields.get("Features", "")).split()
    instructions = [name for flag, name in INSTRUCTIONS.items() if flag in flags]
    cores = len(os.sched_getaffinity(0))
    granted = granted_cores(root)
    model = fields.get("model name", platform.machine())
    detail = f"{model}; {_counted(cores, 'core')}"
    if granted is not None:
        detail += f", of whose time the control group grants that of {granted:g}"
    detail += f"; {', '.join(instructions) or 'no vector instructions for int8'}"
    usable = min(cores, math.ceil(granted or cores))
    if not set(VECTORS) & set(instructions):
        yield warning("cpu", detail, "expect a fraction of the usual speed; a processor with AVX2 or NEON has it")
    elif (workers or cores) > usable:
        detail += f"; for {_counted(workers or cores, 'worker')}"
        yield warning("cpu", detail, f"set LABELBOT_WORKERS={usable}: more only hold each other up")
    else:
        yield ok("cpu", detail)


def check_memory(workers: int | None, root: Path = Path("/")) -> Findings:
    """Look at the memory; the arguments are those of `check_cpu`."""
    lines = (root / "proc/meminfo").read_text().splitlines()
    kilobytes = {name: int(value.split()[0]) for name, _, value in (line.partition(":") for line in lines)}
    available, total, whose = kilobytes["MemAvailable"] * 1024, kilobytes["MemTotal"] * 1024, ""
    limit = memory_limit(root)
    # Version 1 tells "no limit" as a number beyond any memory.
    if limit is not None and limit.limit_bytes < total:
        available, total = min(available, limit.available_bytes), limit.limit_bytes
        whose = " that the control group grants"
    count = workers or len(os.sched_getaffinity(0))
    needed = BOT_BYTES + DECODING_BYTES + count * WORKER_BYTES
    detail = f"{available / 1e9:.1f} GB available of {total / 1e9:.1f} GB{whose}"
    if available >= needed:
        yield ok("memory", detail)
        return
    detail += f"; {_counted(count, 'worker')} with an Inception-v3 may need {needed / 1e9:.1f} GB"
    fitting = (available - BOT_BYTES - DECODING_BYTES) // WORKER_BYTES
    fewer = f"set LABELBOT_WORKERS={fitting}, or " if fitting >= 1 else ""
    yield warning("memory", detail, f"{fewer}give it more memory, else workers may be killed while they label")


def check_disk(home: Path) -> Findings:
    """Look at the room that is left for models and the database."""
    yield judge_room(home, shutil.disk_usage(existing_ancestor(home)).free)


def judge_room(home: Path, free_bytes: int) -> Finding:
    """Judge whether what is free on the disk of the home folder will do."""
    detail = f"{free_bytes / 1e9:.1f} GB free for {home}"
    advice = "make room, or set LABELBOT_HOME to a folder on a larger disk"
    if free_bytes < DATABASE_BYTES:
        return failed("disk", f"{detail}; the database may grow to {DATABASE_BYTES / 1e9:.1f} GB", advice)
    if free_bytes < PULL_BYTES:
        return warning("disk", f"{detail}; to pull a model may take {PULL_BYTES / 1e9:.2f} GB", advice)
    return ok("disk", detail)


def existing_ancestor(path: Path) -> Path:
    """The path itself or, where there is nothing yet, the folder in which it would be made."""
    return next(place for place in (path.absolute(), *path.absolute().parents) if place.exists())


def _cpu_fields(root: Path) -> dict[str, str]:
    """What the kernel says of the first processor."""
    first = (root / "proc/cpuinfo").read_text().partition("\n\n")[0]
    return {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in first.splitlines())}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
