"""Assignment of images to the splits for training, validation and test."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Literal

Split = Literal["train", "validation", "test"]

# Suffix of a file name that marks copies of the same picture. Copies of a picture go to the same split, since copies in
# two splits would leak training photos into the evaluation.
COPY_SUFFIX = re.compile(r"_nohash_[^/]*$")


def split_of(name: str, *, validation_percent: float, testing_percent: float) -> Split:
    """Assign an image to a split by a hash of its name, so that adding other images does not change its split.

    Args:
        name: path below the folder of images, with forward slashes; `a_nohash_1.jpg` and `a_nohash_2.jpg` in one folder
            get the same split.
        validation_percent: expected share of the validation split, in percent.
        testing_percent: expected share of the test split, in percent; the sum of both shares is at most 100.

    Raises:
        ValueError: a share is out of range.
    """
    if min(validation_percent, testing_percent) < 0 or validation_percent + testing_percent > 100:
        raise ValueError(
            "expected shares of at least 0 and at most 100 percent together. "
            f"Received: {validation_percent:g} and {testing_percent:g}"
        )
    # macOS stores some letters in file names as other code points than Linux, so names are normalised before hashing.
    group = unicodedata.normalize("NFC", COPY_SUFFIX.sub("", name))
    digest = hashlib.sha256(group.encode("utf-8", "surrogateescape")).digest()
    percent = int.from_bytes(digest[:8], "big") / 2**64 * 100
    if percent < validation_percent:
        return "validation"
    return "test" if percent < validation_percent + testing_percent else "train"
