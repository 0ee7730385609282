"""Writes the unrelated embeddings of a built-in model, from a folder of photos of as many things as possible.

The command is `python -m inference.training.retraining.derive_unrelated NAME FOLDER`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

from inference.images.augmented_views import STANDARD_VIEW
from inference.models.classifier import Classifier
from inference.models.store import ModelStore
from inference.models.unrelated import write_unrelated

# Number of photos. With 200 to 400 photos, a familiarity makes the same mistakes; the file has 150 KB.
PHOTOS = 256


def main(name: str, folder: Path) -> None:
    paths = sorted(folder.glob("*.jpg"))
    chosen = [paths[place] for place in np.linspace(0, len(paths) - 1, PHOTOS).round().astype(int)]
    with tempfile.TemporaryDirectory() as home:
        base = ModelStore(Path(home)).find(name)
        embedded = Classifier().embed_all([path.read_bytes() for path in chosen], base, (STANDARD_VIEW,))
    rows: list[npt.NDArray[np.float32]] = [views[0] for views in embedded if not isinstance(views, Exception)]
    write_unrelated(name, np.stack(rows))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
