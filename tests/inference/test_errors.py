from __future__ import annotations

import pickle
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from inference import errors
from inference.errors import InferenceError, describe_os_error, naming
from tests.support.full_disk import small_files_only

EXAMPLES = [
    errors.InferenceError("something"),
    errors.ImageError("something"),
    errors.NotAnImage("a text"),
    errors.EmptyFile(),
    errors.CameraRaw(),
    errors.TruncatedImage("ends early"),
    errors.TooManyPixels(70_000, 50_000, 1_000_000),
    errors.TooManyBytes(30, 20),
    errors.TooManyBytes(None, 20),
    errors.UnexpectedImageError("RecursionError"),
    errors.DownloadError("https://example.org/a.jpg", "not found"),
    errors.AddressRefused("http://127.0.0.1/", "a private address"),
    errors.Overloaded(64),
    errors.DeadlineExceeded(10.0),
    errors.WorkerCrashed(2),
    errors.OutOfMemory(2),
    errors.PoolClosed(),
    errors.ModelNotFound("inception", ("starter", "birds")),
    errors.NotInCatalog("inception", ("inception_v3", "birds")),
    errors.WrongFile("a.zip", "20 bytes", "30 bytes"),
    errors.MissingExtra("training", "tensorflow", "pip install 'labelbot[tensorflow]'"),
    errors.ClusterError("no connection to the cluster at 10.0.0.1:6379: Connection refused"),
    errors.ModelError("broken"),
    errors.ModelNotBuilt("efficientnet_lite0"),
]


def tree() -> Iterator[type[InferenceError]]:
    waiting = [InferenceError]
    while waiting:
        error = waiting.pop()
        if error.__module__ == errors.__name__:
            yield error
        waiting += error.__subclasses__()


def test_there_is_an_example_of_every_error() -> None:
    assert {type(example) for example in EXAMPLES} == set(tree())


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling(error: InferenceError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.args == error.args
    assert vars(copy) == vars(error)


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_a_message_names_what_the_error_holds(error: InferenceError) -> None:
    for argument in error.args:
        if isinstance(argument, str):
            assert argument in str(error)
        elif isinstance(argument, int):
            assert f"{argument:,}" in str(error) or str(argument) in str(error)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/tmp/x"), "/tmp/x cannot be read or written: Permission denied"),
        (
            FileNotFoundError(2, "No such file or directory", b"/x"),
            "/x cannot be read or written: No such file or directory",
        ),
        (FileExistsError(17, "File exists", Path("/a"), None, "/b"), "/a cannot be read or written: File exists"),
        (OSError(28, "No space left on device"), "No space left on device"),
        (OSError(9, "Bad file descriptor", 7), "Bad file descriptor"),
        (OSError("the file is damaged"), "the file is damaged"),
        (ConnectionRefusedError(111, "Connect call failed ('127.0.0.1', 1)"), "Connection refused"),
    ],
)
def test_what_the_system_refuses_is_told_in_words(error: OSError, sentence: str) -> None:
    assert describe_os_error(error) == sentence


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, str] = {}
    parents: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"([\s│├└─]*)([A-Z]\w+)(?=\s|$)", line):
            depth, name = len(match[1]), match[2]
            if not hasattr(errors, name):
                continue
            parents = [parent for parent in parents if parent[0] < depth]
            drawn[name] = parents[-1][1] if parents else "ProgramError"
            parents.append((depth, name))
    assert drawn == {error.__name__: error.__bases__[0].__name__ for error in tree()}


def test_an_error_of_writing_is_named_after_what_is_written(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left") as failed, naming(tmp_path):
        Path("/dev/full").write_bytes(b"a")
    assert describe_os_error(failed.value) == f"{tmp_path} cannot be read or written: No space left on device"
    with pytest.raises(FileNotFoundError) as failed, naming(tmp_path):
        (tmp_path / "absent").read_bytes()
    assert describe_os_error(failed.value).startswith(f"{tmp_path}/absent ")


def test_a_copy_without_room_is_named_after_the_copy(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(bytes(100_000))
    with small_files_only(50_000), pytest.raises(OSError, match="too large") as failed:
        shutil.copyfile(tmp_path / "source", tmp_path / "copy")
    assert describe_os_error(failed.value) == f"{tmp_path}/copy cannot be read or written: File too large"
