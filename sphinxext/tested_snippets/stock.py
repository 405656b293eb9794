"""What takes Sphinx's own code to read: ``literalinclude`` with options that the extension leaves to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sphinx.config import Config
from sphinx.directives import code
from sphinx.directives.code import LiteralInclude, LiteralIncludeReader
from sphinx.errors import PycodeError
from sphinx.pycode import ModuleAnalyzer

from sphinxext.tested_snippets import region
from sphinxext.tested_snippets.include import markers_of
from sphinxext.tested_snippets.source import Source
from sphinxext.tested_snippets.styles import Styles

__all__ = ["parse_lines", "parse_options", "read"]

# Sphinx 8.2 renamed the function that stock literalinclude parses line numbers with.
parse_lines: Callable[[str, int], list[int]] = (
    getattr(code, "parse_line_num_spec", None) or code.parselinenos  # type: ignore[attr-defined]
)


@lru_cache(maxsize=1)  # Costs more than to cut a region.
def _defaults() -> Config:
    return Config()


def read(
    path: Path, name: str, options: dict[str, Any], config: Config | None, styles: Styles
) -> tuple[str, int, int, region.Cut | None]:
    """Read what a ``literalinclude`` shows: its text, its lines, the number of the first, and the cut.

    :raises ValueError: as Sphinx does, or where it would warn.
    :raises RegionError: see :func:`region.cut`.
    """
    try:
        reader = _StrictReader(path, name, options, config or _defaults(), styles)
        text, lines = reader.read()
    except PycodeError as error:
        raise ValueError(str(error)) from None
    return text, lines, reader.lineno_start, reader.cut


def parse_options(written: Mapping[str, str]) -> dict[str, Any]:
    """See :func:`sphinxext.tested_snippets.include.parse_options`."""
    spec: Mapping[str, Callable[[str], Any]] = LiteralInclude.option_spec
    options: dict[str, Any] = {}
    for option, value in written.items():
        if option not in spec:
            raise ValueError(f"unknown option :{option}:")
        try:
            options[option] = spec[option](value or None)  # type: ignore[arg-type]
        except (ValueError, TypeError) as error:
            raise ValueError(f"option :{option}: {error}") from None
    return options


class _StrictReader(LiteralIncludeReader):
    """The stock reader with strict markers: every other option stays stock's own work."""

    def __init__(
        self, path: Path, name: str, options: dict[str, Any], config: Config, styles: Styles
    ) -> None:
        super().__init__(str(path), options, config)
        self.name = name
        self.styles = styles
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
        return lines if markers_of(self.options).start else list(lines)  # type: ignore[return-value]

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
        markers = markers_of(self.options)
        if not (markers.start or markers.end):
            return lines
        source = self._source(Path(self.filename), self.name)
        self.cut = region.cut(source, markers, self.styles, self._within)
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
