"""Labels images with models. The most recently used models stay loaded."""

from __future__ import annotations

import resource
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, repeat
from time import perf_counter
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from inference.errors import ImageError, ModelError
from inference.images.augmented_views import View
from inference.images.decode import LoadedFrames, load_frames, load_views
from inference.models.bundle import Bundle
from inference.models.classes import ModelClasses
from inference.models.engine import Engine, EngineOutput, identify_network, load_network
from inference.models.network import DEFAULT_OPTIONS, NetworkOptions
from inference.models.prediction import Classification, Frames, Timings
from inference.models.spec import ModelSpec
from inference.models.stage_observer import StageObserver

# Number of models that may share one network. A head takes a few megabytes, so replaced heads must not fill the memory.
MAX_MODELS_PER_NETWORK = 8
# Number of decoding threads: enough to feed a GPU. With the costliest images, they use one or two gigabytes.
MAX_DECODERS = 4

T = TypeVar("T")

# Probabilities of an image, float32 (classes,), its familiarity, and its embedding, float32 (channels,).
_Row: TypeAlias = tuple[npt.NDArray[np.float32], float | None, npt.NDArray[np.float32] | None]


@dataclass(frozen=True, slots=True)
class _Model:
    engine: Engine
    classes: ModelClasses
    network_key: Hashable


class Classifier:
    """Classifies images, and keeps the most recently used models loaded. Not thread-safe.

    Models with the same network file share it in memory, for example models that were retrained from the same base.
    """

    def __init__(
        self, *, max_models: int = 1, options: NetworkOptions = DEFAULT_OPTIONS, stages: StageObserver | None = None
    ) -> None:
        """Start without a loaded model.

        Args:
            max_models: number of networks that are kept in memory, at least 1. Models that share a network count once.
                The least recently used model is evicted.
            options: device and batch size of networks that run in a TensorFlow session.
            stages: observer of the stages of each request; None for no observer.
        """
        self._stages = stages or StageObserver()
        self._options = options
        self._max_models = max_models
        self._models: OrderedDict[Bundle, _Model] = OrderedDict()

    def load(self, bundle: Bundle) -> None:
        """Load a model, and run it once, so that the first image does not wait for allocations.

        Raises:
            ModelError: the model's files are broken.
        """
        engine = self._model(bundle).engine
        engine.run(np.zeros((engine.batch_size, bundle.spec.height, bundle.spec.width, 3), np.uint8))

    def batch_size(self, bundle: Bundle) -> int:
        """Return the largest batch size that still makes a model faster; 1 if the model is not loaded."""
        model = self._models.get(bundle)
        return 1 if model is None else model.engine.batch_size

    def classify(self, image: bytes, bundle: Bundle, top_k: int, *, embedding: bool = False) -> Classification:
        """Classify an image.

        Args:
            image: content of an image file; see `load_pixels` for the formats.
            bundle: model. It is loaded if needed; the result's `inference_ms` includes the time for loading.
            top_k: number of labels, at least 1.
            embedding: whether the classification has the image's embedding, too.

        Raises:
            ImageError: the image cannot be decoded.
            ModelError: the model's files are broken.
        """
        (result,) = self.classify_all([image], bundle, top_k, embedding=embedding)
        if isinstance(result, ImageError):
            raise result
        return result

    def classify_all(
        self, images: Sequence[bytes], bundle: Bundle, top_k: int, *, embedding: bool = False
    ) -> list[Classification | ImageError]:
        """Classify images in batches; each image may fail by itself.

        Args:
            images: contents of image files.
            bundle: model; see `classify`.
            top_k: number of labels, at least 1.
            embedding: whether each classification has the image's embedding, too.

        Returns:
            The classification or the error of each image, in the order of the images.

        Raises:
            ModelError: the model's files are broken, or the model failed with these images.
        """
        spec = bundle.spec
        start_s = perf_counter()
        decode = partial(load_frames, **spec.framing)
        with self._stages.decoding():
            decoded = _decode_all(images, decode)
        pixels = [frame for each in decoded if not isinstance(each, ImageError) for frame in each.pixels]
        if not pixels:
            return [each for each in decoded if isinstance(each, ImageError)]
        decoded_s = perf_counter()
        model = self._model(bundle)
        rows = _rows(_run_all(model.engine, pixels))
        answers = [
            each if isinstance(each, ImageError) else _answer(spec, model.classes, each, rows, top_k, embedding)
            for each in decoded
        ]
        decode_ms, inference_ms = (decoded_s - start_s) * 1e3, (perf_counter() - decoded_s) * 1e3
        decodable = sum(not isinstance(each, ImageError) for each in decoded)
        timings = Timings(decode_ms, inference_ms, batch_size=decodable)
        return [each if isinstance(each, ImageError) else replace(each, timings=timings) for each in answers]

    def embed_all(
        self, images: Sequence[bytes], bundle: Bundle, views: Sequence[View]
    ) -> list[npt.NDArray[np.float32] | ImageError]:
        """Compute the embeddings of images: the inputs of a model's last layer. Each image may fail by itself.

        Args:
            images: contents of image files.
            bundle: model, which is loaded if needed.
            views: views of each image, at least one.

        Returns:
            The embeddings, float32 (views, channels), or the error of each image, in the order of the images.

        Raises:
            ModelError: the model's files are broken, the model failed with these images, or the model exposes
                no embedding.
        """
        spec = bundle.spec
        if "embedding" not in spec.outputs:
            raise ModelError(f"expected a model with an embedding. Received: {spec.name}, which exposes none")
        decode = partial(load_views, **spec.framing, views=views)
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
            # A session takes gigabytes for a network of a hundred megabytes, and reserves more for a GPU.
            _lift_memory_limit()
        engine = Engine(bundle, network or load_network(bundle, options=self._options))
        model = self._models[bundle] = _Model(engine, ModelClasses.read(bundle), key)
        return model

    def _has_room(self, key: Hashable) -> bool:
        """Return whether a further model with this network may be loaded."""
        networks = {key, *(model.network_key for model in self._models.values())}
        return len(networks) <= self._max_models and len(self._models) < self._max_models * MAX_MODELS_PER_NETWORK


