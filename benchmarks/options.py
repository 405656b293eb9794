"""Values that the options of the benchmarks take."""

from __future__ import annotations

import argparse

__all__ = ["positive"]


def positive(text: str) -> int:
    """A whole number of 1 or more.

    :raises argparse.ArgumentTypeError: it is less; a ValueError, as argparse wants it, when it is no number.
    """
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{value} is not 1 or more")
    return value
