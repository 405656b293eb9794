"""A module whose docstrings the extension's manual shows."""

from __future__ import annotations

__all__ = ["area"]


def area(width: float, height: float) -> float:
    """The area of a rectangle.

    .. snippet-check::
       :runtime: python

    .. code-block:: pycon

       >>> from examples.tests.shapes import area
       >>> area(2, 3)
       6

    :checked:`The sides may be in either order <sides-in-either-order>`.
    """
    return width * height