def _answer(
    spec: ModelSpec, classes: ModelClasses, image: LoadedFrames, rows: Iterator[_Row], top_k: int, embedding: bool
) -> Classification:
    """Return the answer for an image, or for the mean scores of an animation's frames.

    Args:
        spec: specification of the model.
        classes: classes of the model.
        image: decoded image.
        rows: row of each frame of this image and of the next images.
        top_k: number of labels, at least 1.
        embedding: whether the answer has the image's embedding, too.
    """
    frame_scores, familiar, embeddings = zip(*islice(rows, len(image.pixels)), strict=True)
    scores = np.stack(frame_scores)
    familiarity = None if familiar[0] is None else float(np.mean(familiar))
    best, kind = classes.answer(scores.mean(0), top_k)
    answer = Classification(
        spec.name, spec.version, best, spec.threshold, Timings(0.0, 0.0), kind, familiarity=familiarity
    )
    if embedding and embeddings[0] is not None:
        answer = replace(answer, embedding=np.asarray(np.mean(embeddings, axis=0), np.float32))
    if not image.animated:
        return answer
    frames = Frames(total=len(scores), agreeing=classes.agreeing(scores, answer.headline, best[0]))
    return replace(answer, frames=frames)


def _decode_all(images: Sequence[bytes], decode: Callable[[bytes], T]) -> list[T | ImageError]:
    """Decode images in threads; Pillow releases Python's lock while it decodes."""

    def decode_one(image: bytes) -> T | ImageError:
        try:
            return decode(image)
        except ImageError as error:
            # The frames of a traceback would keep the image file in memory until the next garbage collection.
            return error.with_traceback(None)

    if len(images) == 1:
        return [decode_one(images[0])]
    # Imported here, since `labelbot label` does not need it.
    from concurrent.futures import ThreadPoolExecutor

    # warnings.catch_warnings is not thread-safe. Silence the warnings once around all threads, so that no thread
    # restores the filters of another thread.
    with warnings.catch_warnings(), ThreadPoolExecutor(MAX_DECODERS) as decoders:
        warnings.simplefilter("ignore")
        return list(decoders.map(decode_one, images))


def _run_all(engine: Engine, pixels: Sequence[npt.NDArray[np.uint8]]) -> Iterator[EngineOutput]:
    """Run images in the engine's batch size: larger batches would take memory for as long as the model is loaded."""
    for first in range(0, len(pixels), engine.batch_size):
        yield engine.run(np.stack(pixels[first : first + engine.batch_size]))


def _rows(outputs: Iterable[EngineOutput]) -> Iterator[_Row]:
    """Return the probabilities, the familiarity and the embedding of each image; None for what the model has not."""
    for output in outputs:
        familiar = repeat(None) if output.familiarity is None else output.familiarity.tolist()
        embeddings = repeat(None) if output.embedding is None else output.embedding
        yield from zip(output.probabilities, familiar, embeddings, strict=False)


def _lift_memory_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
