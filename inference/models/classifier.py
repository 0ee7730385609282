"""Images in, labels out: the models that it used last stay loaded."""

from __future__ import annotations

import resource
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.augmented_views import View
from inference.images.decode import load_pixels, load_views
from inference.models.bundle import Bundle, read_labels
from inference.models.engine import Engine, EngineOutput, identify_network, load_network
from inference.models.prediction import Classification, Timings, top_k
from inference.models.stages import Stages

# Of models with heads on one network. A head takes a megabyte or few, and those that were replaced must not add up.
MODELS_PER_NETWORK = 8
# At the same time: enough to feed a GPU with photos, and within a gigabyte or two with the costliest images.
MAX_DECODERS = 4

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Model:
    engine: Engine
    labels: tuple[str | None, ...]
    network_key: Hashable


class Classifier:
    """Labels images, and keeps the models that it used last. Not thread-safe.

    Models whose networks are the same file, as those are that were retrained from one base, share it in memory.
    """

    def __init__(self, *, max_models: int = 1, stages: Stages | None = None) -> None:
        """Load nothing yet.

        Args:
            max_models: whose networks are kept in memory, at least 1, apart from models that share those; the one whose
                use is longest ago makes room for another.
            stages: for whoever watches what this is at.
        """
        self._stages = stages or Stages()
        self._max_models = max_models
        self._models: OrderedDict[Bundle, _Model] = OrderedDict()

    def load(self, bundle: Bundle) -> None:
        """Load a model, and run it once so that the first images do not pay for its allocations.

        Raises:
            ModelError: its files are broken.
        """
        engine = self._model(bundle).engine
        engine.run(np.zeros((engine.batch_size, bundle.spec.height, bundle.spec.width, 3), np.uint8))

    def batch_size(self, bundle: Bundle) -> int:
        """How many images a model gains from running at once; 1 where it is not loaded."""
        model = self._models.get(bundle)
        return 1 if model is None else model.engine.batch_size

    def classify(self, image: bytes, bundle: Bundle, k: int) -> Classification:
        """Label an image, given as the content of its file.

        Args:
            image: see `load_pixels`.
            bundle: the model; loaded where it is not yet, which `inference_ms` of the result then includes.
            k: number of labels, at least 1.

        Raises:
            ImageError: the image cannot be labelled.
            ModelError: the model's files are broken.
        """
        (result,) = self.classify_all([image], bundle, k)
        if isinstance(result, ImageError):
            raise result
        return result

    def classify_all(self, images: Sequence[bytes], bundle: Bundle, k: int) -> list[Classification | ImageError]:
        """Label images together, of which each may fail by itself; see `classify`.

        Raises:
            ModelError: the model's files are broken, or it failed with these images.
        """
        spec = bundle.spec
        start_s = perf_counter()
        decode = partial(load_pixels, height=spec.height, width=spec.width, crop=spec.crop, fit=spec.fit)
        with self._stages.decoding():
            decoded = _decode_all(images, decode)
        pixels = [each for each in decoded if not isinstance(each, ImageError)]
        if not pixels:
            return [each for each in decoded if isinstance(each, ImageError)]
        decoded_s = perf_counter()
        model = self._model(bundle)
        scores = [row for output in _run_all(model.engine, pixels) for row in output.probabilities]
        predictions = [top_k(row, model.labels, k) for row in scores]
        decode_ms, inference_ms = (decoded_s - start_s) * 1e3, (perf_counter() - decoded_s) * 1e3
        timings = Timings(decode_ms, inference_ms, batch_size=len(pixels))
        answers = iter([Classification(spec.name, spec.version, best, spec.threshold, timings) for best in predictions])
        return [each if isinstance(each, ImageError) else next(answers) for each in decoded]

    def embed_all(
        self, images: Sequence[bytes], bundle: Bundle, views: Sequence[View]
    ) -> list[npt.NDArray[np.float32] | ImageError]:
        """Compute what the last layer of a model reads of images, of which each may fail by itself.

        Args:
            images: see `load_pixels`.
            bundle: the model; loaded where it is not yet.
            views: views of each image, at least one.

        Returns:
            For each image float32 (views, channels), or why it cannot be read.

        Raises:
            ModelError: the model's files are broken, it failed with these images, or it exposes no embedding.
        """
        spec = bundle.spec
        if "embedding" not in spec.outputs:
            raise ModelError(f"expected a model with an embedding. Received: {spec.name}, which exposes none")
        decode = partial(load_views, height=spec.height, width=spec.width, crop=spec.crop, fit=spec.fit, views=views)
        with self._stages.decoding():
            decoded = _decode_all(images, decode)
        pixels = [view for each in decoded if not isinstance(each, ImageError) for view in each]
        if not pixels:
            return [each for each in decoded if isinstance(each, ImageError)]
        rows: list[npt.NDArray[np.float32]] = []
        for output in _run_all(self._model(bundle).engine, pixels):
            assert output.embedding is not None, "it is among the outputs of the specification"
            rows.extend(output.embedding)
        embeddings = iter(np.stack(rows).reshape(-1, len(views), rows[0].size))
        return [each if isinstance(each, ImageError) else next(embeddings) for each in decoded]

    def _model(self, bundle: Bundle) -> _Model:
        if bundle in self._models:
            self._models.move_to_end(bundle)
            return self._models[bundle]
        with self._stages.loading():
            return self._load_model(bundle)

    def _load_model(self, bundle: Bundle) -> _Model:
        key = identify_network(bundle)
        while self._models and not self._has_room(key):
            self._models.popitem(last=False)
        network = next((model.engine.network for model in self._models.values() if model.network_key == key), None)
        if bundle.spec.engine == "tensorflow":
            # Its session takes gigabytes for a network of a hundred megabytes, and reserves more for a GPU.
            _lift_memory_limit()
        engine = Engine(bundle, network or load_network(bundle))
        model = self._models[bundle] = _Model(engine, read_labels(bundle), key)
        return model

    def _has_room(self, key: Hashable) -> bool:
        """Whether another model with this network may be loaded beside those that are."""
        networks = {key, *(model.network_key for model in self._models.values())}
        return len(networks) <= self._max_models and len(self._models) < self._max_models * MODELS_PER_NETWORK


def _decode_all(images: Sequence[bytes], decode: Callable[[bytes], T]) -> list[T | ImageError]:
    """Decode images, several of them at the same time, since Pillow leaves Python's lock to others meanwhile."""

    def decode_one(image: bytes) -> T | ImageError:
        try:
            return decode(image)
        except ImageError as error:
            # Its frames would keep the file, and each other, until the garbage is collected.
            return error.with_traceback(None)

    if len(images) == 1:
        return [decode_one(images[0])]
    # Imported here, since `labelbot label` never comes by.
    from concurrent.futures import ThreadPoolExecutor

    # Who silences a decoder's warnings changes what all threads share. Where they are silent before and after, none
    # takes the silence from another, or leaves it for good.
    with warnings.catch_warnings(), ThreadPoolExecutor(MAX_DECODERS) as decoders:
        warnings.simplefilter("ignore")
        return list(decoders.map(decode_one, images))


def _run_all(engine: Engine, pixels: Sequence[npt.NDArray[np.uint8]]) -> Iterator[EngineOutput]:
    """Run images, as many at once as gains something: more would take memory for as long as the model is loaded."""
    for first in range(0, len(pixels), engine.batch_size):
        yield engine.run(np.stack(pixels[first : first + engine.batch_size]))


def _lift_memory_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
