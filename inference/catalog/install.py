"""Installation of a model from a file in one of the usual formats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from inference.compiler.compile import compile_model
from inference.compiler.model import CompileOptions
from inference.compiler.sureness import CompiledNetwork, describe_sureness, sureness
from inference.errors import ModelError
from inference.images.framing import SQUASH_FROM, Fit
from inference.models.bundle import Bundle, names_file
from inference.models.labels import format_labels, read_label_file
from inference.models.store import ModelStore


def install_file(
    store: ModelStore,
    file: Path,
    *,
    labels: Path | None = None,
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
        labels: label file; see `read_label_file`. None for the labels inside of the network's file.
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
        report: called with one sentence for each finding, for the comparison to the original network, and for how sure
            the network is of sample photos under each input range, if its file does not tell the range.

    Returns:
        The installed model.

    Raises:
        ModelError: the file, the labels and the settings do not fit together, or the name is taken.
        OSError: a file cannot be read or written; no file stays behind.
    """
    store.check_name(name, replace=replace)
    store.check_writable()
    tell = report or (lambda _: None)
    texts: list[str | None] = []
    extras: dict[str, bytes] = {}

    def read_labels(classes: int, own: tuple[str | None, ...] | None) -> None:
        texts.extend(_choose_labels(labels, classes, own, tell))
        for language, path in (names or {}).items():
            extras[names_file(language)] = format_labels(read_label_file(path, classes)).encode()

    compiled = compile_model(file, options=options, on_classes=read_labels)
    for sentence in compiled.report():
        tell(sentence)
    spec = compiled.spec(
        name, crop=crop, fit=fit, squash_from=squash_from, threshold=threshold, licence=licence, source=file.name
    )
    trusted = options is not None and options.trust
    bundle = store.add(spec, network=compiled.content, labels=texts, extras=extras, replace=replace, trusted=trusted)
    if report is not None and compiled.told_range is None:
        network = CompiledNetwork(compiled, trusted=trusted)
        report(describe_sureness(sureness(network, compiled.height, compiled.width)))
    return bundle


def _choose_labels(
    path: Path | None, classes: int, own: tuple[str | None, ...] | None, report: Callable[[str], None]
) -> tuple[str | None, ...]:
    """Return the labels of the user, else those in the network's file.

    Raises:
        ModelError: there are none, or they do not fit the network.
        OSError: the label file cannot be read.
    """
    shown = None if own is None else ", ".join(label for label in own[:5] if label)
    if path is None:
        if own is None:
            raise ModelError(
                f"expected a file with the labels of the network's {classes} outputs (see --labels), since its own "
                "file has none. Received: none"
            )
        report(f"found labels in the network's file: {shown}{', ...' if len(own) > 5 else ''}")
        return own
    given = read_label_file(path, classes)
    if own is not None and own != given:
        report(
            f"the network's file has other labels, which --labels replaces: {shown}{', ...' if len(own) > 5 else ''}"
        )
    return given
