"""Runs a Ray cluster in the network namespace of this process, until standard input ends.

    unshare -n python ray_namespace.py TEMPORARY_FOLDER NETWORK

Without a namespace, Ray uses the machine's own address; 127.0.0.1 as the address of a node hangs. Commands are lines on
standard input, and each is answered with "done" or "failed": "start NODE" starts a node, with the head first, "kill
NODE" kills its raylet and with it the node; with the head, all of Ray goes. A node's name is the last number of its
address, and NETWORK the numbers before it: Ray refuses an address of which it sees a head among the processes of the
machine, even in another namespace.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

PORT = 6390
HEAD = 1
CPUS = 2
OBJECT_STORE_BYTES = 100_000_000


def start(node: int, folder: str, network: str) -> None:
    own = ["--head", f"--port={PORT}", f"--temp-dir={folder}", "--include-dashboard=false"]
    others = [f"--address={network}.{HEAD}:{PORT}"]
    subprocess.run(["ip", "address", "replace", f"{network}.{node}/32", "dev", "lo"], check=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "ray.scripts.scripts", "start", f"--node-ip-address={network}.{node}"),
            *(own if node == HEAD else others),
            *(f"--num-cpus={CPUS}", f"--object-store-memory={OBJECT_STORE_BYTES}", "--disable-usage-stats"),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
    )


def kill(node: int, network: str) -> None:
    for process in processes():
        with suppress(OSError):  # it is gone
            command = (process / "cmdline").read_bytes()
            raylet = b"raylet/raylet" in command and f"--node_ip_address={network}.{node}\0".encode() in command
            if raylet or (node == HEAD and b"/ray/" in command):
                os.kill(int(process.name), signal.SIGKILL)


def processes() -> list[Path]:
    """Return the folders in /proc of the processes in this namespace, without this one and the tests themselves."""
    here = Path("/proc/self/ns/net").readlink()
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit() and int(process.name) not in (os.getpid(), os.getppid()):
            with suppress(OSError):
                if (process / "ns/net").readlink() == here:
                    found.append(process)
    return found


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # the tests' own end closes standard input
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    try:
        for line in sys.stdin:
            command, _, node = line.strip().partition(" ")
            try:
                if command == "start":
                    start(int(node), *sys.argv[1:])
                else:
                    kill(int(node), sys.argv[2])
            except subprocess.CalledProcessError:
                sys.stdout.write("failed\n")
            else:
                sys.stdout.write("done\n")
            sys.stdout.flush()
    finally:
        while left := processes():
            for process in left:
                with suppress(ProcessLookupError):
                    os.kill(int(process.name), signal.SIGKILL)


if __name__ == "__main__":
    main()
