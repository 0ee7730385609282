"""A loaded model: a network, its head if there is one, and the conversion of scores to probabilities."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from inference.errors import MissingExtra, ModelError, describe_os_error
from inference.models.bundle import Bundle, content_version, network_digest, read_head
from inference.models.network import DEFAULT_OPTIONS, Network, NetworkOptions

# Replaces a score that was rounded to 0 before its logarithm is taken.
SMALLEST = np.finfo(np.float32).tiny


@dataclass(frozen=True, slots=True)
class EngineOutput:
    """Outputs for a batch, float32 and dequantised.

    Attributes:
        probabilities: (batch, classes), each in [0, 1]. The sum of a row is 1, or less if the network's output is
            quantised, since scores below half a step (such as 1/256) become 0.
        embedding: (batch, channels) after global average pooling; None if the model does not expose it.
        features: last feature map (batch, height, width, channels); None if nobody asked for it, or if the model does
            not expose it.
        familiarity: probability that the image shows one of the classes, (batch,), in (0, 1); None if the model cannot
            tell. The probabilities above do not depend on it.
    """

    probabilities: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32] | None = None
    features: npt.NDArray[np.float32] | None = None
    familiarity: npt.NDArray[np.float32] | None = None


class Engine:
    """A loaded model, from pixels to probabilities. Not thread-safe."""

    def __init__(self, bundle: Bundle, network: Network) -> None:
        """Read the head, if the model has one.

        Args:
            bundle: model on disk.
            network: loaded network of the model; engines of other models may use it, too.

        Raises:
            ModelError: the head is damaged, or the network and the specification differ in the number of classes.
        """
        self._spec = bundle.spec
        self._network = network
        self._head = read_head(bundle)
        if self._head is None and network.classes != bundle.spec.classes:
            raise ModelError(
                f"expected {bundle.spec.classes} classes of the network in {bundle.directory}. "
                f"Received: {network.classes}"
            )

    @property
    def network(self) -> Network:
        return self._network

    @property
    def batch_size(self) -> int:
        """See `Network.batch_size`."""
        return self._network.batch_size

    def run(self, pixels: npt.NDArray[np.uint8], *, features: bool = False) -> EngineOutput:
        """Run the model on a batch of images.

        Args:
            pixels: uint8 (batch, height, width, 3), RGB, of the bundle's input size.
            features: whether the output has the features, too.

        Raises:
            ModelError: the pixels have a wrong shape or dtype, the network failed, or the head does not fit the
                network's output.
        """
        output = self._network.run(pixels, features=features)
        scores, familiarity = output.scores, None
        if self._head is not None:
            assert output.embedding is not None, "the specification of a model with a head has it among the outputs"
            scores = self._head.logits(output.embedding)
            if self._head.familiarity is not None:
                familiarity = self._head.familiarity.of(output.embedding)
        return EngineOutput(self._probabilities(scores), output.embedding, output.features, familiarity)

    def _probabilities(self, scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        if not np.isfinite(scores).all():
            raise ModelError(
                f"expected scores from the network {self._spec.name}. Received: values that are no numbers"
            )
        if self._spec.activation == "none" and self._spec.temperature == 1:
            return scores
        logits = scores if self._spec.activation == "softmax" else np.log(np.maximum(scores, SMALLEST))
        return softmax(logits / self._spec.temperature)


def load_engine(bundle: Bundle, *, threads: int = 1, options: NetworkOptions = DEFAULT_OPTIONS) -> Engine:
    """Load a model. Its network is not shared with other models.

    Args:
        bundle: model on disk.
        threads: number of threads per operator.
        options: device and batch size.

    Raises:
        ModelError: the files are damaged, or have changed since the specification was written.
    """
    identify_network(bundle)
    return Engine(bundle, load_network(bundle, threads=threads, options=options))


def identify_network(bundle: Bundle) -> Hashable:
    """Verify that the files of a model match its version.

    Returns:
        A key that is equal for models that can share one loaded network, since they have the same file and input.

    Raises:
        ModelError: files are missing, or have changed since the specification was written.
    """
    spec = bundle.spec
    # A damaged network can crash the process that runs it.
    try:
        digest = network_digest(bundle)
        version = content_version(bundle, digest)
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    if version != spec.version:
        raise ModelError(
            f"expected the files of version {spec.version} in {bundle.directory}. Received: version {version}"
        )
    return digest, spec.engine, spec.height, spec.width, spec.input_range, spec.outputs


def load_network(bundle: Bundle, *, threads: int = 1, options: NetworkOptions = DEFAULT_OPTIONS) -> Network:
    """Load the network of a model with the engine that its specification names; see `load_engine`.

    Raises:
        ModelError: the file is damaged, the engine is not installed, or the device does not exist.
    """
    if bundle.spec.engine == "litert":
        from inference.models.litert_engine import LiteRTNetwork

        return LiteRTNetwork(bundle, threads=threads)
    from inference.system.extras import require_extra

    try:
        require_extra("tensorflow", f"the model {bundle.spec.name}, which runs in a TensorFlow session,")
    except MissingExtra as error:
        raise ModelError(str(error)) from error
    from inference.models.tensorflow_engine import TensorFlowNetwork

    return TensorFlowNetwork(bundle, threads=threads, options=options)


def softmax(logits: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
    """Return the softmax over the last axis, float32."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
