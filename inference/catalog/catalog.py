"""The catalogue of published models in catalog.toml: where their files are, and how to install them."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Self

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, TypeAdapter, ValidationError, model_validator

from inference.errors import ModelError, NotInCatalog
from inference.images.framing import Fit
from inference.models.bundle import FILE_NAME
from inference.models.labels import IMAGENET_LABELS
from inference.models.spec import MAX_SIDE, NAME

CATALOG = Path(__file__).parent / "catalog.toml"
# Environment variable with the path of a list that is used instead.
CATALOG_VARIABLE = "LABELBOT_CATALOG"

ARCHIVES = (".tar.gz", ".tgz", ".zip", ".whl")
# Limit on the size of a file: four times the largest file in the catalogue. A larger size is a typing error.
MAX_FILE_BYTES = 400_000_000

Address = Annotated[str, Field(pattern=r"^https?://[^\s/]+/\S+$")]
FileName = Annotated[str, Field(pattern=f"^{FILE_NAME.pattern}$")]
# A relative path without ".." or empty parts, so that it stays inside the archive's folder.
MemberPath = Annotated[str, Field(pattern=f"^{FILE_NAME.pattern}(/{FILE_NAME.pattern})*$", max_length=255)]
# A name according to PEP 508, and a version that "==" matches exactly.
PackageName = Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$", max_length=100)]
PackageVersion = Annotated[str, Field(pattern=r"^[0-9][A-Za-z0-9.+]*$", max_length=50)]
SizeBytes = Annotated[int, Field(gt=0, le=MAX_FILE_BYTES)]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]
Text = Annotated[str, Field(min_length=1)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Member(_Table):
    """A file inside an archive.

    Attributes:
        name: path in the archive, with forward slashes.
        size_bytes, sha256: required size and checksum; None if the archive's checksum covers them.
    """

    name: MemberPath
    size_bytes: SizeBytes | None = None
    sha256: Sha256 | None = None

    @property
    def file_name(self) -> str:
        """File name without the folders of the archive."""
        return PurePosixPath(self.name).name


class _File(_Table):
    """A file to download.

    Attributes:
        name: name of the downloaded file.
        size_bytes: exact size.
        sha256: SHA-256 in hexadecimal digits; None for an archive without a published checksum. Then the sizes of the
            members must be known.
        members: members to extract from an archive; empty if the file is not an archive.
    """

    name: FileName
    size_bytes: SizeBytes
    sha256: Sha256 | None = None
    members: tuple[Member, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if bool(self.members) != self.name.endswith(ARCHIVES):
            raise ValueError(f"expected members of an archive, and of nothing else. Received: {self.name}")
        if self.sha256 is None and not (self.members and all(member.size_bytes for member in self.members)):
            raise ValueError(f"expected a sha256, or members with their sizes. Received: neither for {self.name}")
        return self


class WebFile(_File):
    """A file on web servers.

    Attributes:
        addresses: URLs of the file, in the order to try them.
    """

    addresses: Annotated[tuple[Address, ...], Field(min_length=1)]

    @property
    def page(self) -> str:
        """Address of the source, for people."""
        return self.addresses[0]


class PackageFile(_File):
    """A wheel of a Python package. pip downloads the wheel from the indexes in its configuration.

    Attributes:
        package: name of the package.
        version: exact version.
    """

    package: PackageName
    version: PackageVersion
    sha256: Sha256

    @property
    def requirement(self) -> str:
        """The package and its version in pip's notation."""
        return f"{self.package}=={self.version}"

    @property
    def page(self) -> str:
        """Address of the source, for people."""
        return f"https://pypi.org/project/{self.package}/{self.version}/"

    @model_validator(mode="after")
    def _is_a_wheel_of_it(self) -> Self:
        try:
            package, version, _, _ = parse_wheel_filename(self.name)
        except InvalidWheelFilename as error:
            raise ValueError(f"expected the name of a wheel. Received: {self.name}") from error
        if (package, str(version)) != (canonicalize_name(self.package), self.version):
            raise ValueError(f"expected a wheel of {self.requirement}. Received: {self.name}")
        return self


# Tags of the two kinds of files; pydantic puts them into the location of an error.
WEB, PACKAGE = "WebFile", "PackageFile"


