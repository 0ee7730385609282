from __future__ import annotations

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

from bot.domain.reports import DownloadProgress
from bot.sample import sample
from bot.services.downloads import Downloads, PullFailed
from inference import InferencePool, ModelStore
from inference.errors import MissingExtra, ModelError
from inference.models.bundle import write_bundle
from inference.models.spec import ModelSpec
from inference.system.extras import MODULES, has_extra, install_command, require_extra
from tests.support.image_folders import write_images
from tests.support.without_extras import HIDING, run_slim

SENTENCE = re.compile(r"labelbot: .+ needs the extra \[(\w+)\], which is not installed: \S+ -m pip install .+\n")


def test_what_is_installed_is_there() -> None:
    for extra in MODULES:
        assert has_extra(extra)
        require_extra(extra, "this")


def test_what_is_absent_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(MODULES, "plots", ("there_is_no_such_package",))
    with pytest.raises(MissingExtra) as missing:
        require_extra("plots", "--out")
    assert str(missing.value).startswith("--out needs the extra [plots], which is not installed: ")
    assert str(missing.value).endswith(install_command("plots"))


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_images(tmp_path_factory.mktemp("photos"), {"bees": 20, "wasps": 20})


@pytest.mark.parametrize(
    "command",
    [
        "train {photos} --out mine",
        "retrain {folder} --name mine",
        "evaluate {photos} --out {folder}/pictures",
        "models install {folder}/network.pb --labels {folder}/labels.txt --name mine",
        pytest.param("models pull inception_v3_2016 --from {folder}/nothing", marks=pytest.mark.slow),
        pytest.param("export starter --format litert --out {folder}/out.tflite", marks=pytest.mark.slow),
        pytest.param("records {photos} {folder}/records", marks=pytest.mark.slow),
        pytest.param("benchmark", marks=pytest.mark.slow),
        pytest.param("benchmark starter", marks=pytest.mark.slow),
        pytest.param("retrain {photos} --name mine --tensorboard", marks=pytest.mark.slow),
        pytest.param("retrain {photos} --name mine --fine-tune mixed3", marks=pytest.mark.slow),
        pytest.param("evaluate {folder}", marks=pytest.mark.slow),
        pytest.param(
            "models install {folder}/network.keras --labels {folder}/labels.txt --name mine --engine tensorflow",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "models install {folder}/saved_model --labels {folder}/labels.txt --name mine", marks=pytest.mark.slow
        ),
        pytest.param("models pull inception_v3 --engine tensorflow --from {folder}/nothing", marks=pytest.mark.slow),
        pytest.param("models pull inception_v3 --quantize int8 --from {folder}/nothing", marks=pytest.mark.slow),
    ],
)
def test_a_command_that_needs_an_extra_says_so_before_any_work(command: str, photos: Path, tmp_path: Path) -> None:
    folder = tmp_path / "given"
    (folder / "saved_model").mkdir(parents=True)
    for name in ("network.pb", "network.keras", "train-00000-of-00001.tfrecord"):
        (folder / name).write_bytes(b"something")
    (folder / "labels.txt").write_text("cat\ndog\n")
    before = sorted(folder.rglob("*"))
    done = run_slim(tmp_path / "home", *command.format(photos=photos, folder=folder).split())
    assert done.returncode == 1
    assert done.stdout == ""
    found = SENTENCE.fullmatch(done.stderr)
    assert found is not None, done.stderr
    assert found[1] == ("plots" if "--out {folder}/pictures" in command else "tensorflow")
    assert sorted(folder.rglob("*")) == before
    assert not (tmp_path / "home").exists()


def install_session_model(home: Path) -> None:
    """Install a model that another installation, with TensorFlow, has made."""
    folder = home / "models" / ".model-1"
    folder.mkdir(parents=True)
    spec = ModelSpec(
        name="old",
        version="0" * 12,
        height=8,
        width=8,
        input_range=(-1.0, 1.0),
        crop=0.875,
        classes=2,
        activation="none",
        outputs=("probabilities",),
        engine="tensorflow",
    )
    write_bundle(folder, spec, network=b"something", labels=["cat", "dog"])
    (folder.parent / "old").symlink_to(folder.name, target_is_directory=True)


@pytest.mark.slow
def test_a_model_of_a_session_says_what_it_needs(tmp_path: Path) -> None:
    install_session_model(tmp_path / "home")
    done = run_slim(tmp_path / "home", "label", "--model", "old", sample())
    assert done.returncode == 1
    assert "the model old, which runs in a TensorFlow session, needs the extra [tensorflow]" in done.stderr
    doctor = run_slim(tmp_path / "home", "doctor", "--json")
    findings = [json.loads(line) for line in doctor.stdout.splitlines()]
    (models,) = [finding for finding in findings if finding["name"] == "models"]
    assert models["status"] == "failed"
    assert "[tensorflow]" in models["advice"]
    (gpu,) = [finding for finding in findings if finding["name"] == "gpu"]
    assert gpu["status"] == "ok"


def test_a_damaged_file_of_weights_is_told_without_extras(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "network.h5", "w") as file:
        file.create_dataset("weights", data=np.zeros(100_000))
    content = (tmp_path / "network.h5").read_bytes()
    (tmp_path / "network.h5").write_bytes(content[:1000])
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    arguments = ("models", "install", tmp_path / "network.h5", "--labels", tmp_path / "labels.txt", "--name", "mine")
    done = run_slim(tmp_path / "home", *arguments)
    assert done.returncode == 1
    assert "the Keras model cannot be read: " in done.stderr
    assert "truncated" in done.stderr


async def test_a_worker_says_what_a_model_of_a_session_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_session_model(tmp_path)
    monkeypatch.syspath_prepend(HIDING)  # child processes inherit it
    async with InferencePool(ModelStore(tmp_path), workers=1) as pool:
        with pytest.raises(ModelError, match=r"needs the extra \[tensorflow\].* -m pip install "):
            await pool.try_model("old", sample().read_bytes())
        answer = await pool.classify(sample().read_bytes(), model="starter", top_k=1, client="me")
    assert answer.predictions[0].name == "espresso"


async def test_a_pull_from_the_chat_says_what_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(HIDING)
    steps: list[DownloadProgress] = []
    with pytest.raises(PullFailed, match=r"^converting .*\.pb needs the extra \[tensorflow\].* -m pip install "):
        await Downloads(tmp_path).pull("inception_v3_2016", source=None, on_progress=steps.append)
    assert steps == []


@pytest.mark.slow
def test_heads_are_trained_and_measured_without_extras(photos: Path, tmp_path: Path) -> None:
    home = tmp_path / "home"
    made = run_slim(home, "retrain", photos, "--name", "mine", "--base", "starter")
    assert made.returncode == 0, made.stderr
    assert "the model card gets no pictures without the extra [plots]" in made.stderr
    assert "; its card: labelbot models show mine\n" in made.stdout
    (card,) = home.glob("models/mine/MODEL_CARD.md")
    assert ".png" not in card.read_text()
    assert not [*home.glob("models/mine/*.png")]
    taken = run_slim(home, "retrain", photos, "--name", "mine")
    assert "pictures" not in taken.stderr
    measured = run_slim(home, "evaluate", photos, "--model", "mine")
    assert measured.returncode == 0, measured.stderr
    assert "top-1" in measured.stdout
