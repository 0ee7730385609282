"""Child processes, which end if their parent is killed."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from inference.system import child_process
from inference.system.child_process import with_parent
from tests.support.processes import alive, until

PARENT = """
import subprocess, sys
from inference.system.child_process import with_parent
child = subprocess.Popen(with_parent(sys.executable, "-c", "print('ready', flush=True); import time; time.sleep(60)"),
                         stdout=subprocess.PIPE, text=True)
assert child.stdout.readline() == "ready\\n"
print(child.pid, flush=True)
child.wait()
"""


def test_a_child_that_runs_no_code_of_its_own_ends_with_a_killed_parent() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = int(parent.stdout.readline())
        os.kill(child, signal.SIGSTOP)
        parent.kill()
    asyncio.run(until(lambda: not alive(child)))


def test_a_child_whose_parent_died_before_it_started_runs_nothing(tmp_path: Path) -> None:
    written = tmp_path / "written"
    command = with_parent(sys.executable, "-c", f"open({str(written)!r}, 'w')")
    # The given parent is not the real parent of the process.
    late = [str(os.getppid()) if argument == str(os.getpid()) else argument for argument in command]
    assert subprocess.run(late, check=False).returncode == 1
    assert not written.exists()
    subprocess.run(command, check=True)
    assert written.exists()


def test_a_command_keeps_its_arguments_environment_and_status() -> None:
    program = "import os, sys; print(sys.argv[1:], os.environ['WORD'], sys.stdin.read()); sys.exit(3)"
    done = subprocess.run(
        with_parent(sys.executable, "-c", program, "-x", "two words"),
        input="told",
        env={"WORD": "kept"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "['-x', 'two words'] kept told\n")
    assert done.stderr == ""


def test_the_script_needs_nothing_of_the_program() -> None:
    code = f"import runpy, sys; runpy.run_path({child_process.__file__!r}); print('inference' in sys.modules)"
    assert subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True).stdout == (
        "False\n"
    )
