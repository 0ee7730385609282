"""The names of the signature, the input and the outputs in the file of every network."""

from __future__ import annotations

SIGNATURE = "serving_default"
IMAGE = "image"
# Only the first output is required.
OUTPUTS = ("probabilities", "embedding", "features")
