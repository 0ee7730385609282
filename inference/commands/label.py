"""`labelbot label`: label images."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from inference.commands.label_options import LabelOptions
from inference.commands.label_output import NOT_SURE, Answer, Csv, JsonLines, Lines, Output
from inference.commands.label_sources import ADDRESS, STDIN, Sources, find_sources, is_file_source, read_list
from inference.commands.messages import INTERRUPTED
from inference.commands.models import home_folder, open_store
from inference.commands.network_options import read_network_options
from inference.commands.options import with_options
from inference.commands.progress import progress_bar
from inference.commands.pull_missing import find_or_pull
from inference.errors import DeadlineExceeded, DownloadError, ImageError, InferenceError, WorkerCrashed
from inference.naming.tables import language_code, languages
from inference.system.terminal import counted, print_message

if TYPE_CHECKING:
    from inference.commands.sorting import PhotoSorter
    from inference.models.bundle import Bundle
    from inference.models.network import NetworkOptions
    from inference.models.prediction import Classification
    from inference.models.store import ModelStore
    from inference.pool.pool import InferencePool
    from inference.teaching.report import TaughtScore
    from inference.teaching.taught_classes import TaughtClasses

# Errors that concern a single image; any other InferenceError ends the command.
IMAGE_ERRORS = (ImageError, DownloadError, DeadlineExceeded, WorkerCrashed, OSError)
# Number of images in flight in addition to one per worker. They keep the workers busy while an image is slow to read.
# With photos, they take 100 MB.
READ_AHEAD = 32


@with_options(LabelOptions)
def label(_: typer.Context, options: LabelOptions) -> None:
    """Print the labels of images, the best one first.

    Of a folder, all images are labelled, at any depth. With --sort-into, they are also sorted into folders by label.
    """
    check_options(options)
    store = open_store(options.home)
    bundle = find_or_pull(options.home, options.model or store.default, no_pull=options.no_pull)
    check_language(bundle, options.language)
    sources = read_sources(options)
    sorter = open_sorter(options, sources)
    command = LabelCommand(
        store,
        bundle,
        read_network_options(),
        choose_output(options, sources, bundle),
        sorter,
        top=options.top,
        allow_private=options.allow_private,
        language=None if options.full_names else options.language,
        min_score=options.min_score,
        taught=load_taught(options.home, bundle),
    )
    status, stopped = 1, True
    try:
        command.run(sources)
        status, stopped = 1 if command.failed else 0, False
    except KeyboardInterrupt:
        status = INTERRUPTED
    finally:
        if status == INTERRUPTED or sources.searched or sorter is not None:
            print_message(command.summary(sources, stopped=stopped))
    raise typer.Exit(status)


def check_options(options: LabelOptions) -> None:
    """Raise if options do not fit together.

    Raises:
        BadParameter: there is nothing to label, or two options contradict each other.
    """
    if not options.images and options.list_file is None:
        raise typer.BadParameter("expected images, a folder, or --list. Received: none", param_hint="IMAGE_OR_FOLDER")
    if options.as_json and options.as_csv:
        raise typer.BadParameter("expected one of --json and --csv. Received: both", param_hint="--csv")
    if options.link and options.sort_into is None:
        raise typer.BadParameter("expected --sort-into as well. Received: none", param_hint="--link")


def read_sources(options: LabelOptions) -> Sources:
    """Find the images to label.

    Raises:
        BadParameter: an image that is not a file is to be sorted, or photos are to be sorted into their own folder.
        OSError: the list cannot be read.
    """
    given = [*(options.images or ()), *(read_list(options.list_file) if options.list_file is not None else ())]
    target = None if options.sort_into is None else os.path.realpath(options.sort_into)
    if target is not None:
        if other := next((source for source in given if not is_file_source(source)), None):
            raise typer.BadParameter(
                f"expected files and folders beside it. Received: {other}", param_hint="--sort-into"
            )
        if [os.path.realpath(source) for source in given] == [target]:
            raise typer.BadParameter("expected another folder than that of the images", param_hint="--sort-into")
    sources = find_sources(given, excluded=tuple(options.exclude or ()), leave_out=target)
    sources.searched |= options.list_file is not None
    return sources


def open_sorter(options: LabelOptions, sources: Sources) -> PhotoSorter | None:
    if options.sort_into is None or not sources.images:
        return None
    from inference.commands.sorting import PhotoSorter

    return PhotoSorter(options.sort_into, links=options.link)


def choose_output(options: LabelOptions, sources: Sources, bundle: Bundle) -> Output:
    if options.as_json:
        return JsonLines()
    if options.as_csv:
        return Csv(top=min(options.top, bundle.spec.classes), sorting=options.sort_into is not None)
    return Lines(headings=sources.searched or len(sources.images) > 1)


@dataclass(slots=True)
class LabelCommand:
    """Labels images and reports each of them. One that fails does not end the command.

    Attributes:
        language: language of the names; None for labels as the model has them.
        taught: classes that the model was taught here; None if there are none.
        labelled: number of images with an answer so far.
        failed: number of images, folders and patterns without one so far.
    """

    store: ModelStore
    bundle: Bundle
    network_options: NetworkOptions
    output: Output
    sorter: PhotoSorter | None
    top: int
    allow_private: bool
    language: str | None
    min_score: float | None
    taught: TaughtClasses | None
    labelled: int = field(default=0, init=False)
    failed: int = field(default=0, init=False)

    def run(self, sources: Sources) -> None:
        """Label all images.

        Raises:
            InferenceError: an error concerns more than one image.
            SortingError: an image's copy or link cannot be written.
        """
        for source, reason in sources.failures:
            self.fail(source, reason)
        if len(sources.images) == 1:
            self.one(sources.images[0])
        elif sources.images:
            import asyncio

            asyncio.run(self.many(sources.images))

    def one(self, source: str) -> None:
        """Label one image in this process, since starting a worker would take longer."""
        from inference.models.classifier import Classifier

        try:
            if ADDRESS.match(source):
                import asyncio

                from inference.images.web.download import download_image

                data = asyncio.run(download_image(source, allow_private=self.allow_private))
            else:
                data = read_image(source)
            answer = Classifier(options=self.network_options).classify(
                data, self.bundle, self.top, embedding=self.taught is not None
            )
        except Exception as error:  # noqa: BLE001  (a boundary: of one image)
            self.fail(source, describe_error(error))
        else:
            self.show(source, answer)

    async def many(self, sources: Sequence[str]) -> None:
        """Label images in worker processes; results and errors are reported in the order of the sources."""
        import asyncio
        from contextlib import aclosing
        from functools import partial

        from inference.pool.in_order import in_order
        from inference.pool.pool import InferencePool

        workers = min(len(sources), len(os.sched_getaffinity(0)))
        with progress_bar(len(sources), "Labelling") as advance:
            options = self.network_options
            async with InferencePool(
                self.store, workers=workers, device=options.device, max_batch_size=options.max_batch_size
            ) as pool:
                labelled = in_order(partial(self.classify, pool), sources, in_flight=workers + READ_AHEAD)
                async with aclosing(labelled):
                    async for source, task in labelled:
                        try:
                            answer = task.result()
                        except Exception as error:  # noqa: BLE001  (a boundary: the other images go on)
                            self.fail(source, describe_error(error))
                        else:
                            # The copy of a photo may take a while, in which the workers go on.
                            await asyncio.to_thread(self.show, source, answer)
                        advance()

    async def classify(self, pool: InferencePool, source: str) -> Classification:
        import asyncio

        from inference.images.web.download import download_image

        if ADDRESS.match(source):
            data = await download_image(source, allow_private=self.allow_private)
        else:
            data = await asyncio.to_thread(read_image, source)
        return await pool.classify(
            data, model=self.bundle.spec.name, top_k=self.top, client="label", embedding=self.taught is not None
        )

    def show(self, source: str, classification: Classification) -> None:
        """Sort an image into the folder of its label, if wished, and print its labels."""
        found: tuple[TaughtScore, ...] = ()
        if self.taught is not None and classification.embedding is not None:
            found = self.taught.recognise(classification.embedding)
        answer = Answer(classification, self.language, self.min_score, found)
        place = None
        if self.sorter is not None:
            try:
                place = self.sorter.add(Path(source), answer.headline if answer.sure else NOT_SURE)
            except OSError as error:
                self.fail(source, describe_error(error))
                return
        self.output.answer(source, answer, place)
        self.labelled += 1

    def fail(self, source: str, reason: str) -> None:
        self.output.failure(source, reason)
        self.failed += 1

    def summary(self, sources: Sources, *, stopped: bool) -> str:
        """Say in one line what was done."""
        parts = [f"{self.labelled:,} of {counted(len(sources.images), 'image')} labelled"]
        if self.sorter is not None:
            parts.append(f"{self.sorter.added:,} sorted into {self.sorter.folder}")
            if self.sorter.present:
                parts.append(f"{self.sorter.present:,} there already")
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if sources.other_files:
            parts.append(f"{counted(sources.other_files, 'other file')} passed over")
        if sources.linked_folders:
            parts.append(f"{counted(sources.linked_folders, 'link')} to folders not followed")
        return ("stopped: " if stopped else "") + "; ".join(parts)


def load_taught(home: Path | None, bundle: Bundle) -> TaughtClasses | None:
    """Return the classes that a model was taught with `labelbot teach`; None if there are none.

    Raises:
        ModelError: the file of the classes is damaged, or is of another version of the model.
    """
    path = home_folder(home) / "taught" / f"{bundle.spec.name}.json"
    if not path.exists():
        return None
    from inference.commands.teach import open_taught

    taught = open_taught(path, bundle)
    return None if taught is None else taught.fit(bundle)


def read_image(source: str) -> bytes:
    """Read a file, or standard input for "-". Read at most one byte beyond the size limit, to detect larger files."""
    from inference.images.decode import MAX_BYTES

    if source == STDIN:
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with Path(source).open("rb") as file:
        return file.read(MAX_BYTES + 1)


def check_language(bundle: Bundle, language: str) -> None:
    """Raise if there are no names in a language.

    Raises:
        BadParameter: neither the program nor the model has names in the language.
    """
    from inference.models.bundle import own_languages

    known = (*languages("imagenet"), *own_languages(bundle))
    if language_code(language) not in known:
        reason = f"expected one of {', '.join(dict.fromkeys(known))}. Received: {language!r}"
        raise typer.BadParameter(reason, param_hint="--language")


def describe_error(error: Exception) -> str:
    """Describe the error of an image in one line.

    Raises:
        InferenceError: the error concerns more than this image.
    """
    if isinstance(error, InferenceError) and not isinstance(error, IMAGE_ERRORS):
        raise error
    match error:
        case DownloadError():
            return f"it could not be downloaded: {error.reason}"
        case OSError():
            return error.strerror or str(error)
        case MemoryError():
            return "expected enough memory for it. Received: too little"
        case InferenceError():
            return str(error)
        case _:
            return f"it failed unexpectedly: {type(error).__name__}: {error}"
