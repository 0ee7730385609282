"""A graph that writes a file: installed, pulled, or copied into the store by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inference.catalog.catalog import CatalogEntry
from inference.catalog.pull import pull
from inference.errors import ModelError
from inference.models.bundle import GRAPH_FILE, Bundle, write_bundle
from inference.models.engine import load_engine
from inference.models.spec import ModelSpec
from inference.models.store import BUILT_IN, ModelStore
from inference.models.trust import TRUSTED
from inference.pool.pool import InferencePool
from tests.support.colour_models import plain
from tests.support.file_server import FileServer, serving
from tests.support.graphs import colour_graph
from tests.support.hostile import writing_graph
from tests.support.networks import COLOURS
from tests.support.program import Program
from tests.support.published import LABELS, colours_entry, described

SPEC = ModelSpec("evil", "0" * 12, 8, 6, (-1.0, 1.0), crop=1.0, classes=3, engine="tensorflow")
REFUSED = r"the operation WriteFile is not among those that image networks use.*labelbot models install FILE --trust"


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """What the graph writes."""
    return tmp_path / "written"


@pytest.fixture
def evil(tmp_path: Path, written: Path) -> Path:
    (tmp_path / "evil.pb").write_bytes(writing_graph(written).SerializeToString())
    (tmp_path / "labels.txt").write_text("\n".join(COLOURS))
    return tmp_path / "evil.pb"


def place(home: Path, content: bytes, name: str = "evil") -> Bundle:
    """Put a graph among the models by hand, as an earlier version may have left it there."""
    graph = colour_graph()
    graph.ParseFromString(content)
    next(node for node in graph.node if node.op == "Placeholder").name = "image"
    for node in graph.node:
        node.input[:] = ["image" if each == "pixels" else each for each in node.input]
        node.name = "probabilities" if node.name == "colours" else node.name
    folder = home / "models" / f".model-{name}"
    folder.mkdir(parents=True)
    write_bundle(folder, replace(SPEC, name=name), network=graph.SerializeToString(), labels=COLOURS)
    folder.with_name(name).symlink_to(folder.name, target_is_directory=True)
    return ModelStore(home).find(name)


def test_it_is_not_installed(program: Program, evil: Path, written: Path) -> None:
    labels = evil.with_name("labels.txt")
    for engine in ("litert", "tensorflow"):
        options = ("--labels", labels, "--name", "evil", "--input-range", "-1,1", "--engine", engine)
        refused = program("models", "install", evil, *options)
        assert (refused.status, refused.out) == (1, "")
        assert refused.err.startswith(f"labelbot: {evil}: the operation WriteFile is not among those that image ")
        assert len(refused.err.splitlines()) == 1
    assert program("label", "--model", "evil", evil).status != 0
    assert not written.exists()


@pytest.mark.slow
def test_the_operator_may_trust_it(program: Program, evil: Path, written: Path) -> None:
    labels = evil.with_name("labels.txt")
    options = ("--labels", labels, "--name", "evil", "--input-range", "-1,1", "--trust")
    installed = program("models", "install", evil, *options)
    assert installed.status == 0, installed.err
    written.unlink()
    (evil.parent / "green.png").write_bytes(plain("green"))
    assert program("label", "--model", "evil", evil.parent / "green.png", "--top", "1").out.startswith("green (score")
    assert written.read_text() == "was here"

    # The record trusts neither another graph nor this graph in another store.
    written.unlink()
    store = ModelStore(program.home)
    model = store.find("evil")
    other = place(program.home, evil.read_bytes(), "other")
    with pytest.raises(ModelError, match=REFUSED):
        load_engine(other)
    elsewhere = evil.parent / "elsewhere" / "models"
    shutil.copytree(model.directory, elsewhere / ".model-copied")
    (elsewhere / "copied").symlink_to(".model-copied")
    with pytest.raises(ModelError, match=REFUSED):
        load_engine(ModelStore(elsewhere.parent).find("copied"))
    assert not written.exists()

    # The folder of records is not listed as a model, and the record stays when another model is removed.
    store.remove("other")
    assert store.names() == (*BUILT_IN, "evil")
    assert (program.home / "models" / TRUSTED).is_dir()
    load_engine(store.find("evil"))


def test_it_is_not_pulled(evil: Path, written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    store = ModelStore(tmp_path / "home")
    with serving(FileServer()) as server:
        files = {"evil.pb": evil.read_bytes(), "colours.txt": LABELS}
        described_files = []
        for name, content in files.items():
            server.files[f"/{name}"] = content
            described_files.append(described(name, content, server.url(f"/{name}")))
        entry: CatalogEntry = colours_entry(*described_files, network="evil.pb", input_range=[-1, 1])
        with pytest.raises(ModelError, match=REFUSED):
            pull(store, entry, downloads=tmp_path / "down", on_progress=lambda _: None, report=lambda _: None)
    assert store.names() == BUILT_IN
    assert not written.exists()


def test_it_is_not_loaded_where_it_was_put_by_hand(evil: Path, written: Path, tmp_path: Path) -> None:
    good = place(tmp_path / "home", colour_graph().SerializeToString(), "good")
    assert load_engine(good).network.classes == 3
    model = place(tmp_path / "home", evil.read_bytes())
    with pytest.raises(ModelError, match=rf"{GRAPH_FILE}: {REFUSED}"):
        load_engine(model)
    assert not written.exists()


@pytest.mark.slow
async def test_a_worker_refuses_it_and_works_on(evil: Path, written: Path, tmp_path: Path) -> None:
    place(tmp_path / "home", evil.read_bytes())  # noqa: ASYNC240
    async with InferencePool(ModelStore(tmp_path / "home"), workers=1) as pool:
        pids = pool.worker_pids()
        for _ in range(2):
            with pytest.raises(ModelError, match=REFUSED):
                await pool.classify(plain("red"), model="evil", top_k=1, client=1)
        with pytest.raises(ModelError, match=REFUSED):
            await pool.try_model("evil", plain("red"), other_models=["starter"])
        answer = await pool.classify(plain("red"), model="starter", top_k=1, client=1)
        assert (answer.model, pool.worker_pids()) == ("starter", pids)
    assert not written.exists()  # noqa: ASYNC240
