"""Measurement of the time and memory of decoding, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from inference.pool.launch import ENVIRONMENT

# CPU time after which the process is ended; tests/benchmarks/test_decoding_cost.py measures the cost of decoding.
MAX_CPU_S = 5

# A program that decodes each file of a folder, and prints the error, the CPU seconds and its peak memory in MB.
# On Linux, a child's ru_maxrss includes the parent's memory, and its VmHWM does not.
MEASURE = """
import json, math, pathlib, re, resource, sys, time
from inference.errors import ImageError
from inference.images.decode import load_pixels
for path in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    data = path.read_bytes()
    started = time.process_time()
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(started) + int(sys.argv[2]), resource.RLIM_INFINITY))
    try:
        load_pixels(data, height=224, width=224, crop=0.875)
        error = None
    except ImageError as refusal:
        error = type(refusal).__name__
    used_s = time.process_time() - started
    peak_kb = int(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
    print(json.dumps([path.name, error, used_s, peak_kb / 1024]), flush=True)
"""


def measure(folder: Path) -> dict[str, tuple[str | None, float, float]]:
    """Decode the files of a folder one after another; tell the error, the seconds and the peak in MB of each.

    Raises:
        subprocess.CalledProcessError: a file took more than `MAX_CPU_S`.
    """
    command = [sys.executable, "-c", MEASURE, str(folder), str(MAX_CPU_S)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=600, env=os.environ | ENVIRONMENT
    )
    lines = (json.loads(line) for line in done.stdout.splitlines())
    return {name: (error, used_s, peak_mb) for name, error, used_s, peak_mb in lines}
