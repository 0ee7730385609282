"""Networks in frozen TensorFlow graphs, run in a session on the CPU or a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from inference.errors import ModelError, describe_os_error
from inference.litert.signature import IMAGE
from inference.models.bundle import Bundle
from inference.models.network import NetworkOptions, NetworkOutput, check_pixels
from inference.models.trust import is_trusted
from inference.safety.refusal import reason_of
from inference.system.bounded_files import read_file
from inference.system.stderr import quiet_tensorflow

with quiet_tensorflow():
    import tensorflow as tf

    from inference.safety.graph_check import parse_graph, read_graph

# A common batch size for networks like Inception; the activations take some hundred megabytes.
GPU_BATCH_SIZE = 16


class TensorFlowNetwork:
    """A session for a frozen GraphDef, from the node `image` to the outputs in the specification."""

    def __init__(self, bundle: Bundle, *, threads: int, options: NetworkOptions) -> None:
        """Read the graph. The first run allocates memory, and takes longer than later runs.

        Args:
            bundle: model on disk.
            threads: number of threads per operator.
            options: device and batch size.

        Raises:
            ModelError: the file has no graph, the graph differs from the specification or has operations that image
                networks do not use, or the device does not exist.
        """
        self._spec = spec = bundle.spec
        path = bundle.network
        graph = read_bundle_graph(bundle)
        try:
            self._session = open_session(graph, threads=threads, device=options.device)
            tensors = [self._session.graph.get_tensor_by_name(f"{name}:0") for name in (IMAGE, *spec.outputs)]
        except (ValueError, KeyError) as error:
            raise ModelError(f"{path}: {reason_of(error)}") from error
        image, *outputs = tensors
        self._image = image
        self._outputs = dict(zip(spec.outputs, outputs, strict=True))
        self._shape = (spec.height, spec.width, 3)
        if tuple(image.shape[1:]) != self._shape:
            raise ModelError(f"{path}: expected an input of {self._shape}. Received: {tuple(image.shape[1:])}")
        self._takes_batches = image.shape[0] is None
        self._batch_size = _batch_size(options) if self._takes_batches else 1
        self._table = np.linspace(*spec.input_range, 256, dtype=np.float32)

    @property
    def classes(self) -> int:
        return int(self._outputs["probabilities"].shape[1])

    @property
    def batch_size(self) -> int:
        """Batch size from the options, by default 16 on a GPU and 1 on the CPU; 1 if the graph has a fixed batch.

        A single image leaves a GPU mostly idle. On a CPU, batches hardly help: measured on one core, Inception-v3 runs
        at 15.0, 15.3, 16.4 and 16.5 images/s in batches of 1, 2, 4 and 8. This gain of a tenth is too small, since
        each image would wait for all other images of its batch. If two processes run at once, all speeds are a
        twentieth lower.
        """
        return self._batch_size

    def run(self, pixels: npt.NDArray[np.uint8], *, features: bool = False) -> NetworkOutput:
        """Run the network on a batch; image by image if the graph has a fixed batch of one.

        Args:
            pixels: uint8 (batch, height, width, 3), RGB.
            features: whether the output has the features, too.

        Raises:
            ModelError: the pixels have a wrong shape or dtype, or the network failed.
        """
        check_pixels(pixels, self._shape)
        images = self._table.take(pixels)
        batches = [images] if self._takes_batches else np.split(images, len(images))
        wanted = {name: output for name, output in self._outputs.items() if features or name != "features"}
        try:
            results = [self._session.run(wanted, {self._image: batch}) for batch in batches]
        except tf.errors.OpError as error:
            reason = " ".join(error.message.split())
            raise ModelError(f"the network {self._spec.name} failed: {reason}") from error
        values = {name: np.concatenate([result[name] for result in results]) for name in wanted}
        return NetworkOutput(
            scores=values["probabilities"], embedding=values.get("embedding"), features=values.get("features")
        )


def read_bundle_graph(bundle: Bundle) -> Any:
    """Read the GraphDef of an installed model.

    Raises:
        ModelError: the file is not a GraphDef; or the graph has operations that image networks do not use, and the
            operator did not trust it at its installation.
    """
    try:
        content = read_file(bundle.network)
    except OSError as error:
        raise ModelError(describe_os_error(error)) from error
    try:
        return read_graph(content, str(bundle.network))
    except ModelError:
        if not is_trusted(bundle, content):
            raise
        return parse_graph(content, str(bundle.network))


def open_session(graph: Any, *, threads: int, device: str | None = None) -> Any:
    """Open a session for a GraphDef.

    The session keeps the version of the graph's producer, so that TensorFlow still accepts the graph's
    deprecated operators.

    Args:
        graph: GraphDef to run.
        threads: number of threads per operator.
        device: name of a device, such as "CPU:0" or "GPU:1"; None for the first GPU that TensorFlow sees, or for the
            CPU if there is no GPU.

    Raises:
        ModelError: the device does not exist.
        ValueError: the graph is damaged, or has operators that this TensorFlow lacks.
    """
    _check_device(device)
    loaded = tf.Graph()
    with loaded.as_default(), tf.device(device):
        tf.import_graph_def(graph, name="")
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=threads, inter_op_parallelism_threads=1, allow_soft_placement=True
    )
    # Otherwise the first process on a GPU would allocate all memory of the GPU.
    config.gpu_options.allow_growth = True
    return tf.compat.v1.Session(graph=loaded, config=config)


def _batch_size(options: NetworkOptions) -> int:
    if options.max_batch_size is not None:
        return options.max_batch_size
    device = options.device
    on_gpu = device.startswith("GPU") if device else bool(tf.config.list_physical_devices("GPU"))
    return GPU_BATCH_SIZE if on_gpu else 1


def present_devices() -> list[tuple[str, str]]:
    """Return TensorFlow's devices: names such as "CPU:0" or "GPU:1", each with the vendor's name or ""."""
    return [
        (
            device.name.removeprefix("/physical_device:"),
            str(tf.config.experimental.get_device_details(device).get("device_name", "")),
        )
        for device in tf.config.list_physical_devices()
    ]


def _check_device(device: str | None) -> None:
    present = [name for name, _ in present_devices()]
    if device is not None and device not in present:
        raise ModelError(f"the device (LABELBOT_DEVICE): expected one of {', '.join(present)}. Received: {device!r}")
