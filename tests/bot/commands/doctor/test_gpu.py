from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bot.commands.doctor.findings import Status
from bot.commands.doctor.gpu import assess_absence, assess_devices, check_gpu
from inference import ModelStore
from tests.support.colour_models import install_colours

CPU = ("CPU:0", "")
GPU = ("GPU:0", "NVIDIA H200")


@pytest.mark.parametrize(
    ("devices", "wanted", "driver", "status", "detail"),
    [
        ([CPU], None, False, Status.OK, "none that TensorFlow sees, and none is needed"),
        ([CPU], None, True, Status.WARNING, "TensorFlow sees no GPU"),
        ([CPU], "CPU:0", False, Status.OK, "LABELBOT_DEVICE is CPU:0"),
        ([CPU], "GPU:0", False, Status.FAILED, "LABELBOT_DEVICE is 'GPU:0', and TensorFlow sees CPU:0"),
        ([CPU, GPU], None, True, Status.OK, "GPU:0 NVIDIA H200"),
        ([CPU, GPU], "GPU:0", True, Status.OK, "GPU:0 NVIDIA H200; LABELBOT_DEVICE is GPU:0"),
        ([CPU, GPU], "GPU:1", True, Status.FAILED, "TensorFlow sees CPU:0, GPU:0"),
    ],
)
def test_what_tensorflow_sees_is_judged(
    devices: list[tuple[str, str]], wanted: str | None, driver: bool, status: Status, detail: str
) -> None:
    finding = assess_devices(devices, wanted=wanted, driver=driver)
    assert finding.status is status
    assert detail in finding.detail


def test_a_device_that_is_asked_for_needs_tensorflow() -> None:
    assert assess_absence(None).status is Status.OK
    finding = assess_absence("GPU:0")
    assert finding.status is Status.FAILED
    assert "-m pip install" in (finding.advice or "")


def test_tensorflow_is_left_alone_unless_a_model_needs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise FileNotFoundError("TensorFlow is asked")

    bundle = install_colours(ModelStore(tmp_path), tmp_path)
    monkeypatch.setattr(subprocess, "run", refuse)
    (finding,) = check_gpu(tmp_path, None)
    assert finding.detail.startswith("not looked for: no installed model runs in TensorFlow")
    spec = bundle.directory / "model.json"
    spec.write_text(spec.read_text().replace('"litert"', '"tensorflow"'))
    with pytest.raises(FileNotFoundError, match="TensorFlow is asked"):
        list(check_gpu(tmp_path, None))


@pytest.mark.slow
def test_tensorflow_is_asked_in_another_process(tmp_path: Path) -> None:
    (finding,) = check_gpu(tmp_path, "GPU:99")
    assert finding.status is Status.FAILED
    assert "'GPU:99', and TensorFlow sees CPU:0" in finding.detail


@pytest.mark.slow
def test_a_tensorflow_that_cannot_be_loaded_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text("raise ImportError('libcudart is of another version')")
    monkeypatch.syspath_prepend(tmp_path)
    (finding,) = check_gpu(tmp_path, None, always=True)
    assert finding.status is Status.FAILED
    assert finding.detail == "TensorFlow cannot be loaded: ImportError: libcudart is of another version"
