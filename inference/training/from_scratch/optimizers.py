"""The optimisers of `labelbot train`."""

from __future__ import annotations

from collections.abc import Mapping

import keras

from inference.training.from_scratch.config import Optimizer, TrainingConfig

# Peak learning rate and weight decay of each optimiser; they suit our networks and batch sizes.
USUAL_RATES: Mapping[Optimizer, tuple[float, float]] = {
    "sgd": (0.2, 5e-3),
    "adamw": (2e-3, 5e-2),
    "rmsprop": (4.5e-2, 5e-3),
}


def build_optimizer(model: keras.Model, config: TrainingConfig) -> keras.optimizers.Optimizer:
    """Build an optimiser for a model's trainable variables, with weight decay of the kernels only."""
    rate, weight_decay = config.peak_learning_rate, config.weight_decay
    optimizer: keras.optimizers.Optimizer
    if config.optimizer == "sgd":
        optimizer = keras.optimizers.SGD(rate, momentum=config.momentum, nesterov=True, weight_decay=weight_decay)
    elif config.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(rate, weight_decay=weight_decay)
    else:
        # TF-slim trains Inception with an epsilon of 1.0, which is far larger than usual gradients. With a small
        # epsilon, each step would be as long as the learning rate.
        optimizer = keras.optimizers.RMSprop(
            rate, rho=0.9, momentum=config.momentum, epsilon=1.0, weight_decay=weight_decay
        )
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    optimizer.build(model.trainable_variables)
    return optimizer
