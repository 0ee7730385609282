"""The options of `labelbot retrain`, and their conversion to settings."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from inference.commands.models import Home
from inference.commands.options import usage_errors
from inference.commands.pull_missing import NoPull
from inference.system.stderr import quiet_tensorflow

if TYPE_CHECKING:
    from inference.training.retraining.distortions import Distortions
    from inference.training.retraining.fine_tune import FineTuneConfig
    from inference.training.retraining.head import HeadConfig

# Options by the names of their settings, if the two names differ.
OPTION_NAMES = {
    "max_epochs": "--epochs",
    "learning rates": "--learning-rate",
    "peak_learning_rate": "--fine-tune-rate",
    "fine tune epochs": "--fine-tune-epochs",
}


@dataclass(frozen=True, kw_only=True)
class RetrainOptions:
    """The options of the command; each field is a parameter."""

    images: Annotated[
        Path | None,
        typer.Argument(
            metavar="IMAGE_DIR",
            help="Folder of photos: one folder per class; or TFRecords.",
            show_default=False,
        ),
    ] = None
    taught: Annotated[
        Path | None,
        typer.Option(
            metavar="CHAT",
            help="Instead of photos: the id of a chat that has taught classes, the folder of `labelbot taught export`, "
            "or the file of `labelbot teach`. The new model keeps the names of its base.",
            show_default=False,
        ),
    ] = None
    name: Annotated[str, typer.Option(help="Name of the new model.", show_default=False)]
    base: Annotated[
        str | None,
        typer.Option(
            help="Model to start from; a published model is downloaded if it is not installed.",
            show_default="the installed one that knows the most classes",
        ),
    ] = None
    no_pull: NoPull = False
    validation_percentage: Annotated[
        float | None,
        typer.Option(
            help="Percentage of the photos for validation, unless the data has a split for it.",
            show_default="10; fewer than 100 photos are cross-validated",
        ),
    ] = None
    testing_percentage: Annotated[
        float | None,
        typer.Option(
            help="Percentage of the photos for the final test, unless the data has a split for it.",
            show_default="10; fewer than 100 photos are cross-validated",
        ),
    ] = None
    other: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Folder of photos of none of the classes, which the model is to take for something else; 5 or more.",
            show_default="photos of many things, if the base comes with the program",
        ),
    ] = None
    flip: Annotated[bool, typer.Option("--flip", "--flip-left-right", help="Also train on mirrored photos.")] = False
    crop: Annotated[
        float,
        typer.Option(
            "--crop",
            "--random-crop",
            metavar="PERCENT",
            help="Also train on crops that are moved by up to PERCENT of the way to the edge.",
        ),
    ] = 0.0
    scale: Annotated[
        float,
        typer.Option(
            "--scale", "--random-scale", metavar="PERCENT", help="Also train on crops that are up to PERCENT smaller."
        ),
    ] = 0.0
    brightness: Annotated[
        float,
        typer.Option(
            "--brightness",
            "--random-brightness",
            metavar="PERCENT",
            help="Also train on photos that are up to PERCENT darker or brighter.",
        ),
    ] = 0.0
    copies: Annotated[int, typer.Option(help="Number of augmented views of each training photo.")] = 4
    learning_rate: Annotated[
        str, typer.Option(metavar="RATES", help="Learning rates to compare, separated by commas.")
    ] = "0.3,1,3,10"
    l2: Annotated[float, typer.Option(help="L2 penalty: factor of the squared weights in the loss.")] = 1e-4
    epochs: Annotated[int, typer.Option(help="Maximum number of epochs.")] = 50
    batch_size: Annotated[
        int, typer.Option("--batch-size", "--train-batch-size", help="Number of embeddings per training step.")
    ] = 32
    seed: Annotated[int, typer.Option(help="Random seed for the order of the photos.")] = 0
    fine_tune: Annotated[
        str | None,
        typer.Option(
            metavar="BLOCKS",
            help="Blocks of the base to train after the head, for example mixed3; the base must come from "
            "`labelbot train`.",
            show_default=False,
        ),
    ] = None
    fine_tune_epochs: Annotated[int, typer.Option(help="Number of epochs of fine-tuning.")] = 5
    fine_tune_rate: Annotated[float, typer.Option(help="Peak learning rate of fine-tuning.")] = 0.001
    min_accuracy: Annotated[
        float,
        typer.Option(min=0.0, max=1.0, help="Minimum top-1 accuracy, from 0 to 1, for the model to be installed."),
    ] = 0.0
    print_misclassified: Annotated[
        bool,
        typer.Option(
            "--print-misclassified", "--print-misclassified-test-images", help="List the misclassified photos."
        ),
    ] = False
    embeddings: Annotated[
        Path | None,
        typer.Option(
            "--embeddings",
            "--bottleneck-dir",
            help="Folder of cached embeddings.",
            show_default="embeddings in the models' home",
        ),
    ] = None
    tensorboard: Annotated[bool, typer.Option("--tensorboard", help="Write summaries for TensorBoard.")] = False
    replace: Annotated[bool, typer.Option("--replace", help="Replace an installed model of this name.")] = False
    home: Home = None

    def distortions(self) -> Distortions:
        """Return the augmentation of training photos.

        Raises:
            BadParameter: an option is out of range.
        """
        from inference.training.retraining.distortions import Distortions

        with usage_errors(OPTION_NAMES):
            return Distortions(
                flip=self.flip,
                crop_percent=self.crop,
                scale_percent=self.scale,
                brightness_percent=self.brightness,
                copies=self.copies,
            )

    def head_config(self) -> HeadConfig:
        """Return the hyperparameters of the head.

        Raises:
            BadParameter: an option is out of range.
        """
        from inference.training.retraining.head import HeadConfig

        try:
            rates = tuple(map(float, self.learning_rate.split(",")))
        except ValueError:
            reason = f"expected numbers, as 0.3,1,3. Received: {self.learning_rate!r}"
            raise typer.BadParameter(reason, param_hint="--learning-rate") from None
        with usage_errors(OPTION_NAMES):
            return HeadConfig(
                learning_rates=rates,
                l2=self.l2,
                max_epochs=self.epochs,
                batch_size=self.batch_size,
                seed=self.seed,
            )

    def fine_tune_config(self) -> FineTuneConfig | None:
        """Return the hyperparameters of fine-tuning; None without --fine-tune.

        Raises:
            BadParameter: an option is out of range.
        """
        if self.fine_tune is None:
            return None
        with quiet_tensorflow():
            from inference.training.retraining.fine_tune import FineTuneConfig

        with usage_errors(OPTION_NAMES):
            return FineTuneConfig(
                blocks=tuple(self.fine_tune.split(",")),
                epochs=self.fine_tune_epochs,
                learning_rate=self.fine_tune_rate,
                batch_size=self.batch_size,
                seed=self.seed,
            )
