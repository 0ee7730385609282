"""From a data set to an installed model: train, compile, measure the compiled file, calibrate, describe."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import keras
import numpy as np
import numpy.typing as npt

from inference.bundle import CARD_FILE, KERAS_FILE, OUTPUTS, Bundle, ModelSpec, write_bundle
from inference.compiler.keras_model import compile_keras
from inference.store import ModelStore
from inference.training.batches import content_digest
from inference.training.calibrate import apply_temperature, choose_threshold, fit_temperature
from inference.training.checkpoints import has_checkpoint
from inference.training.config import TrainingConfig
from inference.training.dataset import LabelledImages, load_images
from inference.training.distillation import teacher_targets
from inference.training.errors import CheckpointError, InvalidSetting
from inference.training.evaluate import Evaluation, Measurement, evaluate
from inference.training.examples import Example, Examples, open_examples
from inference.training.folders import Skipped
from inference.training.history import EpochReport, read_history
from inference.training.model_card import training_card
from inference.training.networks import NETWORKS
from inference.training.networks.archive import encode_network, find_archive, load_network
from inference.training.networks.blocks import with_outputs
from inference.training.networks.transfer import copy_weights, train_only
from inference.training.observers import Observer
from inference.training.report import plot_curves
from inference.training.train import train
