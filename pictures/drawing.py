"""A drawing of lines, boxes, dots and labels, and how it is written as SVG and as TikZ. Pure.

The unit is a CSS pixel on a phone; ``y`` grows downwards. A drawing has no background: it is meant to lie on a page,
light or dark, and what has no colour of its own has that of the page's text.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Union
from xml.sax.saxutils import escape, quoteattr

__all__ = [
    "COLOURS",
    "WIDTH",
    "Box",
    "Dot",
    "Drawing",
    "Label",
    "Line",
    "Shape",
    "svg",
    "tikz",
    "width_of",
]

#: What fits on a phone beside the margins of a page.
WIDTH = 340.0
#: Colours of at least 3:1 (WCAG 2.2, 1.4.11) on white and on black alike, so that a picture needs to know of no theme.
#: They differ in lightness, too, for those who see few colours.
COLOURS = ("#2277cc", "#bb5500", "#8855cc", "#338855")
#: The size of letters.
LETTERS = 12.0
#: TikZ takes points; with this many for each unit a drawing is a little narrower than a text on A4.
_POINTS = 1.1


@dataclass(frozen=True)
class Line:
    """A line through `points`; `faint` for what only guides the eye, `arrow` for a head at its end."""

    points: tuple[tuple[float, float], ...]
    colour: str | None = None
    width: float = 1.0
    faint: bool = False
    dashed: bool = False
    arrow: bool = False


@dataclass(frozen=True)
class Box:
    """A rectangle: filled where it has a colour, or else only its edge."""

    x: float
    y: float
    width: float
    height: float
    colour: str | None = None


@dataclass(frozen=True)
class Dot:
    """A point, round or square, so that two rows of them can be told apart without colours."""

    x: float
    y: float
    colour: str
    square: bool = False


@dataclass(frozen=True)
class Label:
    """A text whose middle line is at `y`."""

    x: float
    y: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


Shape = Union[Line, Box, Dot, Label]


@dataclass(frozen=True)
class Drawing:
    """Shapes, later ones above earlier ones."""

    width: float
    height: float
    shapes: Sequence[Shape]


def width_of(text: str) -> float:
    """The room that a label takes in a wide font, or a little more."""
    return 0.64 * LETTERS * len(text)


def svg(drawing: Drawing, alternative: str) -> str:
    """Write a drawing as an SVG element to stand in HTML, with the words that a screen reader says in its place."""
    width, height = _number(drawing.width), _number(drawing.height)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'aria-label={quoteattr(alternative)} font-size="{_number(LETTERS)}" fill="currentColor">'
    )
    lines = [line for shape in drawing.shapes for line in _svg_shape(shape)]
    return "\n".join([head, *lines, "</svg>"]) + "\n"


def _svg_shape(shape: Shape) -> Iterator[str]:
    if isinstance(shape, Label):
        place = f'x="{_number(shape.x)}" y="{_number(shape.y)}" dy="0.35em"'
        bold = ' font-weight="bold"' if shape.bold else ""
        yield f'<text {place} text-anchor="{shape.anchor}"{bold}>{escape(shape.text)}</text>'
    elif isinstance(shape, Box):
        yield _svg_box(shape.x, shape.y, shape.width, shape.height, shape.colour)
    elif isinstance(shape, Dot) and shape.square:
        yield _svg_box(shape.x - 3, shape.y - 3, 6, 6, shape.colour)
    elif isinstance(shape, Dot):
        yield f'<circle cx="{_number(shape.x)}" cy="{_number(shape.y)}" r="3.5" fill="{shape.colour}"/>'
    else:
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in shape.points)
        style = f'stroke="{shape.colour or "currentColor"}" stroke-width="{_number(shape.width)}"'
        style += ' stroke-opacity="0.25"' if shape.faint else ""
        style += ' stroke-dasharray="5 3"' if shape.dashed else ""
        yield f'<polyline points="{points}" fill="none" {style}/>'
        if shape.arrow:
            corners = " ".join(f"{_number(x)},{_number(y)}" for x, y in _head(shape))
            yield f'<polygon points="{corners}" fill="{shape.colour or "currentColor"}"/>'


def _svg_box(x: float, y: float, width: float, height: float, colour: str | None) -> str:
    style = f'fill="{colour}"' if colour else 'fill="none" stroke="currentColor"'
    size = f'width="{_number(width)}" height="{_number(height)}"'
    return f'<rect x="{_number(x)}" y="{_number(y)}" {size} rx="2" {style}/>'


def _head(line: Line) -> tuple[tuple[float, float], ...]:
    """The corners of the head of an arrow: a triangle whose point is the line's end."""
    (x0, y0), (x, y) = line.points[-2:]
    length = math.hypot(x - x0, y - y0)
    along, across = (x - x0) / length, (y - y0) / length
    back, side = 7.0, 3.0
    return (
        (x, y),
        (x - back * along + side * across, y - back * across - side * along),
        (x - back * along - side * across, y - back * across + side * along),
    )


