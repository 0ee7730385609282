"""The vocabulary: names by which people mean classes and kinds, and names that are spelled alike."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Self

from inference.errors import ModelError, ModelNotFound
from inference.models.classes import ModelClasses
from inference.models.labels import imagenet_labels
from inference.models.store import ModelStore
from inference.naming.blocklist import class_key, kind_key
from inference.naming.class_names import class_names
from inference.naming.display_names import SYNONYMS
from inference.naming.kinds import kind_names
from inference.naming.tables import ENGLISH, language_code

# Limit on a name that is looked for. The cost of a search for similar names grows with the length.
MAX_NAME_CHARS = 80
MAX_SUGGESTIONS = 3
# Similarity from 0 to 1 from which a name is suggested: one wrong letter in three, and the default of `difflib`.
MIN_SIMILARITY = 0.6


class Vocabulary:
    """Names of ImageNet's classes, of kinds, and of the classes of installed models.

    Args:
        names: pairs of a name and the key of its class or kind; see `inference.naming.blocklist`.
        phrases: the same for further names, such as "a cat", which are found but not suggested.
    """

    def __init__(self, names: Iterable[tuple[str, str]], phrases: Iterable[tuple[str, str]] = ()) -> None:
        self._keys: defaultdict[str, set[str]] = defaultdict(set)
        self._suggested: dict[str, str] = {}
        for name, key in names:
            self._keys[_normal(name)].add(key)
            self._suggested.setdefault(_normal(name), name)
        for phrase, key in phrases:
            self._keys[_normal(phrase)].add(key)

    @classmethod
    def read(cls, store: ModelStore, language: str) -> Self:
        """Collect the names in a language and in English. Blocking: the method reads the files of all models.

        Models that are broken are left out.

        Args:
            store: installed models.
            language: language tag.
        """
        languages = dict.fromkeys((language_code(language), ENGLISH))
        names = (*_names_of_kinds(languages), *_names_of_imagenet(languages), *_names_of_models(store, languages))
        kinds = ((name.phrase, kind) for language in languages for kind, name in kind_names(language).items())
        return cls(names, ((phrase, kind_key(kind)) for phrase, kind in kinds))

    def find(self, name: str) -> frozenset[str]:
        """Return the keys of all classes and kinds with a name; case and underscores do not matter."""
        return frozenset(self._keys.get(_normal(name), ()))

    def suggest(self, name: str) -> list[str]:
        """Return some names that contain a name or are spelled like it, best first. Blocking: this takes 0.1 s."""
        wanted = _normal(name)[:MAX_NAME_CHARS]
        containing = [each for each in self._suggested if wanted and f" {wanted} " in f" {each} "]
        similar = get_close_matches(wanted, self._suggested, n=MAX_SUGGESTIONS, cutoff=MIN_SIMILARITY)
        found = dict.fromkeys([*sorted(containing, key=len), *similar])
        return [self._suggested[each] for each in found][:MAX_SUGGESTIONS]


def _names_of_kinds(languages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for language in languages:
        for kind, name in kind_names(language).items():
            yield name.name, kind_key(kind)


def _names_of_imagenet(languages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for language in languages:
        for synset, shown in class_names(language).items():
            yield shown, class_key(synset)
    for synset, label in zip(class_names(), imagenet_labels(), strict=True):
        yield from _of_label(label, synset)


def _names_of_models(store: ModelStore, languages: Iterable[str]) -> Iterator[tuple[str, str]]:
    for model in store.names():
        try:
            classes = ModelClasses.read(store.find(model, build=False))
        except (ModelNotFound, ModelError):
            continue
        for label, names, class_id in zip(classes.labels, classes.names, classes.kinds.class_ids, strict=True):
            if label is not None and class_id is not None:
                yield from ((names[language], class_key(class_id)) for language in languages if language in names)
                yield from _of_label(label, class_id)


def _of_label(label: str, class_id: str) -> Iterator[tuple[str, str]]:
    """Return a label and its synonyms, such as "tabby" and "tabby cat" of "tabby, tabby cat"."""
    yield label, class_key(class_id)
    for synonym in SYNONYMS.split(label):
        yield synonym, class_key(class_id)


def _normal(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").split())
