"""Derives the kinds of ImageNet's classes from WordNet 3.0: `python -m inference.naming.derive DATA_NOUN`.

WordNet is a graph of 80,000 nouns, including words such as "instrumentality". The table kinds.tsv lists only kinds with
everyday names, and the synsets of each kind. A class belongs to the kind of the nearest listed synset above the
class, and to all wider kinds of that kind. Debian's package wordnet-base has the file /usr/share/wordnet/data.noun.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path

from inference.naming.class_names import class_names
from inference.naming.kinds import CHAIN_COLUMNS, CHAINS_FILE, KIND_COLUMNS, KINDS_FILE, NONE, chain_above
from inference.naming.tables import read_rows

SYNSET = re.compile(r"n\d{8}")
# A pointer to a hypernym, or from an instance to its class.
HYPERNYM = re.compile(r" @i? (\d{8}) n ")


def read_hypernyms(data_noun: Path) -> dict[str, tuple[str, ...]]:
    """Read the hypernyms of each synset from WordNet's data.noun."""
    hypernyms = {}
    for line in data_noun.read_text(encoding="latin-1").splitlines():
        # The lines of the licence at the beginning of the file are indented.
        if not line.startswith(" "):
            relations = line.partition("|")[0]
            hypernyms["n" + line[:8]] = tuple("n" + offset for offset in HYPERNYM.findall(relations))
    return hypernyms


def derive_chains(hypernyms: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Derive the kinds of each class of ImageNet, from the narrowest to the widest.

    Raises:
        ValueError: a class has two nearest kinds, and neither kind is a part of the other kind.
    """
    rows = read_rows(KINDS_FILE, KIND_COLUMNS)
    parents = {kind: parent for kind, parent, _ in rows}
    listed = {synset: kind for kind, _, synsets in rows for synset in SYNSET.findall(synsets)}
    return {synset: chain_above(_nearest(synset, hypernyms, listed, parents), parents) for synset in class_names()}


def _nearest(
    synset: str, hypernyms: Mapping[str, tuple[str, ...]], listed: Mapping[str, str], parents: Mapping[str, str]
) -> str:
    """Return the kind of the nearest listed synset; if several are equally near, the narrowest kind."""
    level = {synset}
    while level:
        found = {listed[place] for place in level if place in listed}
        if found:
            narrowest = max(found, key=lambda kind: len(chain_above(kind, parents)))
            if not found <= {narrowest, *chain_above(narrowest, parents)}:
                raise ValueError(f"expected one kind of {synset}. Received: {sorted(found)}")
            return narrowest
        level = {above for place in level for above in hypernyms[place]}
    return NONE


def main(data_noun: Path) -> None:
    chains = derive_chains(read_hypernyms(data_noun))
    lines = ["\t".join(CHAIN_COLUMNS), *(f"{synset}\t{' '.join(kinds)}" for synset, kinds in chains.items())]
    CHAINS_FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
