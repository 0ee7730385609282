from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

import inference
from inference.catalog.install import install_file
from inference.compiler.model import CompileOptions
from inference.errors import ModelError, ModelNotFound
from inference.models.bundle import LITERT_FILE, SPEC_FILE, Bundle, content_version, read_labels
from inference.models.engine import load_engine
from inference.models.head import Head
from inference.models.store import BUILT_IN, ModelStore
from tests.support.colour_models import install_head
from tests.support.networks import COLOURS, Dtype, colour_network

STARTER = Path(inference.__file__).parent / "models" / "starter"


class Files:
    """A folder of foreign files to install from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def network(self, content: bytes) -> Path:
        path = self.folder / "network.tflite"
        path.write_bytes(content)
        return path

    def labels(self, *labels: str) -> Path:
        path = self.folder / "labels.txt"
        path.write_text("\n".join(labels))
        return path


@pytest.fixture
def files(tmp_path: Path) -> Files:
    folder = tmp_path / "downloads"
    folder.mkdir()
    return Files(folder)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def store(home: Path) -> ModelStore:
    return ModelStore(home)


def install(
    store: ModelStore, files: Files, name: str = "colours", *, dtype: Dtype = "uint8", again: bool = False
) -> Bundle:
    network = files.network(colour_network(dtype=dtype))
    return install_file(store, network, labels=files.labels(*COLOURS), name=name, replace=again)


def folders(home: Path) -> list[Path]:
    """The folders that the store keeps, with a name or without."""
    return [path for path in (home / "models").iterdir() if path.is_dir() and not path.is_symlink()]


def test_the_starter_is_there_without_a_home(store: ModelStore, home: Path) -> None:
    assert store.names() == BUILT_IN
    assert store.find("starter").directory == STARTER
    assert not home.exists()


@pytest.mark.parametrize("dtype", get_args(Dtype))
def test_an_installed_model_is_found_and_runs(store: ModelStore, files: Files, dtype: Dtype) -> None:
    bundle = install_file(
        store,
        files.network(colour_network(dtype=dtype)),
        labels=files.labels(*COLOURS),
        name="colours",
        options=CompileOptions(input_range=(-1.0, 1.0)),
        crop=0.5,
        threshold=0.6,
        licence="CC0-1.0",
    )
    assert store.names() == (*BUILT_IN, "colours")
    assert store.find("colours") == bundle == store.bundles()[2]
    spec = bundle.spec
    assert (spec.height, spec.width, spec.classes, spec.input_range) == (8, 6, 3, (-1.0, 1.0))
    assert (spec.crop, spec.threshold, spec.licence, spec.source) == (0.5, 0.6, "CC0-1.0", "network.tflite")
    assert content_version(bundle) == spec.version
    assert read_labels(bundle) == COLOURS
    green = np.zeros((1, 8, 6, 3), np.uint8)
    green[..., 1] = 255
    assert load_engine(bundle).run(green).probabilities.argmax() == 1


def test_another_process_sees_the_same_models(store: ModelStore, files: Files, home: Path) -> None:
    bundle = install(store, files)
    assert ModelStore(home).find("colours") == bundle


def test_a_link_to_a_model_of_another_home_is_followed(store: ModelStore, files: Files, tmp_path: Path) -> None:
    bundle = install(store, files)
    other = tmp_path / "other"
    (other / "models").mkdir(parents=True)
    (other / "models" / "linked").symlink_to(bundle.directory.absolute(), target_is_directory=True)
    assert ModelStore(other).find("linked").directory == bundle.directory


def test_names_are_sorted_after_the_starter(store: ModelStore, files: Files) -> None:
    for name in ("zebra", "ant", "mobilenet_v2-1.0"):
        install(store, files, name)
    assert store.names() == (*BUILT_IN, "ant", "mobilenet_v2-1.0", "zebra")


@pytest.mark.parametrize(
    "name", ["", "nothing", "../models/colours", "a/b", "/etc", ".", "..", "Colours", "colours\n", ".lock"]
)
def test_what_is_not_installed_is_not_found(store: ModelStore, files: Files, name: str) -> None:
    install(store, files)
    for look in (store.find, store.remove):
        with pytest.raises(ModelNotFound) as missing:
            look(name)
        assert (missing.value.name, missing.value.installed) == (name, (*BUILT_IN, "colours"))


@pytest.mark.parametrize("name", ["", "../colours", "a/b", "/tmp/colours", ".hidden", "Colours", "a" * 65])
def test_a_name_that_could_be_a_path_is_refused(store: ModelStore, files: Files, home: Path, name: str) -> None:
    with pytest.raises(ModelError, match="expected a name of"):
        install(store, files, name)
    assert not home.exists()


def test_a_taken_name_is_refused_unless_it_is_to_be_replaced(store: ModelStore, files: Files, home: Path) -> None:
    first = install(store, files)
    with pytest.raises(ModelError, match=r"not taken, or --replace\. Received: 'colours'"):
        install(store, files, dtype="int8")
    assert store.find("colours") == first
    second = install(store, files, dtype="int8", again=True)
    assert store.find("colours") == second != first
    assert folders(home) == [second.directory]


def test_a_model_with_a_head_has_the_file_of_its_base_and_outlives_it(store: ModelStore, files: Files) -> None:
    base = install(store, files)
    network = (base.directory / LITERT_FILE).stat().st_ino
    warm = install_head(store, base, "warm", 0)
    store.remove("colours")
    assert (warm.directory / LITERT_FILE).stat().st_ino == network
    assert store.find("warm") == warm
    red = np.zeros((1, 8, 6, 3), np.uint8)
    red[..., 0] = 255
    assert load_engine(warm).run(red).probabilities.argmax() == 0


def test_a_head_that_does_not_fit_the_network_leaves_nothing(store: ModelStore, files: Files, home: Path) -> None:
    base = install(store, files)
    spec = replace(base.spec, name="warm", classes=2, activation="softmax", head=True)
    head = Head(np.zeros((4, 2), np.float32), np.zeros(2, np.float32))
    with pytest.raises(ModelError, match=r"embedding of 4 channels.*Received: \(3,\)"):
        store.add(spec, network=base.directory / LITERT_FILE, labels=("warm", "not"), head=head)
    assert folders(home) == [base.directory]


@pytest.mark.parametrize("name", BUILT_IN)
def test_what_comes_with_the_program_is_neither_replaced_nor_removed(
    store: ModelStore, files: Files, name: str
) -> None:
    for again in (False, True):
        with pytest.raises(ModelError, match=f"^{name} comes with the program and cannot be replaced$"):
            install(store, files, name, again=again)
    with pytest.raises(ModelError, match=f"^{name} comes with the program and cannot be removed$"):
        store.remove(name)
    assert store.find("starter").directory == STARTER


def test_a_removed_model_is_gone_but_serves_on_where_it_is_loaded(store: ModelStore, files: Files, home: Path) -> None:
    engine = load_engine(install(store, files))
    store.remove("colours")
    assert store.names() == BUILT_IN
    assert folders(home) == []
    with pytest.raises(ModelNotFound):
        store.find("colours")
    assert engine.run(np.zeros((1, 8, 6, 3), np.uint8)).probabilities.shape == (1, 3)


def test_the_input_range_of_floats_must_be_given(store: ModelStore, files: Files) -> None:
    with pytest.raises(ModelError, match="--input-range -1,1 for most"):
        install(store, files, dtype="float32")


def test_the_input_range_of_integers_is_read_from_the_file(store: ModelStore, files: Files) -> None:
    assert install(store, files).spec.input_range == (-1.0, 127 / 128)


def test_labels_that_do_not_fit_are_refused(store: ModelStore, files: Files, home: Path) -> None:
    network = files.network(colour_network(dtype="uint8"))
    with pytest.raises(ModelError, match=r"expected 3 labels.*Received: 2"):
        install_file(store, network, labels=files.labels("red", "green"), name="colours")
    binary = files.labels()
    binary.write_bytes(b"\xff\xfe\0\n")
    with pytest.raises(ModelError, match=r"labels\.txt: expected text in UTF-8"):
        install_file(store, network, labels=binary, name="colours")
    with pytest.raises(FileNotFoundError):
        install_file(store, network, labels=files.folder / "absent.txt", name="colours")
    assert not home.exists()


def test_settings_out_of_range_are_refused(store: ModelStore, files: Files, home: Path) -> None:
    network, labels = files.network(colour_network(dtype="uint8")), files.labels(*COLOURS)
    with pytest.raises(ModelError, match="crop: expected"):
        install_file(store, network, labels=labels, name="colours", crop=1.5)
    with pytest.raises(ModelError, match="input_range: expected"):
        install_file(store, network, labels=labels, name="colours", options=CompileOptions(input_range=(1.0, -1.0)))
    assert not home.exists()


def test_a_network_that_does_not_run_as_specified_leaves_nothing(store: ModelStore, files: Files, home: Path) -> None:
    bundle = install(store, files)
    network = (bundle.directory / LITERT_FILE).read_bytes()
    with pytest.raises(ModelError, match=r"Received: \(1, 8, 6, 3\)"):
        store.add(replace(bundle.spec, name="taller", height=9), network=network, labels=COLOURS)
    with pytest.raises(ModelError, match=LITERT_FILE):
        store.add(replace(bundle.spec, name="cut"), network=network[:100], labels=COLOURS)
    assert store.names() == (*BUILT_IN, "colours")
    assert folders(home) == [bundle.directory]


def test_what_a_killed_installation_left_is_ignored_and_swept_up(store: ModelStore, files: Files, home: Path) -> None:
    program = """
