"""The keys of the HTTP API. A file names each key, its limits, and the SHA-256 of its secret, but not the secret.

[[keys]]
name = "photo-library"
sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
models = ["efficientnet_lite0"]     # all models if this line is absent
images_per_minute = 600             # no limit if this line is absent
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.limits.token_bucket import TokenBucket
from bot.web.api.problems import shown
from inference.errors import ProgramError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
NAME_RULE = 'at most 64 of A-Z, a-z, 0-9, "_", "." and "-", the first a letter or digit'
# Limit on the size of the file: ten times the size with a thousand keys.
MAX_FILE_BYTES = 2_000_000
EXPECTED = {
    "name": f"a name of {NAME_RULE}",
    "sha256": "the SHA-256 of a secret, which is 64 of 0-9 and a-f",
    "models": "a list of names of models",
    "images_per_minute": "a number of at least 0.001",
    "keys": "tables [[keys]] with name and sha256, and perhaps models and images_per_minute",
}
# Seconds of its rate that a client may use at once after a pause.
BURST_S = 10


class KeysError(ProgramError):
    """The file of the keys cannot be used; the message is one sentence for the operator."""


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=f"^{NAME.pattern}$")
    sha256: str = Field(pattern="^[0-9a-f]{64}$")
    models: frozenset[str] | None = None
    images_per_minute: Annotated[float, Field(ge=0.001, strict=True, allow_inf_nan=False)] | None = None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    keys: tuple[_Entry, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Client:
    """A client of the API.

    Attributes:
        name: name of the key.
        models: names of the models that the client may use; None for all.
        images: rate of the client's images; None without a limit.
    """

    name: str
    models: frozenset[str] | None = None
    images: TokenBucket | None = field(default=None, repr=False)

    def may_use(self, model: str) -> bool:
        return self.models is None or model in self.models


class Keys:
    """The keys in a file, which is read again after each change.

    Args:
        path: file of the keys.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at_ns: tuple[int, int] | None = None
        self._clients: dict[str, tuple[_Entry, Client]] = {}

    def client(self, secret: str) -> Client | None:
        """Return the client whose key has a secret; None if there is none. `load` reads the keys first.

        The secret's hash is looked up, so the time of the lookup tells nothing about the secret.
        """
        _, client = self._clients.get(sha256_of(secret), (None, None))
        return client

    def load(self) -> None:
        """Read the file, if it has changed since.

        A key keeps its rate while its entry stays the same.

        Raises:
            KeysError: the file cannot be used.
        """
        try:
            status = self._path.stat()
        except OSError as error:
            raise KeysError(f"{self._path} cannot be read: {error.strerror}.") from None
        changed = (status.st_mtime_ns, status.st_ino)
        if changed != self._read_at_ns:
            before = self._clients
            self._clients = {
                entry.sha256: before[entry.sha256]
                if before.get(entry.sha256, (None,))[0] == entry
                else (entry, _client(entry))
                for entry in read_keys(self._path)
            }
            self._read_at_ns = changed


def keys_of(file: Path | None) -> Keys | None:
    """Return the keys in a file, read once; None without a file.

    Raises:
        KeysError: the file cannot be used.
    """
    if file is None:
        return None
    keys = Keys(file)
    keys.load()
    return keys


def read_keys(path: Path) -> Sequence[_Entry]:
    """Read the entries of a file of keys.

    Raises:
        KeysError: the file cannot be read, or an entry is not as expected.
    """
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KeysError(f"{path}: expected at most {MAX_FILE_BYTES:,} bytes of keys. Received: more")
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KeysError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise KeysError(f"{path} is no file of keys: expected text in UTF-8. Received: other bytes") from None
    except tomllib.TOMLDecodeError as error:
        raise KeysError(f"{path} is no file of keys: {error}.") from None
    entries = parse_keys(path, parsed)
    for what in ("name", "sha256"):
        values = [getattr(entry, what) for entry in entries]
        twice = next((value for value in values if values.count(value) > 1), None)
        if twice is not None:
            raise KeysError(f"{path}: expected keys with a {what} each. Received: {twice} twice")
    return entries


def parse_keys(path: Path, parsed: dict[str, Any]) -> Sequence[_Entry]:
    """Check the entries of a file of keys.

    Raises:
        KeysError: an entry is not as expected.
    """
    try:
        return _File.model_validate(parsed).keys
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        number = next((part + 1 for part in first["loc"] if isinstance(part, int)), None)
        place = "" if number is None else f"key {number}: "
        names = [part for part in first["loc"] if isinstance(part, str)]
        expected = EXPECTED.get(names[-1], EXPECTED["keys"])
        if first["type"] == "missing":
            raise KeysError(f"{path}: {place}expected {names[-1]}, {expected}. Received: none") from None
        raise KeysError(
            f"{path}: {place}expected {expected}. Received: {names[-1]} = {shown(first['input'])}"
        ) from None


def _client(entry: _Entry) -> Client:
    rate = entry.images_per_minute
    bucket = None if rate is None else TokenBucket(per_s=rate / 60, burst=max(1.0, rate / 60 * BURST_S))
    return Client(entry.name, entry.models, bucket)


def sha256_of(secret: str) -> str:
    """Return the hash by which a key is stored. A header may hold bytes that are no text."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
