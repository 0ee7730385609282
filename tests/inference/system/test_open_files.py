"""The limit on open files, in processes of their own."""

from __future__ import annotations

import subprocess
import sys

import pytest

LIMIT = """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
from inference.system.open_files import allow_many_open_files
allow_many_open_files()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


@pytest.mark.parametrize(("soft", "hard", "raised"), [(256, 4096, 4096), (4096, 4096, 4096)])
def test_the_soft_limit_rises_to_the_hard_one(soft: int, hard: int, raised: int) -> None:
    code = LIMIT.format(soft=soft, hard=hard)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert int(done.stdout) == raised
