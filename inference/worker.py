"""What labels an image, and the process in which a pool has it run.

A pool starts ``python -m inference.worker SHARED_FD MAX_MODELS MAX_MEMORY_BYTES``. They talk as `worker_protocol` says,
over its standard input, which is a socket; SHARED_FD is the file descriptor of the memory that they share.
"""

from __future__ import annotations

import faulthandler
import resource
import signal
import socket
import sys
import traceback
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from inference.bundle import Bundle, read_labels
from inference.engine import Engine, identify_network, load_network
from inference.errors import InferenceError, ModelError
from inference.image import load_pixels, load_variants
from inference.prediction import Classification, Timings, top_k
from inference.variants import Variant
from inference.worker_protocol import (
    Bug,
    Classify,
    Embed,
    Load,
    Reply,
    Request,
    SharedImage,
    decode_request,
    encode_reply,
    read_frame,
)

# Of models with heads on one network. A head takes a megabyte or few, and those that were replaced must not add up.
MODELS_PER_NETWORK = 8


@dataclass(frozen=True, slots=True)
class _Model:
    engine: Engine
    labels: tuple[str | None, ...]
    network_key: Hashable


class Classifier:
    """Labels images one at a time, on one core; keeps the models that it used last. Not thread-safe.

    Models whose networks are the same file, as those are that were retrained from one base, share it in memory.
    """

    def __init__(self, *, max_models: int = 1) -> None:
        """Load nothing yet.

        Args:
            max_models: whose networks are kept in memory, at least 1, apart from models that share those; the one whose
                use is longest ago makes room for another.
        """
        self._max_models = max_models
        self._models: OrderedDict[Bundle, _Model] = OrderedDict()

    def load(self, bundle: Bundle) -> None:
        """Load a model, and run it once so that the first image does not pay for its allocations.

        Raises:
            ModelError: its files are broken.
        """
        blank = np.zeros((1, bundle.spec.height, bundle.spec.width, 3), np.uint8)
        self._model(bundle).engine.run(blank)

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
        spec = bundle.spec
        start_s = perf_counter()
        pixels = load_pixels(image, height=spec.height, width=spec.width, crop=spec.crop)
        decoded_s = perf_counter()
        model = self._model(bundle)
        scores = model.engine.run(pixels[np.newaxis]).probabilities[0]
        predictions = top_k(scores, model.labels, k)
        timings = Timings(decode_ms=(decoded_s - start_s) * 1e3, inference_ms=(perf_counter() - decoded_s) * 1e3)
        return Classification(spec.name, spec.version, predictions, spec.threshold, timings)

    def embed(self, image: bytes, bundle: Bundle, variants: Sequence[Variant]) -> npt.NDArray[np.float32]:
        """Compute what the last layer of a model reads of an image.

        Args:
            image: see `load_pixels`.
            bundle: the model; loaded where it is not yet.
            variants: ways to look at the image, at least one.

        Returns:
            float32 (variants, channels).

        Raises:
            ImageError: the image cannot be read.
            ModelError: the model's files are broken, or it exposes no embedding.
        """
        spec = bundle.spec
        if "embedding" not in spec.outputs:
            raise ModelError(f"expected a model with an embedding. Received: {spec.name}, which exposes none")
        looks = load_variants(image, height=spec.height, width=spec.width, crop=spec.crop, variants=variants)
        engine = self._model(bundle).engine
        embeddings = []
        for pixels in looks:
            # One by one: a batch would take the memory of all for as long as the model is loaded, and saves no time.
            output = engine.run(pixels[np.newaxis])
            assert output.embedding is not None, "it is among the outputs of the specification"
            embeddings.append(output.embedding[0])
        return np.stack(embeddings)

    def _model(self, bundle: Bundle) -> _Model:
        if bundle in self._models:
            self._models.move_to_end(bundle)
            return self._models[bundle]
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


def _lift_memory_limit() -> None:
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def serve(connection: socket.socket, shared: SharedImage, classifier: Classifier) -> None:
    """Do what is asked until the other end is closed."""
    # Which it is without notice where the parent is killed.
    with suppress(ConnectionError), connection.makefile("rb") as requests:
        connection.sendall(encode_reply(None))
        while (content := read_frame(requests)) is not None:
            reply = reply_to(decode_request(content), shared.take(), classifier)
            connection.sendall(encode_reply(reply))


def reply_to(request: Request, image: bytes, classifier: Classifier) -> Reply:
    try:
        match request:
            case Load(bundle):
                classifier.load(bundle)
                return None
            case Classify(bundle, k):
                return classifier.classify(image, bundle, k)
            case Embed(bundle, variants):
                return classifier.embed(image, bundle, variants)
    except InferenceError as error:
        return error
    except MemoryError:
        # Other models and what fragments the memory may be the cause: the image gets a second chance in a new process,
        # as it does where native code runs out of memory, which ends the process without asking.
        raise
    except Exception as error:  # noqa: BLE001  (the parent logs it, and this process serves on)
        return Bug(type(error).__name__, traceback.format_exc())


def main() -> None:
    shared_fd, max_models, max_memory_bytes = map(int, sys.argv[1:])
    faulthandler.enable()
    # Whoever signals all processes of a service means the parent, which ends its workers when their work is done.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Private writable memory, which is what decoders and networks allocate. RLIMIT_AS would count mapped model files,
    # libraries and addresses that allocators reserve and never touch, some gigabytes; RLIMIT_RSS does nothing on Linux.
    # The hard limit stays as it is, see `_lift_memory_limit`.
    resource.setrlimit(resource.RLIMIT_DATA, (max_memory_bytes, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    # A core dump would hold someone's photo.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with socket.socket(fileno=sys.stdin.fileno()) as connection:
        serve(connection, SharedImage(shared_fd), Classifier(max_models=max_models))


if __name__ == "__main__":
    main()
