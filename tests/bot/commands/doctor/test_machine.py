from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.commands.doctor.findings import Finding, Status
from bot.commands.doctor.machine import assess_room, check_cpu, check_disk, check_memory
from tests.support.kernel_files import kernel_files

SERVER = "processor : 0\nmodel name : Fast CPU\nflags : sse2 avx2 avx512f amx_int8\n\nprocessor : 1\nflags : none\n"
BOARD = "processor\t: 0\nFeatures\t: fp asimd asimddp\n\n"
MEMINFO = "MemTotal: 8000000 kB\nMemAvailable: {available_kb} kB\nHugePages_Total: 0\n"
# Of `memory`, this process has nothing to itself.
OWN = "10 5 5 1 0 1 0"
CORES = len(os.sched_getaffinity(0))


def cpu(root: Path, cpuinfo: str, *, workers: int | None = None, quota: str = "max") -> Finding:
    kernel_files(root, cgroup="0::/", groups={"cpu.max": f"{quota} 100000"}, proc={"cpuinfo": cpuinfo})
    (finding,) = check_cpu(workers, root)
    return finding


def memory(
    root: Path, *, available_kb: int, workers: int | None = None, groups: dict[str, str], inception: bool = True
) -> Finding:
    kernel_files(
        root,
        cgroup="0::/",
        groups=groups,
        proc={"meminfo": MEMINFO.format(available_kb=available_kb), "self/statm": OWN},
    )
    (finding,) = check_memory(workers, root, inception=inception)
    return finding


def test_a_processor_is_told_with_what_networks_gain_from(tmp_path: Path) -> None:
    finding = cpu(tmp_path, SERVER)
    assert finding.status is Status.OK
    assert finding.detail.startswith("Fast CPU; ")
    assert finding.detail.endswith("; AVX2, AVX-512, AMX")


def test_a_board_has_neon_and_needs_no_name(tmp_path: Path) -> None:
    finding = cpu(tmp_path, BOARD, workers=1)
    assert finding.status is Status.OK
    assert finding.detail.endswith("; NEON, NEON dot product")


def test_a_processor_without_vectors_is_warned_of(tmp_path: Path) -> None:
    finding = cpu(tmp_path, "model name : Old CPU\nflags : sse2\n")
    assert finding.status is Status.WARNING
    assert "AVX2" in str(finding.advice)


def test_more_workers_than_the_control_group_grants_cores_are_warned_of(tmp_path: Path) -> None:
    finding = cpu(tmp_path, SERVER, workers=8, quota="50000")
    assert finding.status is Status.WARNING
    assert "to the time of 0.5" in finding.detail
    assert "8 workers" in finding.detail
    assert "LABELBOT_WORKERS=1:" in str(finding.advice)
    assert cpu(tmp_path, SERVER, workers=1, quota="50000").status is Status.OK


def test_more_workers_than_cores_are_warned_of(tmp_path: Path) -> None:
    assert cpu(tmp_path, SERVER, workers=CORES).status is Status.OK
    assert cpu(tmp_path, SERVER, workers=CORES + 1).status is Status.WARNING


@pytest.mark.parametrize(
    "groups", [{}, {"memory.max": "max"}, {"memory.max": str(2**63 - 4096), "memory.current": "0"}]
)
def test_memory_without_a_bound_is_that_of_the_machine(tmp_path: Path, groups: dict[str, str]) -> None:
    finding = memory(tmp_path, available_kb=4_000_000, workers=2, groups=groups)
    assert (finding.status, finding.detail) == (Status.OK, "4.1 GB available of 8.2 GB")


def test_memory_is_what_the_control_group_leaves(tmp_path: Path) -> None:
    groups = {"memory.max": "1000000000", "memory.current": "200000000"}
    finding = memory(tmp_path, available_kb=4_000_000, workers=4, groups=groups)
    assert finding.status is Status.WARNING
    assert finding.detail.startswith("0.8 GB available of 1.0 GB (the control group's limit)")
    assert "LABELBOT_WORKERS=2," in str(finding.advice)


@pytest.mark.parametrize(
    ("limit_mb", "workers", "inception", "advice"),
    [
        (536, 1, True, "set LABELBOT_MODEL=efficientnet_lite0, or add"),
        (536, 4, True, "set LABELBOT_WORKERS=1 and LABELBOT_MODEL=efficientnet_lite0, or add"),
        (620, 4, False, "set LABELBOT_WORKERS=2, or add"),
        (620, 4, True, "set LABELBOT_WORKERS=1, or add"),
        (536, 1, False, None),
    ],
)
def test_a_small_machine_is_told_what_to_set(
    tmp_path: Path, limit_mb: int, workers: int, inception: bool, advice: str | None
) -> None:
    groups = {"memory.max": str(limit_mb * 10**6), "memory.current": "0"}
    finding = memory(tmp_path, available_kb=4_000_000, workers=workers, groups=groups, inception=inception)
    assert finding.status is (Status.OK if advice is None else Status.WARNING)
    assert str(finding.advice).startswith(str(advice))


def test_memory_that_this_process_uses_counts_as_free(tmp_path: Path) -> None:
    kernel_files(
        tmp_path, cgroup="0::/", groups={}, proc={"meminfo": MEMINFO.format(available_kb=0), "self/statm": OWN}
    )
    (tmp_path / "proc/self/statm").write_text("1000000 500000 10000 1 0 1 0")
    (finding,) = check_memory(1, tmp_path)
    assert finding.detail.startswith(f"{490_000 * os.sysconf('SC_PAGE_SIZE') / 1e9:.1f} GB available")


def test_where_no_worker_fits_none_is_advised(tmp_path: Path) -> None:
    finding = memory(tmp_path, available_kb=100_000, workers=1, groups={})
    assert finding.status is Status.WARNING
    assert "LABELBOT_WORKERS" not in str(finding.advice)


def test_what_this_machine_says_is_understood(tmp_path: Path) -> None:
    findings = [*check_cpu(1), *check_memory(1), *check_disk(tmp_path / "not" / "there")]
    assert [finding.name for finding in findings] == ["cpu", "memory", "disk"]


@pytest.mark.parametrize(
    ("free_bytes", "status"),
    [(10_000_000, Status.FAILED), (200_000_000, Status.WARNING), (10_000_000_000, Status.OK)],
)
def test_a_disk_has_room_or_not(tmp_path: Path, free_bytes: int, status: Status) -> None:
    finding = assess_room(tmp_path, free_bytes)
    assert finding.status is status
    assert (finding.advice is None) == (status is Status.OK)
