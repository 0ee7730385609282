"""The models on this machine: the built-in models, and the installed models in the home folder."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from inference.errors import ModelError, ModelNotBuilt, ModelNotFound, naming
from inference.models.built_in import BuiltInModel, sync
from inference.models.bundle import SPEC_FILE, Bundle, read_bundle, write_bundle
from inference.models.defaults import AUTO, DEFAULT_FILE, DEFAULT_MODEL, PREFERRED_MODEL, STARTER, default_model
from inference.models.head import Head
from inference.models.spec import NAME, NAME_RULE, ModelSpec
from inference.models.trust import trust

# Models that come with the program; the default model is built from its weights at first use.
BUILT_IN = (STARTER, DEFAULT_MODEL)
STARTER_FOLDER = Path(__file__).parent / STARTER
# Longest tick of a file system's clock: two seconds on FAT.
CLOCK_TICK_NS = 2_000_000_000


class ModelStore:
    """Installs, finds and removes models.

    In the folder `models` of the home folder, each name is a symbolic link to a hidden folder with the model's files,
    which never change. Installing fills a new folder and then replaces the link in one step. So readers see either the
    old or the new model. A killed process leaves at most a folder without a link, which the next change removes.
    """

    def __init__(self, home: Path, *, device: str | None = None) -> None:
        """Open the store of a home folder, which need not exist.

        Args:
            home: folder of Labelbot's data.
            device: device for the verification of networks before they are installed; see `NetworkOptions`.
        """
        self._device = device
        self._root = home.absolute() / "models"
        self._cache: dict[str, tuple[str, int, Bundle]] = {}
        self._links: tuple[int, Sequence[str]] | None = None
        self._efficientnet = BuiltInModel(self._root)

    def names(self) -> tuple[str, ...]:
        """Return all names: first the available built-in models, then the installed models, sorted."""
        built_in = BUILT_IN if self._efficientnet.available else (STARTER,)
        return tuple(dict.fromkeys((*built_in, *self._installed())))

    def _installed(self) -> Sequence[str]:
        """Return the names of the links, sorted. They are cached while the folder is unchanged."""
        try:
            changed_ns = self._root.stat().st_mtime_ns
        except OSError:
            return ()
        if self._links is not None and self._links[0] == changed_ns:
            return self._links[1]
        names = sorted(path.name for path in self._root.iterdir() if _is_model(path))
        # Another change within the same tick of the file system's clock would have the same time.
        if time.time_ns() - changed_ns > CLOCK_TICK_NS:
            self._links = (changed_ns, names)
        return names

    def bundles(self) -> tuple[Bundle, ...]:
        """Return all models in the order of `names`.

        Raises:
            ModelError: a model's specification is damaged, or the default model cannot be built.
        """
        return tuple(self.find(name) for name in self.names())

    def resolve(self, name: str) -> str:
        """Return the name of the model that a name stands for; only `AUTO` stands for another model."""
        if name != AUTO:
            return name
        return PREFERRED_MODEL if _is_model(self._root / PREFERRED_MODEL) else DEFAULT_MODEL

    def find(self, name: str, *, build: bool = True) -> Bundle:
        """Find a model by its name.

        Args:
            name: name of the model; see `resolve`.
            build: True to build the default model if it is not built yet, which blocks for about a second.

        Raises:
            ModelNotFound: there is no model of this name.
            ModelNotBuilt: the model is not built yet, and `build` is False.
            ModelError: the model's specification is damaged, or the model cannot be built.
        """
        name = self.resolve(name)
        if name == STARTER:
            return self._read(name, str(STARTER_FOLDER))
        link = f"{self._root}/{name}"
        while NAME.fullmatch(name) and (folder := _folder_of(link)) is not None:
            try:
                return self._read(name, folder)
            except ModelError:
                if _folder_of(link) == folder:
                    raise
                # The model was replaced or removed while its files were read.
        if name == DEFAULT_MODEL:
            return self._find_efficientnet(build)
        raise ModelNotFound(name, self.names())

    @property
    def default(self) -> str:
        """Name of the model that is used if no other is named. It may be missing."""
        return default_model(self._root.parent)

    def set_default(self, name: str) -> None:
        """Choose the model that is used if no other is named; `AUTO` leaves the choice to the program.

        Raises:
            ModelNotFound: there is no model of this name.
            OSError: the choice cannot be written; the earlier one stays.
        """
        with self._changing() as folder:
            if name not in (AUTO, *self.names()):
                raise ModelNotFound(name, self.names())
            file = folder / DEFAULT_FILE
            file.write_text(f"{name}\n")
            sync(file)
            file.replace(self._root / DEFAULT_FILE)
            sync(self._root)

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
        """Install a network with the signature of a bundle, under the name in the specification.

        Args:
            spec: specification of the model; its version is computed again.
            network: content of the network's file, or path of another installed model's file, which both models then
                share.
            labels: label of each class; None for a class without a meaning.
            head: replacement of the network's last layer; required if the specification names a head.
            extras: contents of further files by their names, such as a model card, pictures or a Keras archive.
            replace: True to replace a model of the same name.
            trusted: True to allow operations that image networks do not use; see `trust`.

        Returns:
            The installed model.

        Raises:
            ModelError: the network does not run as specified, the labels or the head do not fit, or the name is taken.
            OSError: a file cannot be written; no file stays behind.
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
        """Check that a model can be installed under a name.

        Raises:
            ModelError: the name is invalid or built-in, or is taken and `replace` is False.
        """
        if not NAME.fullmatch(name):
            raise ModelError(f"expected a name of {NAME_RULE}. Received: {name!r}")
        if name in BUILT_IN:
            raise ModelError(f"{name} comes with the program and cannot be replaced")
        if name == AUTO:
            raise ModelError(
                f"{name} stands for {PREFERRED_MODEL} or {DEFAULT_MODEL}, and is no name for another model"
            )
        if name in self.names() and not replace:
            raise ModelError(f"expected a name that is not taken, or --replace. Received: {name!r}")

    def check_writable(self) -> None:
        """Check that models can be installed on this machine; called before long work.

        Raises:
            OSError: the home folder cannot be made or written; nothing is made.
        """
        folder = self._root
        while not folder.exists():
            folder = folder.parent
        try:
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise type(error)(error.errno, error.strerror, str(self._root)) from None

    def comes_with_program(self, name: str) -> bool:
        """Return True for a built-in model, unless an older installed model has the same name."""
        return name in BUILT_IN and not _is_model(self._root / name)

    def remove(self, name: str) -> None:
        """Remove an installed model; workers that have loaded it keep it until they end.

        Raises:
            ModelNotFound: there is no model of this name.
            ModelError: the model is built-in, or is the default.
        """
        if self.comes_with_program(name):
            raise ModelError(f"{name} comes with the program and cannot be removed")
        if name not in self.names():
            raise ModelNotFound(name, self.names())
        if name == self.default:
            raise ModelError(f"{name} is the default; choose another one first, with labelbot models use NAME")
        with self._changing():
            (self._root / name).unlink(missing_ok=True)

    def _find_efficientnet(self, build: bool) -> Bundle:
        """Find the default model, which is built at first use; see `find`."""
        folder = self._efficientnet.built_folder
        try:
            if folder is not None:
                return self._read(DEFAULT_MODEL, str(folder))
        except ModelError:
            # The built model is damaged, or is being replaced.
            if not build:
                raise
        if not build:
            raise ModelNotBuilt(DEFAULT_MODEL)
        return self._read(DEFAULT_MODEL, str(self._efficientnet.build()))

    def _read(self, name: str, folder: str) -> Bundle:
        """Read a specification. It is cached while its file is unchanged, as the bot asks several times per image."""
        try:
            changed_ns = os.stat(f"{folder}/{SPEC_FILE}").st_mtime_ns  # noqa: PTH116 -- a path takes longer to join than to look at
        except OSError:
            return read_bundle(Path(folder))
        cached = self._cache.get(name)
        if cached is None or cached[:2] != (folder, changed_ns):
            cached = self._cache[name] = (folder, changed_ns, read_bundle(Path(folder)))
        return cached[2]

    @contextmanager
    def _changing(self) -> Iterator[Path]:
        """Lock the store for a change, yield a new folder, and finally remove all folders without a link."""
        # Only the owner may read a new home folder, since the bot's database is there, too. Permissions that the
        # operator sets later are kept.
        self._root.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._root.mkdir(exist_ok=True)
        with naming(self._root), (self._root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            folder = Path(tempfile.mkdtemp(prefix=".model-", dir=self._root))
            try:
                # The bot may run as another user than the person who installs the model.
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


def _folder_of(link: str) -> str | None:
    """Return the folder of a model's files; None if there is no such model."""
    # `Path.resolve` also checks each parent folder, which is too slow: this function runs several times per photo.
    try:
        target = os.readlink(link)  # noqa: PTH115 -- a string, which is joined below
    except OSError:  # there is no such link
        return None
    # The target may be absolute.
    return os.path.join(link.rpartition("/")[0], target)  # noqa: PTH118 -- a string, see above


def _is_model(path: Path) -> bool:
    return path.is_symlink() and NAME.fullmatch(path.name) is not None
