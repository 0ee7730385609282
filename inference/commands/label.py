"""`labelbot label`: label images."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.models import Home, open_store
from inference.commands.network_options import read_network_options
from inference.commands.progress import progress_bar
from inference.commands.pull_missing import Model, NoPull, find_or_pull
from inference.errors import DeadlineExceeded, DownloadError, ImageError, InferenceError, WorkerCrashed
from inference.models.defaults import AUTO
from inference.naming.tables import ENGLISH, language_code, languages
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.models.bundle import Bundle
    from inference.models.network import NetworkOptions
    from inference.models.prediction import Classification, Prediction
    from inference.models.store import ModelStore
    from inference.pool.pool import InferencePool

STDIN = "-"
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
# Errors that concern a single image; any other InferenceError ends the command.
IMAGE_ERRORS = (ImageError, DownloadError, DeadlineExceeded, WorkerCrashed, OSError)
# Number of images in flight in addition to one per worker. They keep the workers busy while an image is slow to read.
# With photos, they take 100 MB.
READ_AHEAD = 32


def label(
    images: Annotated[
        list[str],
        typer.Argument(metavar="IMAGE_OR_URL", help="Image files, http(s) addresses, or - for standard input."),
    ],
    model: Model = AUTO,
    top: Annotated[
        int, typer.Option("--top", "--num-top-predictions", min=1, help="Number of labels to print per image.")
    ] = 5,
    full_names: Annotated[
        bool, typer.Option("--full-names", help="Print labels as the model has them, with all synonyms.")
    ] = False,
    language: Annotated[
        str,
        typer.Option(
            metavar="CODE", help="Language of the names: en, de, es, pt, ru, uk, ar, or one of the model's own."
        ),
    ] = ENGLISH,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per image, one per line.")] = False,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Also download from this machine and its private network.")
    ] = False,
    no_pull: NoPull = False,
    home: Home = None,
) -> None:
    """Print the labels of each image, the best one first."""
    bundle = find_or_pull(home, model, no_pull=no_pull)
    store = open_store(home)
    check_language(bundle, language)
    command = LabelCommand(
        store,
        bundle,
        read_network_options(),
        top=top,
        allow_private=allow_private,
        language=None if full_names else language,
        as_json=as_json,
        headings=len(images) > 1,
    )
    if len(images) == 1:
        complete = command.one(images[0])
    else:
        import asyncio

        complete = asyncio.run(command.many(images))
    if not complete:
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class LabelCommand:
    """The options of the command; its methods return False if an image cannot be labelled.

    Without a language, labels are printed as the model has them.
    """

    store: ModelStore
    bundle: Bundle
    network_options: NetworkOptions
    top: int
    allow_private: bool
    language: str | None
    as_json: bool
    headings: bool

    def one(self, source: str) -> bool:
        """Label one image in this process, since starting a worker would take longer."""
        from inference.models.classifier import Classifier

        try:
            if ADDRESS.match(source):
                import asyncio

                from inference.images.web.download import download_image

                data = asyncio.run(download_image(source, allow_private=self.allow_private))
            else:
                data = read_image(source)
            answer = Classifier(options=self.network_options).classify(data, self.bundle, self.top)
        except Exception as error:  # noqa: BLE001  (a boundary: of one image)
            print_error(source, error)
            return False
        self.show(source, answer)
        return True

    async def many(self, sources: Sequence[str]) -> bool:
        """Label images in worker processes; results and errors are printed in the order of the sources."""
        from contextlib import aclosing
        from functools import partial

        from inference.pool.in_order import in_order
        from inference.pool.pool import InferencePool

        complete = True
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
                            print_error(source, error)
                            complete = False
                        else:
                            self.show(source, answer)
                        advance()
        return complete

    async def classify(self, pool: InferencePool, source: str) -> Classification:
        import asyncio

        from inference.images.web.download import download_image

        if ADDRESS.match(source):
            data = await download_image(source, allow_private=self.allow_private)
        else:
            data = await asyncio.to_thread(read_image, source)
        return await pool.classify(data, model=self.bundle.spec.name, top_k=self.top, client="label")

    def show(self, source: str, answer: Classification) -> None:
        if self.as_json:
            text = format_json(source, answer, self.language)
        else:
            text = format_lines(answer, self.language)
            if self.headings:
                text = f"==> {source} <==\n{text}"
        print(text)


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


def shown_name(prediction: Prediction, language: str | None) -> str:
    return prediction.label if language is None else prediction.name_in(language)


def format_lines(answer: Classification, language: str | None) -> str:
    lines = [f"like none of its classes (familiarity = {answer.familiarity:.5f})"] if answer.unfamiliar else []
    lines += [f"{shown_name(found, language)} (score = {found.score:.5f})" for found in answer.predictions]
    if answer.frames is not None:
        name = headline_name(answer, language)
        lines.append(f"animation: {name} in {answer.frames.agreeing} of {answer.frames.total} frames")
    return "\n".join(lines)


def headline_name(answer: Classification, language: str | None) -> str:
    """Return the name of the headline's class or kind; of the best class if the model is not sure."""
    if answer.headline.level == "kind":
        return answer.headline_name(language or ENGLISH).name
    return shown_name(answer.predictions[0], language)


def format_json(source: str, answer: Classification, language: str | None) -> str:
    headline = answer.headline
    name = headline_name(answer, language)
    return json.dumps(
        {
            "image": source,
            "model": answer.model,
            "headline": {"name": name, "level": headline.level, "probability": headline.probability},
            **({} if answer.familiarity is None else {"familiarity": answer.familiarity}),
            "predictions": [
                {
                    "label": shown_name(prediction, language),
                    "class_id": prediction.class_id,
                    "score": prediction.score,
                    "index": prediction.index,
                }
                for prediction in answer.predictions
            ],
            "frames": answer.frames and {"total": answer.frames.total, "agreeing": answer.frames.agreeing},
            "elapsed_ms": round(answer.timings.total_ms, 1),
        }
    )


def print_error(source: str, error: Exception) -> None:
    """Print the error of an image in one line.

    Raises:
        InferenceError: the error concerns more than this image.
    """
    if isinstance(error, InferenceError) and not isinstance(error, IMAGE_ERRORS):
        raise error
    match error:
        case DownloadError():
            reason = str(error)
        case IsADirectoryError():
            reason = f"{source}: is a directory; name the images in it"
        case OSError():
            reason = f"{source}: {error.strerror or error}"
        case MemoryError():
            reason = f"{source}: expected enough memory for it. Received: too little"
        case InferenceError():
            reason = f"{source}: {error}"
        case _:
            reason = f"{source}: it failed unexpectedly: {type(error).__name__}: {error}"
    print_message(reason)
