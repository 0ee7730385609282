"""Names of ImageNet's classes in all languages with tables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from inference.models.labels import imagenet_labels
from inference.naming import tables
from inference.naming.class_names import class_names, find_class_ids, name_classes
from inference.naming.kinds import kind_names
from inference.naming.tables import language_file, languages, read_rows

STARTER = Path(__file__).parents[3] / "inference/models/starter/labels.txt"
MAX_CHARACTERS = 40

# English names of classes whose label is unclear, or equal to another one.
NAMES = {
    "n01514668": "rooster",
    "n01847000": "male duck",
    "n02012849": "crane (bird)",
    "n03126707": "construction crane",
    "n03710637": "maillot",
    "n03710721": "one-piece swimsuit",
    "n02088364": "beagle",
    "n02099601": "golden retriever",
    "n02108089": "boxer (dog)",
    "n01608432": "kite (bird)",
    "n03782006": "computer monitor",
    "n03793489": "computer mouse",
    "n03804744": "nail",
    "n01580077": "jay",
    "n03773504": "missile",
    "n04008634": "projectile",
    "n02389026": "sorrel horse",
    "n03977966": "police van",
    "n04355933": "dark glasses",
    "n04356056": "sunglasses",
    "n03642806": "laptop",
    "n03832673": "notebook computer",
    "n02892201": "memorial plaque",
    "n07579787": "plate of food",
    "n15075141": "toilet paper",
}


def starter_labels() -> list[str]:
    return STARTER.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("language", languages("imagenet"))
def test_each_class_has_a_short_name_of_its_own(language: str) -> None:
    names = class_names(language)
    assert tuple(names) == tuple(class_names("en"))
    assert len(read_rows(language_file("imagenet", language), ("synset", "name"))) == 1000
    folded = [name.casefold() for name in names.values()]
    assert sorted(name for name in set(folded) if folded.count(name) > 1) == []
    for name in names.values():
        assert 2 <= len(name) <= MAX_CHARACTERS, name
        assert not re.search(r"[\t,;:_/]|^\s|\s$|\s{2}", name), name


def test_languages_without_a_table_take_no_memory() -> None:
    assert all(class_names(f"x{letter}") is class_names("en") for letter in "abc")
    assert all(kind_names(f"pt-{letter}") is kind_names("pt") for letter in "abc")


def test_the_classes_are_in_the_order_of_their_synsets() -> None:
    synsets = list(class_names())
    assert synsets == sorted(synsets)
    assert (synsets[0], synsets[-1]) == ("n01440764", "n15075141")


@pytest.mark.shared
def test_the_synsets_are_those_of_the_labels(shared: Path) -> None:
    synsets = find_class_ids(imagenet_labels(), imagenet_labels())
    for line in (shared / "data/tiny-imagenet/labels.txt").read_text(encoding="utf-8").splitlines():
        synset, label = line.split("\t")
        assert imagenet_labels()[synsets.index(synset)] == label


@pytest.mark.parametrize(("synset", "name"), NAMES.items())
def test_english_names(synset: str, name: str) -> None:
    assert class_names()[synset] == name


def test_imagenets_own_labels_have_its_synsets() -> None:
    assert find_class_ids(imagenet_labels(), imagenet_labels()) == tuple(class_names())
    with_background = (None, *imagenet_labels())
    assert find_class_ids(with_background, imagenet_labels()) == (None, *class_names())


def test_the_starters_labels_have_synsets() -> None:
    labels = starter_labels()
    ids = find_class_ids(labels, imagenet_labels())
    assert set(ids) <= set(class_names())
    assert len(set(ids)) == 200
    assert ids[labels.index("crane")] == "n03126707"
    names = name_classes(ids, labels)
    assert names[labels.index("crane")] == "construction crane"
    assert len(set(names)) == 200


def test_a_label_that_two_classes_have_keeps_its_text_in_another_order() -> None:
    labels = ["tench, Tinca tinca", "crane", "hen", "cock"]
    assert find_class_ids(labels, imagenet_labels()) == ("n01440764", "crane", "n01514859", "n01514668")
    assert find_class_ids(["crane", "cock"], imagenet_labels()) == ("crane", "n01514668")
    assert find_class_ids(["tench, Tinca tinca", "crane"], imagenet_labels()) == ("n01440764", "crane")


def test_folders_have_the_synsets_in_their_names() -> None:
    labels = ["n02085620-Chihuahua", "n02084071-dog", "zebra crossing", None]
    ids = find_class_ids(labels, imagenet_labels())
    assert ids == ("n02085620", "n02084071-dog", "zebra crossing", None)
    assert name_classes(ids, labels) == ("Chihuahua", "dog", "zebra crossing", None)


def test_labels_of_other_models_are_not_taken_for_imagenets() -> None:
    labels = ["jay", "magpie", "my cat"]
    assert find_class_ids(labels, imagenet_labels()) == ("jay", "magpie", "my cat")


def test_a_class_and_a_label_with_one_name_stay_apart() -> None:
    labels = ["n02085620-Chihuahua", "Chihuahua"]
    names = name_classes(find_class_ids(labels, imagenet_labels()), labels)
    assert len(set(names)) == 2


def test_english_stands_in_for_languages_without_a_table() -> None:
    assert class_names("xx") == class_names("en")
    assert class_names("en-GB") == class_names("en")


def test_a_table_of_another_form_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "table.tsv"
    path.write_text("synset\tname\nn01440764\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"2 fields in line 2"):
        read_rows(path, ("synset", "name"))
    with pytest.raises(ValueError, match=r"the columns"):
        read_rows(path, ("kind", "name"))


def test_a_table_in_a_language_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "imagenet.en.tsv").touch()
    (tmp_path / "imagenet.pt.tsv").touch()
    (tmp_path / "imagenet.kinds.tsv").touch()
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    assert languages("imagenet") == ("en", "pt")
    assert language_file("imagenet", "pt-BR").name == "imagenet.pt.tsv"
    assert language_file("imagenet", "de").name == "imagenet.en.tsv"
