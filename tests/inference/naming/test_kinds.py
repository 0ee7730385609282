"""The kinds of ImageNet's classes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from inference.naming import derive
from inference.naming.class_names import class_names
from inference.naming.kinds import (
    CHAINS_FILE,
    KIND_COLUMNS,
    KINDS_FILE,
    ModelKinds,
    imagenet_kinds,
    kind_names,
)
from inference.naming.tables import languages, read_rows

DATA_NOUN = Path("/usr/share/wordnet/data.noun")
LANGUAGES = {"ar", "de", "en", "es", "pt", "ru", "uk"}
# Names with the article of a headline.
ARTICLES = {
    "de": re.compile(r"(ein|eine) "),
    "en": re.compile(r"(a|an) "),
    "es": re.compile(r"(un|una|unas) "),
    "pt": re.compile(r"(um|uma) "),
}
# Names without an article: bread, armour, tableware.
MOST_WITHOUT_ARTICLE = 6

CHAINS = {
    "golden retriever": "retriever dog mammal animal",
    "Yorkshire terrier": "terrier dog mammal animal",
    "toy terrier": "terrier dog mammal animal",
    "pug": "dog mammal animal",
    "husky": "sled_dog dog mammal animal",
    "tabby cat": "cat mammal animal",
    "Egyptian cat": "cat mammal animal",
    "lynx": "wild_cat mammal animal",
    "lion": "wild_cat mammal animal",
    "coyote": "wild_dog mammal animal",
    "grey wolf": "wolf wild_dog mammal animal",
    "giant panda": "bear mammal animal",
    "red panda": "mammal animal",
    "tusked elephant": "elephant mammal animal",
    "wallaby": "marsupial mammal animal",
    "sorrel horse": "hoofed_animal mammal animal",
    "killer whale": "whale sea_mammal mammal animal",
    "chimpanzee": "ape primate mammal animal",
    "great grey owl": "bird_of_prey bird animal",
    "macaw": "parrot bird animal",
    "rooster": "chicken bird animal",
    "crane (bird)": "water_bird bird animal",
    "male duck": "duck water_bird bird animal",
    "axolotl": "salamander amphibian animal",
    "ladybird": "beetle insect animal",
    "red admiral": "butterfly insect animal",
    "black widow": "spider arachnid animal",
    "hermit crab": "crab crustacean animal",
    "starfish": "sea_animal animal",
    "construction crane": "machine",
    "police van": "car vehicle",
    "taxi": "car vehicle",
    "fire engine": "truck vehicle",
    "shopping trolley": "cart vehicle",
    "golf cart": "vehicle",
    "steam locomotive": "train vehicle",
    "moped": "motorbike vehicle",
    "aircraft carrier": "ship boat_or_ship vehicle",
    "schooner": "sailing_boat boat_or_ship vehicle",
    "warplane": "aeroplane aircraft vehicle",
    "tank": "military_vehicle vehicle",
    "radiator grille": "car_part vehicle",
    "mosque": "place_of_worship building structure",
    "bakery": "shop building structure",
    "yurt": "building structure",
    "altar": "structure",
    "flagpole": "pole structure",
    "volcano": "mountain landscape",
    "T-shirt": "clothing",
    "maillot": "swimsuit clothing",
    "cowboy boot": "shoe clothing",
    "spiked helmet": "helmet clothing",
    "dark glasses": "glasses",
    "throne": "chair furniture",
    "dining table": "table furniture",
    "wardrobe": "cabinet furniture",
    "toaster": "appliance",
    "wok": "pan kitchen_utensil",
    "wooden spoon": "kitchen_utensil",
    "cup": "cup tableware",
    "wine bottle": "bottle container",
    "backpack": "bag container",
    "laptop": "computer electronic_device",
    "television": "screen electronic_device",
    "radio": "audio_device electronic_device",
    "joystick": "electronic_device",
    "hourglass": "clock measuring_instrument",
    "hammer": "tool",
    "revolver": "gun weapon",
    "acoustic guitar": "guitar string_instrument musical_instrument",
    "grand piano": "piano musical_instrument",
    "trumpet": "brass_instrument wind_instrument musical_instrument",
    "tennis ball": "ball sports_equipment",
    "teddy bear": "toy",
    "syringe": "medical_equipment",
    "lipstick": "cosmetic",
    "quill pen": "pen stationery",
    "banana": "fruit food",
    "corn": "vegetable food",
    "hot dog": "dish food",
    "ice cream": "dessert food",
    "espresso": "drink",
    "daisy": "flower plant",
    "acorn": "plant",
    "bolete": "mushroom",
    "scuba diver": "person",
    "menu": "",
    "bubble": "",
}


@pytest.mark.parametrize(("name", "kinds"), CHAINS.items())
def test_kinds_of_a_class(name: str, kinds: str) -> None:
    synset = next(key for key, value in class_names().items() if value == name)
    assert imagenet_kinds()[synset] == tuple(kinds.split())


@pytest.mark.skipif(not DATA_NOUN.exists(), reason="needs WordNet (apt install wordnet-base)")
def test_the_table_is_what_wordnet_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derive, "CHAINS_FILE", tmp_path / "derived.tsv")
    derive.main(DATA_NOUN)
    assert (tmp_path / "derived.tsv").read_bytes() == CHAINS_FILE.read_bytes()


def test_a_class_with_two_kinds_side_by_side_is_refused() -> None:
    hypernyms = dict.fromkeys(class_names(), ("n02084071", "n02121808"))
    with pytest.raises(ValueError, match=r"Received: \['cat', 'dog'\]"):
        derive.derive_chains(hypernyms)


def test_the_kinds_are_a_tree() -> None:
    """Each class counts once for a kind, and two kinds share classes only if one is a part of the other."""
    parents = {kind: parent for kind, parent, _ in read_rows(KINDS_FILE, KIND_COLUMNS)}
    assert tuple(imagenet_kinds()) == tuple(class_names())
    for chain in imagenet_kinds().values():
        assert [parents[kind] for kind in chain] == [*chain[1:], "-"][: len(chain)]


def test_no_synset_leads_to_two_kinds() -> None:
    synsets = re.findall(r"n\d{8}", KINDS_FILE.read_text(encoding="utf-8"))
    assert len(set(synsets)) == len(synsets)


def test_each_kind_has_classes_and_few_classes_have_none() -> None:
    kinds = [kind for kind, _, _ in read_rows(KINDS_FILE, KIND_COLUMNS) if kind != "-"]
    chains = list(imagenet_kinds().values())
    assert 100 <= len(kinds) <= 200
    assert all(sum(kind in chain for chain in chains) > 1 for kind in kinds)
    assert sum(not chain for chain in chains) <= 60


def test_kinds_are_named_in_all_languages_of_the_bot() -> None:
    assert set(languages("kinds")) == LANGUAGES


@pytest.mark.parametrize("language", languages("kinds"))
def test_each_kind_has_a_name_of_its_own(language: str) -> None:
    names = kind_names(language)
    assert list(names) == [kind for kind, _, _ in read_rows(KINDS_FILE, KIND_COLUMNS) if kind != "-"]
    assert len({name.name.casefold() for name in names.values()}) == len(names)
    assert len({name.phrase.casefold() for name in names.values()}) == len(names)
    for name in names.values():
        assert name.name == name.name.strip()
        assert name.phrase == name.phrase.strip()
        assert name.name


@pytest.mark.parametrize("language", sorted(LANGUAGES - set(ARTICLES)))
def test_languages_without_articles_have_one_form(language: str) -> None:
    assert all(name.name == name.phrase for name in kind_names(language).values())


@pytest.mark.parametrize("language", ARTICLES)
def test_phrases_have_an_article(language: str) -> None:
    names = kind_names(language).values()
    assert not any(ARTICLES[language].match(name.name) for name in names)
    assert sum(not ARTICLES[language].match(name.phrase) for name in names) <= MOST_WITHOUT_ARTICLE


@pytest.mark.parametrize(
    ("language", "kind", "phrase"),
    [
        ("en", "cat", "a cat"),
        ("de", "cat", "eine Katze"),
        ("es", "cat", "un gato"),
        ("pt", "cat", "um gato"),
        ("ru", "cat", "кошка"),
        ("uk", "cat", "кішка"),
        ("ar", "cat", "قطة"),
        ("pt-BR", "bird", "uma ave"),
        ("xx", "furniture", "a piece of furniture"),
    ],
)
def test_phrases(language: str, kind: str, phrase: str) -> None:
    assert kind_names(language)[kind].phrase == phrase


def test_a_model_of_few_classes_has_the_kinds_that_two_of_them_share() -> None:
    names = {name: synset for synset, name in class_names().items()}
    ids = (None, names["tabby cat"], names["Persian cat"], names["pug"], "my cup")
    kinds = ModelKinds.of(ids)
    assert kinds.kinds == ("cat", "mammal", "animal")
    assert kinds.depths.tolist() == [2, 1, 0]
    np.testing.assert_array_equal(kinds.members, [[0, 1, 1, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 1, 0]])
    np.testing.assert_allclose(kinds.probabilities(np.array([0.1, 0.2, 0.3, 0.1, 0.3], np.float32)), [0.5, 0.6, 0.6])


def test_a_model_of_other_classes_has_no_kinds() -> None:
    kinds = ModelKinds.of(("healthy", "rust", None))
    assert kinds.kinds == ()
    assert kinds.probabilities(np.array([0.5, 0.25, 0.25], np.float32)).shape == (0,)
