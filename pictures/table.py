"""The numbers of a picture, for those who can't see it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Table", "number"]


@dataclass(frozen=True)
class Table:
    """Texts, of which those in the first column say what their row is about."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number(value: float) -> str:
    """A number as a reader takes it in: three digits where there are more behind the point, and thousands apart."""
    if value == round(value) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
