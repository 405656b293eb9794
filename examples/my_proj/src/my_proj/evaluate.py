"""Judges a model."""

from __future__ import annotations


def error(predicted: list[float], wanted: list[float]) -> float:
    """The mean of the absolute differences."""
    return sum(abs(p - w) for p, w in zip(predicted, wanted)) / len(wanted)