def tikz(drawing: Drawing) -> str:
    """Write a drawing for LaTeX, which needs the package ``tikz``."""
    colours = [
        rf"\definecolor{{picture{number}}}{{HTML}}{{{colour[1:].upper()}}}"
        for number, colour in enumerate(COLOURS)
    ]
    begin = rf"\begin{{tikzpicture}}[x={_POINTS}pt,y=-{_POINTS}pt,every node/.style={{font=\small,inner sep=0pt}}]"
    lines = [_tikz_shape(shape) for shape in drawing.shapes]
    return "\n".join([*colours, begin, *lines, r"\end{tikzpicture}"]) + "\n"


_ANCHORS = {"start": "west", "middle": "center", "end": "east"}


def _tikz_shape(shape: Shape) -> str:
    if isinstance(shape, Label):
        text = rf"\textbf{{{_tex(shape.text)}}}" if shape.bold else _tex(shape.text)
        return rf"\node[anchor={_ANCHORS[shape.anchor]}] at {_at(shape.x, shape.y)} {{{text}}};"
    if isinstance(shape, Box):
        other = (shape.x + shape.width, shape.y + shape.height)
        how = rf"\fill[{_tikz_colour(shape.colour)}]" if shape.colour else r"\draw"
        return f"{how} {_at(shape.x, shape.y)} rectangle {_at(*other)};"
    if isinstance(shape, Dot):
        colour = _tikz_colour(shape.colour)
        if shape.square:
            return rf"\fill[{colour}] {_at(shape.x - 3, shape.y - 3)} rectangle {_at(shape.x + 3, shape.y + 3)};"
        return rf"\fill[{colour}] {_at(shape.x, shape.y)} circle[radius={3.5 * _POINTS:.2f}pt];"
    options = [_tikz_colour(shape.colour), f"line width={shape.width * 0.8:.2f}pt"]
    options += ["opacity=0.25"] if shape.faint else []
    options += ["dashed"] if shape.dashed else []
    drawn = rf"\draw[{','.join(options)}] {' -- '.join(_at(*point) for point in shape.points)};"
    if shape.arrow:
        corners = " -- ".join(_at(*corner) for corner in _head(shape))
        drawn += "\n" + rf"\fill[{_tikz_colour(shape.colour)}] {corners} -- cycle;"
    return drawn


def _tikz_colour(colour: str | None) -> str:
    return "black" if colour is None else f"picture{COLOURS.index(colour)}"


def _at(x: float, y: float) -> str:
    return f"({_number(x)},{_number(y)})"


_TEX = {character: f"\\{character}" for character in "#$%&_{}"}
_TEX |= {"\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def _tex(text: str) -> str:
    return "".join(_TEX.get(character, character) for character in text)


def _number(value: float) -> str:
    """A coordinate with a tenth at most: more would be noise in what is compared."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")
