"""The recipe of a training run."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from inference.networks import NETWORKS
from inference.training.errors import InvalidSetting
from inference.training.from_scratch.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Recipe:
    """The network to train, its settings and its sources.

    Attributes:
        name: name of the new model.
        network: name of the architecture, a key of `NETWORKS`.
        config: settings of the run; the image side of the last phase is the side of the model's input.
        licence: SPDX identifier of the new model's licence.
        command: command line that repeats the training, for the model card.
        init_from: source of the initial weights: an installed model with a Keras archive, or a .keras file; None for
            random weights.
        exclude: blocks that start with random weights despite `init_from`.
        train_only: blocks to train, while the other blocks keep their weights; empty to train all blocks.
        teacher: name of an installed model; the network learns from its scores and from the labels. None for no
            teacher.

    Raises:
        InvalidSetting: the network is unknown, the images are too small for it, or `exclude` is set without
            `init_from`.
    """

    name: str
    network: str
    config: TrainingConfig
    licence: str = "unknown"
    command: str = ""
    init_from: str | None = None
    exclude: tuple[str, ...] = ()
    train_only: tuple[str, ...] = ()
    teacher: str | None = None

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise InvalidSetting("network", f"one of {', '.join(NETWORKS)}", self.network)
        if self.exclude and self.init_from is None:
            raise InvalidSetting("exclude", "a network to begin with, whose blocks are excluded", self.exclude)
        smallest = min(phase.image_size for phase in self.config.phases)
        side = round(self.config.augmentation.crop * smallest)
        if not _takes(self.network, side):
            raise InvalidSetting("phases", f"images that are large enough for {self.network}", smallest)


@cache
def _takes(network: str, side: int) -> bool:
    """Return True if a network takes images of `side` x `side` pixels. The network is built, which takes seconds."""
    try:
        NETWORKS[network](2).compute_output_shape((1, side, side, 3))
    except ValueError:
        return False
    return True
