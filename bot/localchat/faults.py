"""Faults that the local server injects on purpose."""

from __future__ import annotations


class Faults:
    """The faults under way."""
