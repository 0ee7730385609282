"""The models on this machine: those that come with the program, and what was installed into the home folder."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from inference.errors import ModelError, ModelNotBuilt, ModelNotFound
from inference.models.built_in import BuiltInModel, sync
from inference.models.bundle import NAME, NAME_RULE, SPEC_FILE, Bundle, ModelSpec, read_bundle, write_bundle
from inference.models.defaults import DEFAULT_MODEL, STARTER
from inference.models.head import Head
from inference.models.trust import trust

# Models that come with the program; the second as weights, from which it is built when it is first used.
BUILT_IN = (STARTER, DEFAULT_MODEL)


class ModelStore:
    """Installs, finds and removes models.

    In the folder `models` of the home folder, each name is a symbolic link to a hidden folder that holds the model's
    files and never changes. Installing fills a new folder and then sets the link in one step: readers see the old model
    or the new one, and a process that is killed leaves at most a folder without a link, which the next change removes.
    """

    def __init__(self, home: Path, *, device: str | None = None) -> None:
        """Open the store of a home folder, which need not exist.

        Args:
            home: folder of Labelbot's data.
            device: device on which networks are verified before they are installed; see `NetworkOptions`.
        """
        self._device = device
        self._root = home.absolute() / "models"
        self._known: dict[str, tuple[int, Bundle]] = {}
        self._efficientnet = BuiltInModel(self._root)

    def names(self) -> tuple[str, ...]:
        """All names: the models that come with the program first, if they can be had; then the others, sorted."""
        built_in = BUILT_IN if self._efficientnet.available else (STARTER,)
        if not self._root.is_dir():
            return built_in
        installed = sorted(path.name for path in self._root.iterdir() if _is_model(path))
        return tuple(dict.fromkeys((*built_in, *installed)))

    def bundles(self) -> tuple[Bundle, ...]:
        """All models, in the order of their names.

        Raises:
            ModelError: a model's specification is broken, or it cannot be built.
        """
        return tuple(self.find(name) for name in self.names())

    def find(self, name: str, *, build: bool = True) -> Bundle:
        """Find a model by its name.

        Args:
            name: of the model.
            build: whether a model that comes with the program is built if it is not yet, which blocks for a second.

        Raises:
            ModelNotFound: there is none.
            ModelNotBuilt: it is still to be built, which was not asked for.
            ModelError: its specification is broken, or it cannot be built.
        """
        if name == STARTER:
            return self._read(name, Path(__file__).parent / STARTER)
        link = self._root / name
        while NAME.fullmatch(name) and (folder := _folder_of(link)) is not None:
            try:
                return self._read(name, folder)
            except ModelError:
                if _folder_of(link) == folder:
                    raise
                # Replaced or removed while we read.
        if name == DEFAULT_MODEL:
            return self._find_efficientnet(build)
        raise ModelNotFound(name, self.names())

    def add(
        self,
        spec: ModelSpec,
        *,
        network: bytes | Path,
        labels: Sequence[str | None],
        head: Head | None = None,
        extras: Mapping[str, bytes] | None = None,
        replace: bool = False,
        trusted: bool = False,
    ) -> Bundle:
        """Install a network that has the signature of a bundle, under the specification's name.

        Args:
            spec: its version is computed anew.
            network: the content of model.tflite, or the file of another installed model, which both then share.
            labels: one for each class, None for one that stands for nothing.
            head: what takes the place of the network's last layer, as the specification says.
            extras: further files by their names: a model card, pictures, what training goes on from.
            replace: whether it takes the place of a model of that name.
            trusted: whether the network may do what image networks do not do; see `trust`.

        Returns:
            The installed model.

        Raises:
            ModelError: the network does not run as specified, the labels or the head do not fit, or the name is taken.
            OSError: a file cannot be written; nothing is left behind.
        """
        from inference.models.verify import verify_network

        with self._changing() as folder:
            self.check_name(spec.name, replace=replace)
            bundle = write_bundle(folder, spec, network=network, labels=labels, head=head, extras=extras)
            if trusted:
                trust(bundle)
            verify_network(bundle, device=self._device)
            for path in (*folder.iterdir(), folder):
                sync(path)
            link = self._root / f"{folder.name}-link"
            link.symlink_to(folder.name, target_is_directory=True)
            link.replace(self._root / spec.name)
            sync(self._root)
        return self.find(spec.name)

    def check_name(self, name: str, *, replace: bool) -> None:
        """Refuse a name that no model can be installed under.

        Raises:
            ModelError: it is none, or it is taken and not to be replaced.
        """
        if not NAME.fullmatch(name):
            raise ModelError(f"expected a name of {NAME_RULE}. Received: {name!r}")
        if name in BUILT_IN:
            raise ModelError(f"{name} comes with the program and cannot be replaced")
        if name in self.names() and not replace:
            raise ModelError(f"expected a name that is not taken, or --replace. Received: {name!r}")

    def comes_with_program(self, name: str) -> bool:
        """Whether a model comes with the program; one of its name that was installed before does not."""
        return name in BUILT_IN and not _is_model(self._root / name)

    def remove(self, name: str) -> None:
        """Remove an installed model; workers that have loaded it keep it until they end.

        Raises:
            ModelNotFound: there is none.
            ModelError: it comes with the program.
        """
        if self.comes_with_program(name):
            raise ModelError(f"{name} comes with the program and cannot be removed")
        if name not in self.names():
            raise ModelNotFound(name, self.names())
        with self._changing():
            (self._root / name).unlink(missing_ok=True)

    def _find_efficientnet(self, build: bool) -> Bundle:
        """Find the model that is built at first use; see `find`."""
        folder = self._efficientnet.built_folder
        try:
            if folder is not None:
                return self._read(DEFAULT_MODEL, folder)
        except ModelError:
            # Damaged, or about to be replaced.
            if not build:
                raise
        if not build:
            raise ModelNotBuilt(DEFAULT_MODEL)
        return self._read(DEFAULT_MODEL, self._efficientnet.build())

    def _read(self, name: str, folder: Path) -> Bundle:
        """Read a specification, from memory where its file is the same: the pool asks once for each image."""
        try:
            changed_ns = (folder / SPEC_FILE).stat().st_mtime_ns
        except OSError:
            return read_bundle(folder)
        known = self._known.get(name)
        if known is None or known[0] != changed_ns or known[1].directory != folder:
            known = self._known[name] = (changed_ns, read_bundle(folder))
        return known[1]

    @contextmanager
    def _changing(self) -> Iterator[Path]:
        """Keep others from changing the store, lend a new folder, and sweep up what has no link in the end."""
        # A home folder is for its owner: the bot's database lies there, too. Others may be let in afterwards.
        self._root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.mkdir(exist_ok=True)
        with (self._root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder = Path(tempfile.mkdtemp(prefix=".model-", dir=self._root))
            try:
                # The bot may run as another user than the one who installs.
                folder.chmod(0o755)
                yield folder
            finally:
                self._sweep()

    def _sweep(self) -> None:
        linked = {path.resolve() for path in self._root.iterdir() if _is_model(path)}
        for path in self._root.glob(".model-*"):
            if path.is_symlink():
                path.unlink()
            elif path.resolve() not in linked:
                shutil.rmtree(path)


def _folder_of(link: Path) -> Path | None:
    """The folder of a model's files; None where there is no such model."""
    # Asked for several times a photo: `Path.resolve` would look at each folder on the way as well.
    try:
        return link.parent / link.readlink() if _is_model(link) else None
    except FileNotFoundError:  # removed meanwhile
        return None


def _is_model(path: Path) -> bool:
    return path.is_symlink() and NAME.fullmatch(path.name) is not None
