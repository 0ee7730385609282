"""`labelbot records`: write folders of images as TFRecord files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from inference.commands.messages import print_copies, print_skipped
from inference.commands.progress import progress_bar
from inference.system.extras import require_extra
from inference.system.stderr import quiet_tensorflow


def records(
    images: Annotated[
        Path,
        typer.Argument(
            metavar="IMAGE_DIR",
            help="Folder of images: one folder per class, perhaps in folders train, val and test.",
        ),
    ],
    out: Annotated[
        Path,
        typer.Argument(
            metavar="OUT_DIR", help="Folder for the TFRecord files. After an interruption, the same command continues."
        ),
    ],
    shards: Annotated[int, typer.Option(min=1, help="Number of files for the training images.")] = 8,
    seed: Annotated[int, typer.Option(min=0, help="Random seed for the order of the images.")] = 0,
) -> None:
    """Write images as TFRecords with the keys of TF-slim.

    The names of the classes become labels.txt.
    """
    require_extra("tensorflow", "writing TFRecords")
    with quiet_tensorflow():
        from inference.training.data.folders import find_images
        from inference.training.data.records import write_dataset

    found = find_images(images)
    with progress_bar(len(found.files), "Writing") as advance:
        written = write_dataset(found, images, out, shards=shards, seed=seed, advance=advance)
    print_skipped(written.skipped)
    print_copies(found.copies, found.leaks, found.uniform)
    counts = ", ".join(f"{count:,} {split}" for split, count in written.counts.items() if count)
    print(f"{counts} images of {len(written.labels)} classes in {written.files} files in {out}")
