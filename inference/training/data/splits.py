"""Assignment of images to the splits for training, validation and test."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Literal

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")

# Suffix of a file name that marks copies of the same picture. Copies of a picture go to the same split, since copies in
# two splits would leak training photos into the evaluation.
COPY_SUFFIX = re.compile(r"_nohash_[^/]*$")


def position_of(name: str) -> float:
    """Return the position of an image or a group by a hash of its name, in percent, in [0, 100).

    Args:
        name: path below the folder of images, with forward slashes. Names that differ only in the suffix of copies, as
            `a_nohash_1.jpg` and `a_nohash_2.jpg` in one folder do, have one position.
    """
    # macOS stores some letters in file names as other code points than Linux, so names are normalised before hashing.
    group = unicodedata.normalize("NFC", COPY_SUFFIX.sub("", name))
    digest = hashlib.sha256(group.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 * 100


def group_images(names: Iterable[str], copies: Mapping[str, str]) -> dict[str, str]:
    """Return the name of the group of each image. The images of a group belong into one split.

    Args:
        names: names of the images.
        copies: copies, and the names of the images that they are copies of.
    """
    merged: dict[str, str] = {}

    def group_of(name: str) -> str:
        group = COPY_SUFFIX.sub("", name)
        while group in merged:
            group = merged[group]
        return group

    for copy, original in copies.items():
        group, other = group_of(copy), group_of(original)
        if group != other:
            merged[group] = other
    return {name: group_of(name) for name in names}


def assign_splits(
    groups: Mapping[str, str], labels: Mapping[str, int], *, validation_percent: float, testing_percent: float
) -> dict[str, Split]:
    """Assign the images of a data set to splits, by a hash of the names of their groups.

    Where the hash leaves a class without an image to learn from, or the data set without one for validation or the
    test, the groups that come nearest move there. So each class with several groups has images to learn from.

    Args:
        groups: name of each image's group by the name of the image; a group stays in one split.
        labels: class of each image by the name of the image.
        validation_percent: expected share of the validation split, in percent.
        testing_percent: expected share of the test split, in percent; both shares together are below 100.
    """
    classes: defaultdict[int, dict[str, float]] = defaultdict(dict)
    for name, group in groups.items():
        classes[labels[name]][group] = position_of(group)
    shares = {"validation": validation_percent, "test": testing_percent}
    chosen = {
        group: _split_at(position, validation_percent, testing_percent)
        for positions in classes.values()
        for group, position in positions.items()
    }
    for positions in classes.values():
        if all(chosen[group] != "train" for group in positions):
            chosen[max(positions, key=positions.__getitem__)] = "train"
    for split in SPLITS[1:]:
        if shares[split] > 0 and split not in chosen.values():
            for positions in classes.values():
                learnt = sorted((group for group in positions if chosen[group] == "train"), key=positions.__getitem__)
                if len(learnt) > 1:
                    chosen[learnt[0]] = split
    return {name: chosen[group] for name, group in groups.items()}


def _split_at(percent: float, validation_percent: float, testing_percent: float) -> Split:
    if percent < validation_percent:
        return "validation"
    return "test" if percent < validation_percent + testing_percent else "train"
