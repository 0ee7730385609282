"""What to train, and from what."""

from __future__ import annotations

from dataclasses import dataclass

from inference.networks import NETWORKS
from inference.training.errors import InvalidSetting
from inference.training.from_scratch.config import TrainingConfig


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train, and from what.

    Attributes:
        name: of the new model.
        network: one of `NETWORKS`.
        config: the settings of the run; the image side of the last phase is the model's input.
        licence: of the new model, an SPDX identifier.
        command: that trains such a model again, for its card.
        init_from: an installed model with a Keras archive, or a .keras file, to begin with the weights of.
        exclude: blocks that begin with random weights all the same.
        train_only: blocks that are trained, while the others stay as they began; empty for all.
        teacher: an installed model whose scores are learnt beside the labels.

    Raises:
        InvalidSetting: there is no such network, it cannot take images so small, or blocks are excluded from nothing.
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
        try:
            NETWORKS[self.network](2).compute_output_shape((1, side, side, 3))
        except ValueError as error:
            raise InvalidSetting("phases", f"images that are large enough for {self.network}", smallest) from error
