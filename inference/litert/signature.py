"""The names that every network's file has: one signature, from one input to these outputs."""

from __future__ import annotations

SIGNATURE = "serving_default"
IMAGE = "image"
# The first is a must.
OUTPUTS = ("probabilities", "embedding", "features")
