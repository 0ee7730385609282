"""Installation of a model from a file in one of the usual formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.images.framing import SQUASH_FROM, Fit
from inference.models.bundle import Bundle, names_file
from inference.models.labels import format_labels, read_label_file
from inference.models.store import ModelStore


def install_file(
    store: ModelStore,
    file: Path,
    *,
    labels: Path,
    name: str,
    names: Mapping[str, Path] | None = None,
    options: CompileOptions | None = None,
    crop: float = 0.875,
    fit: Fit = "crop",
    squash_from: float | None = SQUASH_FROM,
    threshold: float = 0.3,
    licence: str = "unknown",
    replace: bool = False,
    report: Callable[[str], None] | None = None,
) -> Bundle:
    """Compile an image classifier and install it under a name.

    Args:
        store: store that the model is installed into.
        file: file or folder of the network, in one of the formats of `compile_model`.
        labels: label file; see `read_label_file`.
        name: name of the model: at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit.
        names: files with the classes' names, by language code; each file has one line per line of `labels`.
        options: options of the compiler; see `compile_model`.
        crop: side of the central crop, as a share of the image's shorter side, in (0, 1].
        fit: how an image gets the input's shape: "crop", "squash" or "pad".
        squash_from: side ratio from which an image is long, at least 4/3; None if no image is. It only matters with
            `fit="crop"`; see `load_pixels`.
        threshold: score in [0, 1] below which the best guess is "not sure".
        licence: SPDX identifier.
        replace: whether an installed model of this name is replaced.
        report: called with one sentence for each finding and for the comparison to the original network.

    Returns:
        The installed model.

    Raises:
        ModelError: the file, the labels and the settings do not fit together, or the name is taken.
        OSError: a file cannot be read or written; no file stays behind.
    """
    store.check_name(name, replace=replace)
    store.check_writable()
    compiled = compile_model(file, options=options)
    if report is not None:
        for sentence in compiled.report():
            report(sentence)
    spec = compiled.spec(
        name,
        crop=crop,
        fit=fit,
        squash_from=squash_from,
        threshold=threshold,
        licence=licence,
        source=file.name,
    )
    texts = read_label_file(labels, compiled.classes)
    extras = {
        names_file(language): format_labels(read_label_file(path, compiled.classes)).encode()
        for language, path in (names or {}).items()
    }
    trusted = options is not None and options.trust
    return store.add(spec, network=compiled.content, labels=texts, extras=extras, replace=replace, trusted=trusted)
