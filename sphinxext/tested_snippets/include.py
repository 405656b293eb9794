"""What the options of ``literalinclude`` and the argument of ``snippet`` stand for.

Used by the directives while a page is built and by the parsers while it is run, so that what is shown and
what is run are the same text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from pygments.lexers import find_lexer_class_for_filename
from sphinx.config import Config
from sphinx.directives import code as stock
from sphinx.directives.code import LiteralInclude, LiteralIncludeReader
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

from sphinxext.tested_snippets import region
from sphinxext.tested_snippets.markers import DEFAULT_STYLE, Markers, MarkerStyle, region_name
from sphinxext.tested_snippets.source import RegionError, Source, Stamp, stamp_of

__all__ = [
    "Included",
    "include",
    "include_named",
    "language_of",
    "parse_lines",
    "parse_options",
    "split_target",
]

# Sphinx 8.2 renamed the function that stock literalinclude parses line numbers with.
parse_lines = getattr(stock, "parse_line_num_spec", None) or stock.parselinenos  # type: ignore[attr-defined]


_DEFAULTS = Config()
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


class _StrictReader(LiteralIncludeReader):
    """The stock reader with strict markers: every other option stays stock's own work."""

    def __init__(
        self, path: Path, name: str, options: dict[str, Any], config: Config, style: MarkerStyle
    ) -> None:
        super().__init__(str(path), options, config)
        self.name = name
        self.style = style
        self.cut: region.Cut | None = None
        self._within = range(0)  # What :pyobject: leaves of the file,
        self._numbers: Sequence[
            int
        ] = ()  # and the lines that are left after the last filter, 1-based.

    def read_file(self, filename: Any, location: Any = None) -> list[str]:
        name = self.name if str(filename) == str(self.filename) else str(filename)
        lines = self._source(Path(filename), name).lines
        self._keep(range(len(lines)))
        # Cutting makes a list of its own; without markers, a filter may add to the one it gets.
        return lines if _markers(self.options).start else list(lines)  # type: ignore[return-value]

    def _keep(self, within: range) -> None:
        self._within = within
        self._numbers = range(within.start + 1, within.stop + 1)

    def _source(self, path: Path, name: str) -> Source:
        return Source.read(path, name, self.encoding, self.options.get("tab-width"))

    def pyobject_filter(self, lines: list[str], location: Any = None) -> list[str]:
        found = super().pyobject_filter(lines, location)
        if self.options.get("pyobject"):
            _, start, end = ModuleAnalyzer.for_file(self.filename, "").find_tags()[
                self.options["pyobject"]
            ]
            self._keep(range(start - 1, end))
        return found

    def start_filter(self, lines: list[str], location: Any = None) -> list[str]:
        markers = _markers(self.options)
        if not (markers.start or markers.end):
            return lines
        source = self._source(Path(self.filename), self.name)
        self.cut = region.cut(source, markers, self.style, self._within)
        self._keep(range(self.cut.first - 1, self.cut.last))
        if "lineno-match" in self.options:
            self.lineno_start = self.cut.first
        return self.cut.lines

    def end_filter(self, lines: list[str], location: Any = None) -> list[str]:
        return lines  # start_filter has cut both ends.

    def lines_filter(self, lines: list[str], location: Any = None) -> list[str]:
        spec = self.options.get("lines")
        if spec:
            chosen = parse_lines(spec, len(lines))
            if any(index >= len(lines) for index in chosen):
                raise ValueError(f":lines: {spec} goes beyond the last line, {len(lines)}")
            self._numbers = [self._numbers[index] for index in chosen]
        return super().lines_filter(lines, location)

    def dedent_filter(self, lines: list[str], location: Any = None) -> list[str]:
        columns = self.options.get("dedent")
        if columns is not None:
            region.refuse_eaten(self.name, list(zip(self._numbers, lines)), columns)
        return super().dedent_filter(lines, location)


def _markers(options: Mapping[str, Any]) -> Markers:
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
    config: Config,
    style: MarkerStyle = DEFAULT_STYLE,
) -> Included:
    """Read what a ``literalinclude`` of `path` with the parsed `options` shows.

    :param name: what errors call the file.
    :raises RegionError: where stock would warn, or show text that is not the region's.
    """
    try:
        if "diff" in options:
            return _include(path, name, options, config, style)
        known = {**options, "encoding": options.get("encoding", config.source_encoding)}
        reading = tuple((option, known[option]) for option in _READING if option in known)
        return _remembered(path, name, reading, style, stamp_of(path))
    except (ValueError, OSError, IndexError, SyntaxError, PycodeError) as error:
        raise RegionError(name, None, str(error), "Correct the options on the page") from None


# A page's directives cut first; then the same regions are cut for the record of what the page shows.
@lru_cache(maxsize=1024)
def _remembered(
    path: Path, name: str, options: tuple[tuple[str, Any], ...], style: MarkerStyle, stamp: Stamp
) -> Included:
    return _include(path, name, dict(options), _DEFAULTS, style)


def _include(
    path: Path, name: str, options: dict[str, Any], config: Config, style: MarkerStyle
) -> Included:
    reader = _StrictReader(path, name, options, config, style)
    text, lines = reader.read()
    snippet = region_name(_markers(options), style) or options.get("name")
    return Included(text, lines, reader.lineno_start, snippet, reader.cut)


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
    lexer = find_lexer_class_for_filename(f"file{suffix}")
    return lexer.aliases[0] if lexer and lexer.aliases else None


def parse_options(
    written: Mapping[str, str],
    spec: Mapping[str, Callable[[str], Any]] = LiteralInclude.option_spec,
) -> dict[str, Any]:
    """The options of a directive as Sphinx hands them over, from how they are `written` on the page.

    :raises ValueError: an option is unknown or its value is not of its kind.
    """
    options: dict[str, Any] = {}
    for option, value in written.items():
        if option not in spec:
            raise ValueError(f"unknown option :{option}:")
        try:
            options[option] = spec[option](value or None)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            raise ValueError(f"option :{option}: {error}") from None
    return options