def _kind(file: Any) -> str:
    """Return the tag of a file: a table with the key "package" is a wheel."""
    return PACKAGE if isinstance(file, PackageFile) or (isinstance(file, dict) and "package" in file) else WEB


CatalogFile = Annotated[Annotated[WebFile, Tag(WEB)] | Annotated[PackageFile, Tag(PACKAGE)], Discriminator(_kind)]


class CatalogEntry(_Table):
    """A published model.

    Attributes:
        name: name of the model.
        title: description for people.
        files: files to download, the file with the network first.
        network: file name of the network, which is a file or a member of an archive.
        labels: file name of the labels; or two file names, one from outputs to synsets and one from synsets to
            labels; or imagenet_labels.txt, which comes with the program.
        input, output: names of the nodes to cut the graph at; None if the network's file contains them.
        height, width: size of the input, in pixels.
        input_range: input values of the network for the pixel values 0 and 255, as (low, high); None if the network's
            file contains them.
        crop: side of the central crop, as a share of the image's shorter side, in (0, 1].
        fit: how an image gets the input's shape: "crop", "squash" or "pad".
        threshold: score in [0, 1] below which the best guess is "not sure"; None if the threshold is unknown.
        licence: SPDX identifier.
        accuracy: published top-1 accuracy, in (0, 1]; None if none was published.
        measured_on: name of the data set on which the accuracy was measured; None if it is unknown.
    """

    name: Annotated[str, Field(pattern=f"^{NAME.pattern}$")]
    title: Text
    files: Annotated[tuple[CatalogFile, ...], Field(min_length=1)]
    network: FileName
    labels: Annotated[tuple[FileName, ...], Field(min_length=1, max_length=2)]
    input: Text | None = None
    output: Text | None = None
    height: Side
    width: Side
    input_range: tuple[float, float] | None = None
    crop: Annotated[float, Field(gt=0, le=1)]
    fit: Fit = "crop"
    threshold: Annotated[float, Field(ge=0, le=1)] | None = None
    licence: Text
    accuracy: Annotated[float, Field(gt=0, le=1)] | None = None
    measured_on: Text | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        contents = [_contents(file) for file in self.files]
        names = [name for file in self.files for name in (file.name, *(member.file_name for member in file.members))]
        if len(set(names)) != len(names):
            raise ValueError(f"expected files and members of different names. Received: {', '.join(names)}")
        if self.network not in contents[0]:
            raise ValueError(f"network: expected the first file or a member of it. Received: {self.network}")
        if missing := set(self.labels).difference([IMAGENET_LABELS.name], *contents):
            raise ValueError(f"labels: expected files or members. Received: {', '.join(sorted(missing))}")
        if self.input_range is not None and self.input_range[0] >= self.input_range[1]:
            raise ValueError(f"input_range: expected two numbers, the lower first. Received: {self.input_range}")
        return self

    @property
    def size_bytes(self) -> int:
        """Total size of the files."""
        return sum(file.size_bytes for file in self.files)


def load_catalog(path: Path | None = None) -> dict[str, CatalogEntry]:
    """Read and validate a catalogue.

    Args:
        path: file of the catalogue; None for the file that the environment names or, if it names none, for the
            catalogue that comes with the program.

    Returns:
        The models by name, in the order of the file.

    Raises:
        ModelError: the file is not TOML, or an entry is invalid.
        OSError: the file cannot be read.
    """
    path = path or Path(os.environ.get(CATALOG_VARIABLE) or CATALOG)
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        entries = {name: {"name": name} | table if isinstance(table, dict) else table for name, table in tables.items()}
        return TypeAdapter(dict[str, CatalogEntry]).validate_python(entries)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"] if part not in (WEB, PACKAGE))
        raise ModelError(f"{path}: {where}: {first['msg']}. Received: {first['input']!r:.200}") from error
    except ValueError as error:
        raise ModelError(f"{path}: {error}") from error


def find_entry(name: str) -> CatalogEntry:
    """Find a published model by its name.

    Raises:
        NotInCatalog: the catalogue has no model of this name.
    """
    catalog = load_catalog()
    if name not in catalog:
        raise NotInCatalog(name, tuple(catalog))
    return catalog[name]


def _contents(file: CatalogFile) -> tuple[str, ...]:
    """Return the names of an archive's members, or the file's own name if it is not an archive."""
    return tuple(member.file_name for member in file.members) or (file.name,)
