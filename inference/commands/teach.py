"""`labelbot teach`: teach a model a class with a few photos, without training."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.label_sources import find_sources, is_file_source
from inference.commands.models import Home, Model, home_folder, open_store
from inference.commands.network_options import read_network_options
from inference.commands.options import with_options
from inference.commands.progress import progress_bar
from inference.commands.pull_missing import NoPull, find_or_pull
from inference.errors import ImageError, InferenceError, ModelError, ProgramError
from inference.system.terminal import counted, print_message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from inference.models.bundle import Bundle
    from inference.teaching.reference import Reference
    from inference.teaching.report import ClassReport
    from inference.teaching.taught_file import TaughtFile


class NothingTaught(ProgramError):
    """No photo could be read."""


@dataclass(frozen=True, kw_only=True)
class TeachOptions:
    """The options of the command; each field is a parameter."""

    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the class, in any script.", show_default=False)]
    photos: Annotated[
        list[str],
        typer.Argument(
            metavar="PHOTO", help="Photos that show it: files, folders or quoted patterns.", show_default=False
        ),
    ]
    model: Model = None
    no_pull: NoPull = False
    home: Home = None


@with_options(TeachOptions)
def teach(_: typer.Context, options: TeachOptions) -> None:
    """Teach a model something new with a few photos.

    The next photo of it is labelled with its name. No image is kept, only about a thousand numbers of each photo.
    """
    from inference.system.folder_lock import locked
    from inference.teaching.taught_file import TaughtFile, clean_name, taught_path

    try:
        name = clean_name(options.name)
    except ModelError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    paths = _find(options.photos)
    store = open_store(options.home)
    bundle = find_or_pull(options.home, options.model or store.default, no_pull=options.no_pull)
    path = taught_path(home_folder(options.home), bundle.spec.name)
    open_taught(path, bundle)
    embeddings = _embed(bundle, paths)
    if not embeddings:
        raise NothingTaught("None of the photos could be read; nothing has changed.")
    with locked(path.parent):
        taught = open_taught(path, bundle) or TaughtFile(bundle.spec.name, bundle.spec.version)
        name = taught.find(name) or name
        before = len(taught.photos.get(name, ()))
        taught = _with_reference(taught.teach(name, embeddings), bundle)
        fitted = taught.fit(bundle)
        taught.write(path)
    for other, photos in taught.photos.items():
        if other != name and (shared := len(set(photos).intersection(taught.photos[name]))):
            print_message(f"{name} and {other} share {counted(shared, 'photo')}; labels may show both names")
    added = len(taught.photos[name]) - before
    if added < len(embeddings):
        print_message(f"{counted(len(embeddings) - added, 'photo')} left out, as {name} has the same photo already")
    for line in describe(name, fitted.reports[name], rough=fitted.rough):
        print(line)


def open_taught(path: Path, bundle: Bundle) -> TaughtFile | None:
    """Read what a model was taught; None if it was taught nothing.

    Raises:
        ModelError: the file is damaged, or the classes were taught to another version of the model.
    """
    from inference.teaching.taught_file import TaughtFile

    if not path.exists():
        return None
    taught = TaughtFile.read(path)
    if (taught.model, taught.version) != (bundle.spec.name, bundle.spec.version):
        raise ModelError(
            f"{path}: expected classes of {bundle.spec.name} {bundle.spec.version}. Received: classes of "
            f"{taught.model} {taught.version}; forget them (labelbot taught forget) and teach them again"
        )
    return taught


def describe(name: str, report: ClassReport, *, rough: bool) -> Iterator[str]:
    """Yield what is known of a class, in sentences for people."""
    line = f"I now know {name} ({counted(report.photos, 'photo')})."
    if report.held_out:
        line += f" Each held out in turn, {report.recognised} of {report.held_out} are recognised."
    if report.nearest is not None:
        line += f" The most similar taught class: {report.nearest}."
    yield line
    if not report.held_out:
        yield "More photos make it surer, three or more that show it in different ways."
    if report.outliers:
        places = ", ".join(str(place + 1) for place in report.outliers)
        yield f"Left out, as unlike the others: {counted(len(report.outliers), 'photo')} (number {places})."
    if report.mean_accuracy is not None and report.head_accuracy is not None:
        used = "the means are used" if report.method == "mean" else "the head is used"
        yield (
            f"Of the held-out photos of all taught classes, the means of the photos tell {report.mean_accuracy:.1%} "
            f"apart, a trained head {report.head_accuracy:.1%}; {used}."
        )
    if rough:
        yield "This model comes without photos to compare with, so it may find the class where it is not."


def _find(photos: Sequence[str]) -> list[str]:
    if other := next((photo for photo in photos if not is_file_source(photo)), None):
        raise typer.BadParameter(f"expected files, folders or patterns. Received: {other}", param_hint="PHOTO")
    sources = find_sources(photos)
    for source, reason in sources.failures:
        print_message(f"{source}: {reason}")
    if not sources.images:
        raise NothingTaught("There are no photos to learn from; nothing has changed.")
    return list(sources.images)


def _embed(bundle: Bundle, paths: Sequence[str]) -> list[npt.NDArray[np.float32]]:
    """Return the embeddings of photos, float32 (channels,) each; photos that cannot be read are reported."""
    from inference.commands.label import read_image
    from inference.images.augmented_views import STANDARD_VIEW
    from inference.models.classifier import Classifier

    classifier = Classifier(options=read_network_options())
    rows = []
    with progress_bar(len(paths), "Learning") as advance:
        for path in paths:
            try:
                (embedded,) = classifier.embed_all([read_image(path)], bundle, [STANDARD_VIEW])
                if isinstance(embedded, ImageError):
                    raise embedded
                rows.append(embedded[0])
            except (ImageError, OSError) as error:
                reason = str(error) if isinstance(error, InferenceError) else error.strerror or str(error)
                print_message(f"{path}: {reason}")
            advance()
    return rows


def _with_reference(taught: TaughtFile, bundle: Bundle) -> TaughtFile:
    """Measure the reference of a model that comes without one, once."""
    from dataclasses import replace

    from inference.teaching.quantisation import quantise
    from inference.teaching.reference import reference_of

    if taught.reference or reference_of(bundle) is not None:
        return taught
    return replace(taught, reference=tuple(quantise(row) for views in _sample_views(bundle) for row in views))


def base_reference(bundle: Bundle) -> Reference:
    """Return the reference of a model; that of a model that comes without one is measured on the sample photos."""
    from inference.teaching.reference import measured_reference, reference_of

    return reference_of(bundle) or measured_reference(bundle, _sample_views(bundle))


def _sample_views(bundle: Bundle) -> list[npt.NDArray[np.float32]]:
    from inference.images.sample_photos import sample_photos
    from inference.models.classifier import Classifier
    from inference.teaching.reference import REFERENCE_VIEWS

    images = [photo.read_bytes() for photo in sample_photos()]
    embedded = Classifier(options=read_network_options()).embed_all(images, bundle, REFERENCE_VIEWS)
    return [views for views in embedded if not isinstance(views, ImageError)]
