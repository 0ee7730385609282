"""The names by which people mean classes and kinds."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference import ModelStore, Vocabulary
from tests.support.colour_models import install_colours


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    home = tmp_path_factory.mktemp("home")
    store = ModelStore(home)
    install_colours(store, home, labels=("Pepper,_bell___healthy", "red", "espresso"))
    (home / "models" / "broken").mkdir()
    (home / "models" / "broken" / "model.json").write_text("{}")
    return Vocabulary.read(store, "de-AT")


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("Hund", {"kind:dog"}),
        ("ein hund", {"kind:dog"}),
        ("DOG", {"kind:dog"}),
        (" getigerte   KATZE\n", {"class:n02123045"}),
        ("tabby", {"class:n02123045"}),
        ("golden_retriever", {"class:n02099601"}),
        ("crane", {"class:n02012849", "class:n03126707"}),
        ("red", {"class:red"}),
        ("Pepper,_bell___healthy", {"class:Pepper,_bell___healthy"}),
        ("Pepper, bell - healthy", {"class:Pepper,_bell___healthy"}),
        ("espresso", {"class:n07920052", "class:espresso"}),
        ("perro", set()),
        ("", set()),
    ],
)
def test_a_name_is_found_in_the_language_and_in_english(german: Vocabulary, name: str, keys: set[str]) -> None:
    assert german.find(name) == keys


def test_similar_names_and_names_with_the_word_are_suggested(german: Vocabulary) -> None:
    assert german.suggest("Kazte")[0] == "Katze"
    assert "Golden Retriever" in german.suggest("golden")
    assert german.suggest("espreso")[0].casefold() == "espresso"
    assert german.suggest("") == german.suggest("x" * 4096) == []


def test_a_home_without_models_has_imagenets_names(tmp_path: Path) -> None:
    assert Vocabulary.read(ModelStore(tmp_path), "xx").find("tabby cat") == {"class:n02123045"}
