"""The probabilities of all classes, for protocols whose clients expect a tensor."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from inference import Classification, ModelSpec


def probabilities(answer: Classification, spec: ModelSpec) -> npt.NDArray[np.float32]:
    """Return the probability of each output of a model, float32 (classes,).

    Outputs without a label have the probability 0.

    Args:
        answer: answer with as many predictions as the model has labels.
        spec: specification of the model.
    """
    row = np.zeros(spec.classes, np.float32)
    row[[each.index for each in answer.predictions]] = [each.score for each in answer.predictions]
    return row
