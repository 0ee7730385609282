"""The bounds of control groups, in trees of files as kernels, containers and systemd show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.system.control_groups import Limit, granted_cores, memory_limit
from tests.support.kernel_files import kernel_files

NO_LIMIT = "9223372036854771712"


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "150000 100000"}, 1.5),
        ({"slice/cpu.max": "400000 100000", "slice/bot/cpu.max": "max 100000"}, 4),
        ({"slice/cpu.max": "50000 100000", "slice/bot/cpu.max": "400000 100000"}, 0.5),
        ({}, None),
    ],
)
def test_the_least_of_the_groups_around_a_process_counts(
    tmp_path: Path, files: dict[str, str], cores: float | None
) -> None:
    group = "/slice/bot" if any("slice" in name for name in files) else "/"
    kernel_files(tmp_path, cgroup=f"0::{group}\n", groups=files)
    assert granted_cores(tmp_path) == cores


@pytest.mark.parametrize(("quota", "cores"), [("-1", None), ("200000", 2)])
def test_version_1_tells_processor_time_in_two_files(tmp_path: Path, quota: str, cores: float | None) -> None:
    files = {"cpu,cpuacct/bot/cpu.cfs_quota_us": quota, "cpu,cpuacct/bot/cpu.cfs_period_us": "100000"}
    kernel_files(tmp_path, cgroup="4:memory:/other\n3:cpu,cpuacct:/bot\n0::/\n", groups=files)
    assert granted_cores(tmp_path) == cores


def test_in_a_container_the_path_of_the_host_is_not_there(tmp_path: Path) -> None:
    kernel_files(tmp_path, cgroup="0::/docker/4f1c\n", groups={"cpu.max": "100000 100000"})
    assert granted_cores(tmp_path) == 1


def test_files_cached_and_not_in_use_count_as_available(tmp_path: Path) -> None:
    files = {"bot/memory.max": "1000", "bot/memory.current": "700", "bot/memory.stat": "anon 400\ninactive_file 300"}
    kernel_files(tmp_path, cgroup="0::/bot\n", groups=files)
    assert memory_limit(tmp_path) == Limit(limit_bytes=1000, available_bytes=600)


def test_the_group_that_leaves_the_least_memory_counts(tmp_path: Path) -> None:
    outer = {"memory.max": "5000", "memory.current": "4900"}
    inner = {"bot/memory.max": "1000", "bot/memory.current": "100"}
    kernel_files(tmp_path, cgroup="0::/bot\n", groups=outer | inner)
    assert memory_limit(tmp_path) == Limit(limit_bytes=5000, available_bytes=100)


def test_memory_of_version_1(tmp_path: Path) -> None:
    files = {
        "memory/memory.limit_in_bytes": NO_LIMIT,
        "memory/memory.usage_in_bytes": "5000",
        "memory/bot/memory.limit_in_bytes": "2000",
        "memory/bot/memory.usage_in_bytes": "500",
        "memory/bot/memory.stat": "inactive_file 1\ntotal_inactive_file 100",
    }
    kernel_files(tmp_path, cgroup="4:memory:/bot\n1:name=systemd:/\n", groups=files)
    assert memory_limit(tmp_path) == Limit(limit_bytes=2000, available_bytes=1600)


@pytest.mark.parametrize("cgroup", ["", "0::/\n"])
def test_without_control_groups_there_is_no_bound(tmp_path: Path, cgroup: str) -> None:
    kernel_files(tmp_path, cgroup=cgroup, groups={})
    assert granted_cores(tmp_path) is None
    assert memory_limit(tmp_path) is None
