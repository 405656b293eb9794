"""What the options of ``literalinclude`` and the argument of ``snippet`` stand for.

Used by the directives while a page is built and by the parsers while it is run, so that what is shown and
what is run are the same text. Sphinx is imported for what takes its own code, see
:mod:`sphinxext.tested_snippets.stock`: pytest and the command do without in most projects.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinxext.tested_snippets import region
from sphinxext.tested_snippets.markers import DEFAULT_STYLE, Markers, MarkerStyle, region_name
from sphinxext.tested_snippets.source import RegionError, Source, Stamp, stamp_of

if TYPE_CHECKING:
    from sphinx.config import Config

__all__ = [
    "Included",
    "include",
    "include_named",
    "language_of",
    "markers_of",
    "parse_lines",
    "parse_options",
    "split_target",
]

#: How files are read unless the page or ``conf.py`` says otherwise; Sphinx's default, too.
_ENCODING = "utf-8-sig"
#: The options of ``literalinclude`` that its text, lines and name depend on.
_READING = (
    *(
        "append",
        "dedent",
        "encoding",
        "end-at",
        "end-before",
        "lineno-match",
        "lineno-start",
        "lines",
    ),
    *("name", "prepend", "pyobject", "start-after", "start-at", "tab-width"),
)


@dataclass(frozen=True)
class Included:
    """Text cut out of a file.

    :param text: what the reader sees.
    :param lines: how many lines the text has, as stock counts them.
    :param first_line: the number to count lines from (``:lineno-match:``, ``:lineno-start:``).
    :param name: the name of the snippet, or None where its markers carry none.
    :param cut: where in the file it stands, or None where no markers were used.
    """

    text: str
    lines: int
    first_line: int
    name: str | None
    cut: region.Cut | None


def markers_of(options: Mapping[str, Any]) -> Markers:
    """The markers that parsed options of ``literalinclude`` name."""
    return Markers(
        options.get("start-at") or options.get("start-after"),
        options.get("end-at") or options.get("end-before"),
        start_included="start-at" in options,
        end_included="end-at" in options,
    )


def include(
    path: Path,
    name: str,
    options: dict[str, Any],
    config: Config | None = None,
    style: MarkerStyle = DEFAULT_STYLE,
) -> Included:
    """Read what a ``literalinclude`` of `path` with the parsed `options` shows.

    :param name: what errors call the file.
    :param config: Sphinx's settings; None stands for its defaults.
    :raises RegionError: where stock would warn, or show text that is not the region's.
    """
    try:
        if "diff" in options:
            return _include_by_stock(path, name, options, style, config)
        encoding = config.source_encoding if config else _ENCODING
        known = {**options, "encoding": options.get("encoding", encoding)}
        reading = tuple((option, known[option]) for option in _READING if option in known)
        return _remembered(path, name, reading, style, stamp_of(path))
    except (ValueError, OSError, IndexError, SyntaxError) as error:
        raise RegionError(name, None, str(error), "Correct the options on the page") from None


# A page's directives cut first; then the same regions are cut for the record of what the page shows.
@lru_cache(maxsize=1024)
def _remembered(
    path: Path, name: str, options: tuple[tuple[str, Any], ...], style: MarkerStyle, stamp: Stamp
) -> Included:
    given = dict(options)
    if _SIMPLE.issuperset(given) and not any(pair <= given.keys() for pair in _EXCLUSIVE):
        return _include(path, name, given, style)
    return _include_by_stock(path, name, given, style)


#: What :func:`_include` knows; the others, and what doesn't go together, are left to Sphinx's own code.
_SIMPLE = frozenset(_READING) - {"lines", "pyobject"}
_EXCLUSIVE = (
    {"start-after", "start-at"},
    {"end-before", "end-at"},
    *({"lineno-match", other} for other in ("lineno-start", "append", "prepend")),
)


def _include(path: Path, name: str, options: dict[str, Any], style: MarkerStyle) -> Included:
    """As stock's filters, one after the other, but with strict markers."""
    source = Source.read(path, name, options["encoding"], options.get("tab-width"))
    markers, first_line = markers_of(options), int(options.get("lineno-start", 1))
    cut, first, lines = None, 1, list(source.lines)
    if markers.start or markers.end:
        cut = region.cut(source, markers, style)
        first, lines = cut.first, cut.lines
        if "lineno-match" in options:
            first_line = first
    if "dedent" in options:
        lines = _dedented(lines, options["dedent"], name, first)
    if options.get("prepend"):
        lines.insert(0, f"{options['prepend']}\n")
    if options.get("append"):
        lines.append(f"{options['append']}\n")
    snippet = region_name(markers, style) or options.get("name")
    return Included("".join(lines), len(lines), first_line, snippet, cut)