import sys, pathlib, signal
from inference.models.store import BUILT_IN, ModelStore
with ModelStore(pathlib.Path(sys.argv[1]))._changing() as folder:
    (folder / "model.tflite").write_bytes(b"the first half")
    (folder.parent / (folder.name + "-link")).symlink_to(folder.name)
    print(folder, flush=True)
    signal.pause()
"""
    command = [sys.executable, "-c", program, str(home)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        half = Path(process.stdout.readline().strip())
        process.kill()
    assert half.is_dir()
    assert store.names() == BUILT_IN
    bundle = install(store, files)
    assert folders(home) == [bundle.directory]
    assert sorted(path.name for path in (home / "models").iterdir()) == sorted(
        [".lock", bundle.directory.name, "colours"]
    )


def test_a_full_disk_leaves_nothing(store: ModelStore, files: Files, home: Path) -> None:
    bundle = install(store, files)
    program = """
import resource, signal, sys, pathlib
from inference.catalog.install import install_file
from inference.compiler.model import CompileOptions
from inference.models.store import BUILT_IN, ModelStore
starter = pathlib.Path(sys.argv[2])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, 2_000_000))
try:
    install_file(ModelStore(pathlib.Path(sys.argv[1])), starter / "model.tflite",
        labels=starter / "labels.txt",
        name="colours",
        options=CompileOptions(input_range=(-1, 1)),
        replace=True,
    )
