"""Checks the device of TensorFlow, which runs the models that LiteRT cannot run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bot.commands.doctor.findings import Finding, Findings, failed, ok, warning
from inference.system.environment import child_environment
from inference.system.extras import has_extra, install_command
from inference.system.installer import pip_install

# Time limit for TensorFlow. It loads in five seconds, but a stuck GPU driver never responds.
TIMEOUT_S = 60.0
REINSTALL = f"install TensorFlow again: {pip_install('--force-reinstall', 'tensorflow')}"
# This file exists if the driver of an NVIDIA GPU is loaded, even if programs may not use the GPU.
NVIDIA_DRIVER = Path("/proc/driver/nvidia/version")


def check_gpu(home: Path, wanted: str | None, *, always: bool = False) -> Findings:
    """List TensorFlow's devices, if something needs them.

    TensorFlow is asked in a separate process, as it loads slowly, takes half a gigabyte, prints notes, and may crash.

    Args:
        home: folder of Labelbot's data.
        wanted: name of the device in the settings; None if not set.
        always: True to list the devices even if nothing needs them.
    """
    if not has_extra("tensorflow"):
        yield assess_absence(wanted)
        return
    if not (always or wanted is not None or _has_tensorflow_model(home)):
        yield ok("gpu", "not looked for: no installed model runs in TensorFlow; labelbot doctor --gpu looks")
        return
    try:
        asked = subprocess.run(
            [sys.executable, "-P", "-m", "inference.models.devices"],
            env=child_environment(),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        detail = f"TensorFlow did not list its devices within {TIMEOUT_S:g} s"
        yield failed("gpu", detail, "restart the machine: the GPU's driver may be stuck")
        return
    if asked.returncode != 0:
        last = asked.stderr.strip().rpartition("\n")[2]
        reason = f"signal {-asked.returncode}" if asked.returncode < 0 else last
        yield failed("gpu", f"TensorFlow cannot be loaded: {reason}", REINSTALL)
        return
    yield assess_devices(json.loads(asked.stdout), wanted=wanted, driver=NVIDIA_DRIVER.exists())


def _has_tensorflow_model(home: Path) -> bool:
    """Return whether an installed model runs in a TensorFlow session."""
    from inference.errors import InferenceError
    from inference.models.store import ModelStore

    store = ModelStore(home)
    # Other checks tell what is wrong with a model or the folder.
    with suppress(OSError):
        for name in store.names():
            with suppress(InferenceError):
                if store.find(name, build=False).spec.engine == "tensorflow":
                    return True
    return False


def assess_absence(wanted: str | None) -> Finding:
    """Assess a missing TensorFlow. The argument is the same as in `check_gpu`."""
    if wanted is None:
        return ok("gpu", "not looked for: the extra [tensorflow] is not installed, and is not needed")
    detail = f"LABELBOT_DEVICE is {wanted!r}, and the extra [tensorflow] is not installed"
    return failed("gpu", detail, f"{install_command('gpu')}; or unset LABELBOT_DEVICE")


def assess_devices(devices: Sequence[tuple[str, str]], *, wanted: str | None, driver: bool) -> Finding:
    """Assess TensorFlow's devices.

    Args:
        devices: TensorFlow's name ("GPU:0") and the vendor's name of each device.
        wanted: name of the device in the settings; None if not set.
        driver: whether NVIDIA's driver is loaded.
    """
    names = [name for name, _ in devices]
    if wanted is not None and wanted not in names:
        detail = f"LABELBOT_DEVICE is {wanted!r}, and TensorFlow sees {', '.join(names)}"
        return failed("gpu", detail, "set LABELBOT_DEVICE to one of these, or not at all")
    gpus = [f"{name} {model}".rstrip() for name, model in devices if name.startswith("GPU:")]
    detail = ", ".join(gpus) or "none that TensorFlow sees, and none is needed"
    if driver and not gpus:
        detail = "NVIDIA's driver is loaded, but TensorFlow sees no GPU: models run on the CPU"
        return warning("gpu", detail, install_command("gpu"))
    return ok("gpu", f"{detail}; LABELBOT_DEVICE is {wanted}" if wanted is not None else detail)
