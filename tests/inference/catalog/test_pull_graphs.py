"""Pulls of the catalogue's graphs from archives like the originals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from inference.catalog.catalog import CatalogEntry, find_entry
from inference.catalog.pull import pull
from inference.compiler.model import CompileOptions
from inference.images.decode import load_pixels
from inference.images.framing import Fit
from inference.models.bundle import read_labels
from inference.models.engine import load_engine
from inference.models.store import ModelStore
from tests.support import public_graphs
from tests.support.file_server import Fault, FileServer, serving
from tests.support.pictures import picture
from tests.support.published import described, tar, zipped

pytestmark = pytest.mark.slow

THOUSAND = [f"thing {number}" for number in range(1000)]
SYNSETS = [f"n{number:08}" for number in range(1000)]
# The label map has no label for the first output, nor for those after the thousandth class.
LABEL_MAP = "".join(
    f'entry {{\n  target_class: {number + 1}\n  target_class_string: "{synset}"\n}}\n'
    for number, synset in enumerate(SYNSETS)
)
SYNSET_NAMES = "".join(f"{synset}\t{name}\n" for synset, name in zip(SYNSETS, THOUSAND, strict=True))

GRAPHS: dict[str, tuple[Callable[[], Any], Callable[[Mapping[str, bytes]], bytes], dict[str, str]]] = {
    "inception_v3_2015": (
        public_graphs.inception_2015,
        tar,
        {
            "cropped_panda.jpg": "no photo",
            "imagenet_2012_challenge_label_map_proto.pbtxt": LABEL_MAP,
            "imagenet_synset_to_human_label_map.txt": SYNSET_NAMES,
        },
    ),
    "inception_v3_2016": (
        public_graphs.inception_2016,
        tar,
        {"imagenet_slim_labels.txt": "\n".join(["background", *THOUSAND])},
    ),
    "inception5h": (
        public_graphs.inception5h,
        zipped,
        {"imagenet_comp_graph_label_strings.txt": "\n".join(["dummy", *THOUSAND]), "LICENSE": "Apache"},
    ),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FileServer]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with serving(FileServer()) as server:
        yield server


def publish(name: str, server: FileServer) -> CatalogEntry:
    """Serve an archive with a small graph, and describe it by the catalogue's entry."""
    graph, build, texts = GRAPHS[name]
    entry = find_entry(name)
    [file] = entry.files
    contents = {entry.network: graph().SerializeToString()} | {key: text.encode() for key, text in texts.items()}
    archive = build(contents)
    server.files[f"/{file.name}"] = archive
    members = [{"name": member.name, "size_bytes": len(contents[member.name])} for member in file.members]
    published = described(file.name, archive, server.url(f"/{file.name}"), members=members)
    if file.sha256 is None:
        published["sha256"] = None
    return CatalogEntry.model_validate(entry.model_dump() | {"files": [published]})


@pytest.mark.parametrize("name", GRAPHS)
def test_a_graph_of_the_catalogue_is_installed_from_its_archive(name: str, server: FileServer, tmp_path: Path) -> None:
    entry = publish(name, server)
    server.faults = [Fault(cut_at=entry.size_bytes // 2)]
    store = ModelStore(tmp_path / "home")
    sentences: list[str] = []
    downloads = tmp_path / "home/downloads"
    bundle = pull(store, entry, downloads=downloads, on_progress=lambda _: None, report=sentences.append)
    assert "the original's best label for" in sentences[-1]
    spec = bundle.spec
    assert store.find(name) == bundle
    assert (spec.height, spec.width, spec.input_range) == (entry.height, entry.width, entry.input_range)
    assert spec.fit == ("squash" if name == "inception_v3_2015" else "crop")
    assert (spec.crop, spec.accuracy, spec.licence) == (entry.crop, entry.accuracy, "Apache-2.0")
    assert spec.outputs == ("probabilities", "embedding", "features")
    assert spec.quantization == "dynamic"
    assert spec.agreement is not None
    labels = read_labels(bundle)
    assert labels[:1001] == (None, *THOUSAND)
    assert set(labels[1001:]) <= {None}
    pixels = np.random.default_rng(0).integers(0, 256, (2, spec.height, spec.width, 3), dtype=np.uint8)
    output = load_engine(bundle).run(pixels)
    assert output.probabilities.shape == (2, len(labels))
    assert output.embedding is not None
    assert output.embedding.shape[1] == (1024 if name == "inception5h" else 2048)


SHAPES = [(299, 299), (640, 480), (480, 640), (900, 300), (200, 700), (1600, 1200), (1280, 400)]


def test_the_graph_of_2015_sees_of_a_photo_what_its_own_decoder_shows_it(server: FileServer, tmp_path: Path) -> None:
    store, entry = ModelStore(tmp_path), publish("inception_v3_2015", server)
    bundle = pull(
        store,
        entry,
        downloads=tmp_path / "downloads",
        on_progress=lambda _: None,
        report=lambda _: None,
        options=CompileOptions(quantize="none"),
    )
    engine, spec = load_engine(bundle), bundle.spec
    differences: dict[Fit, list[float]] = {"squash": [], "crop": []}
    with tf.Graph().as_default() as graph, tf.compat.v1.Session(graph=graph) as session:
        tf.import_graph_def(public_graphs.inception_2015(), name="")
        for number, (width, height) in enumerate(SHAPES):
            # Two JPEG decoders differ by one step of brightness, which random weights amplify.
            photo = picture(number, "PNG", width=width, height=height)
            [original] = session.run("softmax:0", {"DecodeJpeg/contents:0": photo})
            for fit in differences:
                pixels = load_pixels(photo, height=spec.height, width=spec.width, crop=spec.crop, fit=fit)
                scores = engine.run(pixels[np.newaxis]).probabilities[0]
                differences[fit].append(float(np.abs(scores - original).max()))
    assert max(differences[spec.fit]) < 0.01, differences
    # A central crop of most of these would be another picture.
    assert max(differences["crop"]) > 0.05, differences
