"""The output of `labelbot retrain`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from inference.commands.messages import print_copies, print_skipped
from inference.system.terminal import print_message

if TYPE_CHECKING:
    from inference.training.data.photos import PhotoSet
    from inference.training.from_scratch.history import EpochReport
    from inference.training.retraining.embeddings import EmbeddedPhotos
    from inference.training.retraining.head import HeadEpoch
    from inference.training.retraining.retrain import Retrained

# Number of photos per class below which a warning is printed, as in TensorFlow's retrain.py.
FEW_PHOTOS = 20
MAX_WARNINGS = 5


def print_photos(data: PhotoSet, embedded: EmbeddedPhotos) -> None:
    """Print the skipped files, the number of photos, and warnings about classes with few photos."""
    print_skipped((*data.skipped, *embedded.skipped))
    print_copies(data.copies, data.leaks, data.uniform)
    counts = ", ".join(f"{len(embedded.of(split)):,} for {split}" for split in data.splits)
    if data.cross_validated:
        counts = "so few that all are learnt from, and measured by cross-validation"
    known = sum(len(photo.keys) for photo in embedded.photos) - embedded.computed
    print(f"{len(embedded.photos):,} photos: {counts}")
    print(f"{embedded.computed:,} embeddings computed, {known:,} known before")
    learnt = Counter(photo.label for photo in embedded.of("train"))
    ranked = sorted((learnt[place], label) for place, label in enumerate(data.labels))
    (fewest, rare), (most, frequent) = ranked[0], ranked[-1]
    if fewest < most:
        print(f"{rare} has {fewest:,} photos to learn from, {frequent} {most:,}; all classes are made to count alike")
    few = [(count, label) for count, label in ranked if count < FEW_PHOTOS]
    for count, label in few[:MAX_WARNINGS]:
        photos = "1 photo" if count == 1 else f"{count} photos"
        print_message(f"{label} has {photos} to learn from; {FEW_PHOTOS} or more work well")
    if len(few) > MAX_WARNINGS:
        print_message(f"and so have {len(few) - MAX_WARNINGS} more classes fewer than that")


def print_epoch(epoch: HeadEpoch) -> None:
    print(
        f"epoch {epoch.epoch:3d}: loss {epoch.loss:.3f}, right {epoch.accuracy:.1%}; validation loss "
        f"{epoch.validation_loss:.3f}, right {epoch.validation_accuracy:.1%} (learning rate {epoch.learning_rate:g})",
        flush=True,
    )


def print_tuning_epoch(epoch: EpochReport) -> None:
    print(
        f"fine-tuning epoch {epoch.epoch:3d}: loss {epoch.loss:.3f}; validation loss {epoch.validation_loss:.3f}, "
        f"right {epoch.top1:.1%} (learning rate {epoch.learning_rate:g}, {epoch.images_per_s:.0f} photos/s)",
        flush=True,
    )


def print_outcome(retrained: Retrained, data: PhotoSet, *, print_misclassified: bool) -> None:
    from inference.training.evaluation.tables import format_classes, format_confusion

    outcome = retrained.evaluation
    print(f"\ntop-1 {outcome.top1:.1%}, top-5 {outcome.top5:.1%} of {data.describe_measured(outcome.images)}")
    print(f"\n{format_classes(outcome, retrained.labels)}\n\n{format_confusion(outcome, retrained.labels)}\n")
    if retrained.familiarity is not None:
        known = retrained.familiarity
        print(
            f"of its own photos, it recognises {known.recognised:.1%}; of {known.unrelated:,} photos of other things, "
            f"it mistakes {known.mistaken:.1%} for one of its classes\n"
        )
    elif retrained.head is None:
        print_message("a fine-tuned model takes a photo of anything for one of its classes")
    else:
        print_message(
            "the model takes a photo of anything for one of its classes. Two different photos of each class and "
            "--other FOLDER, with photos of other things, let it tell them apart"
        )
    if print_misclassified:
        for mistake in retrained.misclassified:
            print(f"{mistake.name}: {mistake.guess} (score = {mistake.score:.5f}), not {mistake.truth}")
        print(f"{len(retrained.misclassified)} of {outcome.images} misclassified\n")