except OSError as error:
    print(error.strerror)
"""
    command = [sys.executable, "-c", program, str(home), str(STARTER)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "File too large\n"
    assert store.find("colours") == bundle
    assert folders(home) == [bundle.directory]


def test_of_installations_at_once_under_one_name_one_wins(store: ModelStore, files: Files, home: Path) -> None:
    network, labels = files.network(colour_network(dtype="uint8")), files.labels(*COLOURS)

    def compete(number: int) -> Bundle | ModelError:
        try:
            return install_file(store, network, labels=labels, name="colours", threshold=number / 10)
        except ModelError as error:
            return error

    with ThreadPoolExecutor(3) as threads:
        outcomes = list(threads.map(compete, range(3)))
    winners = [outcome for outcome in outcomes if isinstance(outcome, Bundle)]
    assert winners == [store.find("colours")]
    assert folders(home) == [winners[0].directory]


def test_readers_see_a_whole_model_while_it_is_replaced(store: ModelStore, files: Files, home: Path) -> None:
    original = install(store, files)
    versions = [home / "models" / f".model-{number}" for number in range(200)]
    for folder in versions:
        shutil.copytree(original.directory, folder)

    def replace_often() -> None:
        # The same as `add`, without the check of the network, which takes half a second.
        link, old = home / "models" / ".model-link", original.directory
        for folder in versions:
            link.symlink_to(folder.name)
            link.replace(home / "models" / "colours")
            shutil.rmtree(old)
            old = folder

    with ThreadPoolExecutor(1) as threads:
        writing = threads.submit(replace_often)
        while not writing.done():
            assert store.find("colours").spec == original.spec
    writing.result()
    assert folders(home) == [versions[-1]]


def test_a_broken_model_is_named_and_can_be_removed(store: ModelStore, files: Files) -> None:
    broken = install(store, files)
    (broken.directory / SPEC_FILE).write_text("{}")
    for look in (lambda: store.find("colours"), store.bundles):
        with pytest.raises(ModelError, match=SPEC_FILE):
            look()
    assert store.names() == (*BUILT_IN, "colours")
    store.remove("colours")
    assert store.names() == BUILT_IN