def _dedented(lines: list[str], columns: int | None, name: str, first: int) -> list[str]:
    if columns is None:
        return textwrap.dedent("".join(lines)).splitlines(True)
    region.refuse_eaten(name, list(enumerate(lines, first)), columns)
    return [line[columns:] or ("\n" if line.endswith("\n") else "") for line in lines]


def _include_by_stock(
    path: Path,
    name: str,
    options: dict[str, Any],
    style: MarkerStyle,
    config: Config | None = None,
) -> Included:
    from sphinxext.tested_snippets import stock  # noqa: PLC0415 - imports Sphinx

    text, lines, first_line, cut = stock.read(path, name, options, config, style)
    snippet = region_name(markers_of(options), style) or options.get("name")
    return Included(text, lines, first_line, snippet, cut)


def include_named(path: Path, name: str, snippet: str, style: MarkerStyle) -> Included:
    """Read the snippet that is called `snippet` in `path`.

    :param name: what errors call the file.
    :raises RegionError: as :func:`region.cut_named`.
    """
    cut, text = region.cut_named(Source.read(path, name), snippet, style)
    return Included(text, text.count("\n"), cut.first, snippet, cut)


def split_target(target: str) -> tuple[str, str]:
    """Split ``path::name``, the argument of ``snippet``.

    :raises ValueError: it has not that form.
    """
    path, separator, name = target.strip().rpartition("::")
    if not (separator and path and name):
        raise ValueError(f"{target.strip()!r} is not of the form path::name")
    return path, name


@lru_cache(maxsize=256)  # Pygments tries the patterns of all its lexers.
def language_of(suffix: str) -> str | None:
    """The language that files with this `suffix` are highlighted as, or None where Pygments knows none."""
    from pygments.lexers import find_lexer_class_for_filename  # noqa: PLC0415 - takes time

    lexer = find_lexer_class_for_filename(f"file{suffix}")
    return lexer.aliases[0] if lexer and lexer.aliases else None


def parse_options(written: Mapping[str, str]) -> dict[str, Any]:
    """The options of ``literalinclude`` as Sphinx hands them over, from how they are `written` on the page.

    :raises ValueError: an option is unknown or its value is not of its kind.
    """
    options: dict[str, Any] = {}
    for option, value in written.items():
        if option in _TEXTS and value:
            options[option] = value
        elif option == "dedent" and (not value or _NUMBER.fullmatch(value)):
            options[option] = int(value) if value else None
        elif not (option in _FLAGS and not value):
            return _parse_by_stock(written)
        else:
            options[option] = None
    return options


_NUMBER = re.compile("[0-9]{1,9}")
_FLAGS = frozenset({"force", "lineno-match", "linenos"})
_TEXTS = frozenset(
    [
        "append",
        "caption",
        "emphasize-lines",
        "end-at",
        "end-before",
        "language",
        "lines",
        "name",
        "prepend",
        "pyobject",
        "start-after",
        "start-at",
    ]
)


def _parse_by_stock(written: Mapping[str, str]) -> dict[str, Any]:
    from sphinxext.tested_snippets import stock  # noqa: PLC0415 - imports Sphinx

    return stock.parse_options(written)


def parse_lines(spec: str, total: int) -> list[int]:
    """The indexes of the lines that a `spec` such as ``1,3-5`` names, of `total` lines.

    :raises ValueError: it can't be read.
    """
    from sphinxext.tested_snippets import stock  # noqa: PLC0415 - imports Sphinx

    return stock.parse_lines(spec, total)
