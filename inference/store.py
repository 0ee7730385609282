"""The models on this machine: the embedded starter and what was installed into the home folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from inference.bundle import NAME, Bundle, ModelSpec, read_bundle, write_bundle
from inference.errors import ModelError, ModelNotFound
from inference.labels import parse_labels

STARTER = "starter"


class ModelStore:
    """Installs, finds and removes models.

    In the folder `models` of the home folder, each name is a symbolic link to a folder that holds the model's files and
    never changes. Installing fills a new folder and then sets the link, in one step: readers see the old model or the new
    one, and a process that is killed leaves at most a folder that nothing points to, which the next change removes.
    """

    def __init__(self, home: Path) -> None:
        """Look at a home folder, which need not exist."""
        self._root = home / "models"

    def names(self) -> tuple[str, ...]:
        """All names, the starter first, the others sorted."""
        if not self._root.is_dir():
            return (STARTER,)
        return (STARTER, *sorted(path.name for path in self._root.iterdir() if NAME.fullmatch(path.name)))

    def bundles(self) -> tuple[Bundle, ...]:
        """All models, in the order of their names.

        Raises:
            ModelError: a model's specification is broken.
        """
        return tuple(self.find(name) for name in self.names())

    def find(self, name: str) -> Bundle:
        """Find a model by its name.

        Raises:
            ModelNotFound: there is none.
            ModelError: its specification is broken.
        """
        if name == STARTER:
            return read_bundle(Path(__file__).parent / STARTER)
        path = self._root / name
        if not NAME.fullmatch(name) or not path.exists():
            raise ModelNotFound(name, self.names())
        return read_bundle(path.resolve())

    def install(
        self,
        file: Path,
        *,
        labels: Path,
        name: str,
        input_range: tuple[float, float] | None = None,
        crop: float = 0.875,
        threshold: float = 0.3,
        licence: str = "unknown",
        replace: bool = False,
    ) -> Bundle:
        """Install a .tflite image classifier under a name.

        Args:
            file: uint8, int8 or float32 input of (1, height, width, 3); ends in a softmax or in logits.
            labels: one label a line; see `parse_labels`.
            name: at most 64 of a-z, 0-9, "_", "." and "-", the first a letter or digit.
            input_range: what pixel values 0 and 255 become, (low, high); needed for float32 inputs, and taken from the
                quantisation of others where not given.
            crop: side of the central crop, as a share of the image's shorter side, in (0, 1].
            threshold: score in [0, 1] under which the best guess is "not sure".
            licence: SPDX identifier.
            replace: whether the name may be taken.

        Returns:
            The installed model.

        Raises:
            ModelError: the file, the labels or the settings do not fit together, or the name is taken.
            OSError: a file cannot be read or written; nothing is left behind.
        """
        from inference.compiler.tflite import compile_tflite

        network = compile_tflite(file.read_bytes())
        input_range = input_range or network.input_range
        if input_range is None:
            raise ModelError(
                "expected an input range, since the network takes float32: -1,1 for most, 0,1 or 0,255 for some. "
                "Received: none"
            )
        spec = ModelSpec(
            name=name,
            version="0" * 12,
            height=network.height,
            width=network.width,
            input_range=input_range,
            crop=crop,
            classes=network.classes,
            activation=network.activation,
            outputs=network.outputs,
            threshold=threshold,
            licence=licence,
            source=file.name,
        )
        texts = parse_labels(_read_text(labels), network.classes)
        return self.add(spec, network=network.content, labels=texts, replace=replace)

    def add(self, spec: ModelSpec, *, network: bytes, labels: Sequence[str | None], replace: bool = False) -> Bundle:
        """Install a network whose file already has the signature that the engine expects.

        Args:
            spec: its version is computed anew.
            network: the content of model.tflite.
            labels: one for each output, None for one that stands for nothing.
            replace: whether the name may be taken.

        Returns:
            The installed model.

        Raises:
            ModelError: the labels do not fit, or the name is taken.
            OSError: a file cannot be written; nothing is left behind.
        """
        with self._changing() as folder:
            if spec.name == STARTER or (not replace and spec.name in self.names()):
                raise ModelError(f"expected a name that is not taken. Received: {spec.name!r}")
            write_bundle(folder, spec, network=network, labels=labels)
            self._link(spec.name, folder)
        return self.find(spec.name)

    def remove(self, name: str) -> None:
        """Remove an installed model; workers that have it loaded keep it until they end.

        Raises:
            ModelNotFound: there is none.
            ModelError: it is the starter, which comes with the program.
        """
        if name == STARTER:
            raise ModelError("expected an installed model. Received: 'starter', which comes with the program")
        if name not in self.names():
            raise ModelNotFound(name, self.names())
        with self._changing():
            (self._root / name).unlink(missing_ok=True)

    @contextmanager
    def _changing(self) -> Iterator[Path]:
        """Keep other processes from changing the store, lend a new folder, and sweep up what nothing points to."""
        self._root.mkdir(parents=True, exist_ok=True)
        with (self._root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder = Path(tempfile.mkdtemp(prefix=".", dir=self._root))
            try:
                yield folder
            finally:
                self._sweep()

    def _sweep(self) -> None:
        used = {path.resolve() for path in self._root.iterdir() if path.is_symlink()}
        for path in self._root.iterdir():
            if path.is_dir() and not path.is_symlink() and path not in used:
                shutil.rmtree(path)

    def _link(self, name: str, folder: Path) -> None:
        link = folder / "link"
        link.symlink_to(Path(folder.name), target_is_directory=True)
        os.replace(link, self._root / name)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: expected text in UTF-8. Received: {error}") from error
