"""What the options of ``literalinclude`` and the argument of ``snippet`` stand for.

Used by the directives while a page is built and by the parsers while it is run, so that what is shown and
what is run are the same text. Sphinx is imported for what takes its own code, see
:mod:`sphinxext.tested_snippets.stock`: pytest and the command do without in most projects.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sphinxext.tested_snippets import region
from sphinxext.tested_snippets.lines import first_number, lines_with, without
from sphinxext.tested_snippets.markers import Markers, region_name
from sphinxext.tested_snippets.named import cut_named
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.source import UTF_8, RegionError, Source, Stamp, stamp_of
from sphinxext.tested_snippets.styles import DEFAULT_STYLES, NAME, Styles

if TYPE_CHECKING:
    from sphinx.config import Config

__all__ = [
    "Included",
    "bare_names",
    "include",
    "include_named",
    "include_snippet",
    "joined_name",
    "language_of",
    "markers_of",
    "parse_lines",
    "parse_options",
    "refuse_lines",
    "without_hidden",
]

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


class Included(NamedTuple):
    """Text cut out of a file.

    :param text: what the reader sees.
    :param lines: how many lines the text has, as stock counts them.
    :param first_line: the number to count lines from (``:lineno-match:``, ``:lineno-start:``).
    :param name: the name of the snippet, or None where its markers carry none.
    :param cut: where in the file it stands, or None where no markers were used.
    :param whole: the text with the lines that are hidden, or None where none are.
    :param hidden: how many they are.
    :param parts: where the regions stand that are joined in it, if it has several.
    """

    text: str
    lines: int
    first_line: int
    name: str | None
    cut: region.Cut | None
    whole: str | None = None
    hidden: int = 0
    parts: tuple[region.Cut, ...] = ()

    @property
    def runs(self) -> str:
        """What runs: what the reader sees, and the lines that are hidden."""
        return self.text if self.whole is None else self.whole


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
    styles: Styles = DEFAULT_STYLES,
) -> Included:
    """Read what a ``literalinclude`` of `path` with the parsed `options` shows.

    :param name: what errors call the file.
    :param config: Sphinx's settings; None stands for its defaults.
    :raises RegionError: where stock would warn, or show text that is not the region's.
    """
    try:
        if "diff" in options:
            shown = _include_by_stock(path, name, options, styles, config)
        else:
            encoding = config.source_encoding if config else UTF_8
            known = {**options, "encoding": options.get("encoding", encoding)}
            reading = tuple((option, known[option]) for option in _READING if option in known)
            shown = _remembered(path, name, reading, styles, stamp_of(path))
    except (ValueError, OSError, IndexError, SyntaxError) as error:
        raise RegionError(name, None, str(error), "Correct the options on the page") from None
    if "hide" in options and "lineno-match" in options:
        raise ValueError(
            ":lineno-match: can't number lines of which some are left out with :hide:. Use :linenos:, which counts "
            "from 1, or show it with `snippet`"
        )
    return without_hidden(shown, options)


# A page's directives cut first; then the same regions are cut for the record of what the page shows.
@lru_cache(maxsize=1024)
def _remembered(
    path: Path, name: str, options: tuple[tuple[str, Any], ...], styles: Styles, stamp: Stamp
) -> Included:
    given = dict(options)
    if _SIMPLE.issuperset(given) and not any(pair <= given.keys() for pair in _EXCLUSIVE):
        return _include(path, name, given, styles, stamp)
    return _include_by_stock(path, name, given, styles)


def forget_cuts() -> None:
    """Give back the memory of what was cut, when a page has been read."""
    _remembered.cache_clear()


#: What :func:`_include` knows; the others, and what doesn't go together, are left to Sphinx's own code.
_SIMPLE = frozenset(_READING) - {"lines", "pyobject"}
_EXCLUSIVE = (
    {"start-after", "start-at"},
    {"end-before", "end-at"},
    *({"lineno-match", other} for other in ("lineno-start", "append", "prepend")),
)


def _include(
    path: Path, name: str, options: dict[str, Any], styles: Styles, stamp: Stamp
) -> Included:
    """As stock's filters, one after the other, but with strict markers."""
    source = Source.read(path, name, options["encoding"], options.get("tab-width"), stamp)
    markers, first_line = markers_of(options), int(options.get("lineno-start", 1))
    if markers.start or markers.end:
        cut: region.Cut | None = region.cut(source, markers, styles)
        assert cut is not None
        first, lines = cut.first, cut.lines
        if "lineno-match" in options:
            first_line = first
    else:
        cut, first, lines = None, 1, list(source.lines)
    if "dedent" in options:
        lines = _dedented(lines, options["dedent"], name, first)
    if options.get("prepend"):
        lines.insert(0, f"{options['prepend']}\n")
    if options.get("append"):
        lines.append(f"{options['append']}\n")
    snippet = region_name(markers, styles) or options.get("name")
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
    styles: Styles,
    config: Config | None = None,
) -> Included:
    from sphinxext.tested_snippets import stock  # noqa: PLC0415 - imports Sphinx

    text, lines, first_line, cut = stock.read(path, name, options, config, styles)
    snippet = region_name(markers_of(options), styles) or options.get("name")
    return Included(text, lines, first_line, snippet, cut)


def include_named(path: Path, name: str, snippet: str, styles: Styles) -> Included:
    """Read the snippet that is called `snippet` in `path`.

    :param name: what errors call the file.
    :raises RegionError: as :func:`~sphinxext.tested_snippets.named.cut_named`.
    """
    cut, text = cut_named(Source.read(path, name), snippet, styles)
    return Included(text, text.count("\n"), cut.first, snippet, cut)


def include_snippet(
    argument: str,
    options: Mapping[str, Any],
    find: Callable[[str | Path], tuple[Path, str]],
    project: Project,
) -> Included:
    """Read what ``.. snippet:: argument`` shows.

    :param options: its options, of which ``hide`` and ``lineno-match`` matter.
    :param find: gives the file that a path on the page stands for, and what errors call it; it is asked about
        found files as well.
    :raises RegionError: as :func:`include_named`.
    :raises ValueError: the argument has not the form, a name is in no file or in several, or an option doesn't go with what is shown.
    """
    targets = [_located(part, project) for part in _JOINED.split(argument.strip())]
    parts = [include_named(*find(file), name, project.styles) for file, name in targets]
    shown = parts[0]
    if len(parts) > 1:
        text = "\n".join(part.text for part in parts)
        cuts = tuple(part.cut for part in parts if part.cut)
        name = joined_name(argument)
        shown = Included(text, text.count("\n"), 1, name, None, parts=cuts)
    if "lineno-match" in options:
        hidden = lines_with(shown.text, options.get("hide"), "hide")
        shown = shown._replace(first_line=_first_number(shown, hidden))
    return without_hidden(shown, options)


def without_hidden(shown: Included, options: Mapping[str, Any]) -> Included:
    """`shown` without the lines that the option ``hide`` names, which run all the same.

    :raises ValueError: no line is named so, or none is left.
    """
    hidden = lines_with(shown.text, options.get("hide"), "hide")
    if not hidden:
        return shown
    text = without(shown.text, hidden)
    lines = text.count("\n")
    return shown._replace(text=text, lines=lines, whole=shown.text, hidden=len(hidden))


def refuse_lines(shown: Included, options: Mapping[str, Any]) -> None:
    """Refuse the options ``emphasize`` and ``emphasize-lines`` where a build would.

    :raises ValueError: they name no lines.
    """
    lines_with(shown.text, options.get("emphasize"), "emphasize")
    spec = options.get("emphasize-lines")
    if spec and not all(map(_is_range, spec.split(","))):
        parse_lines(spec, shown.lines)


def _is_range(part: str) -> bool:
    """Whether it is a line or lines as nearly all are written; Sphinx has a say in the rest."""
    match = _RANGE.fullmatch(part)
    return match is not None and int(match[1]) <= int(match[2] or match[1])


_RANGE = re.compile(r"\s*([0-9]{1,9})(?:-([0-9]{1,9}))?\s*")


def _located(part: str, project: Project) -> tuple[str | Path, str]:
    """The file of one of the regions, as written or as found, and the region's name."""
    if _LOOSE.search(part):
        raise ValueError(
            f"`+` stands between two names, with a space on both sides, not in {part!r}"
        )
    if not _BARE.fullmatch(part):
        return split_target(part)
    if not project.search:
        raise ValueError(
            f"{part!r} stands without a file. Write path::{part}, or name the files to look in with "
            "tested_snippets_search in conf.py and snippets_search in pytest's settings"
        )
    return project.index.find(part), part


def bare_names(argument: str) -> list[str]:
    """The names in the argument of ``snippet`` that stand without a file."""
    return [part for part in _JOINED.split(argument.strip()) if _BARE.fullmatch(part)]


def joined_name(argument: str) -> str:
    """What the regions that the argument of ``snippet`` names are called together: ``a+b``."""
    return "+".join(part.rpartition("::")[2] for part in _JOINED.split(argument.strip()))


_JOINED = re.compile(r"\s+\+\s+")
#: A plus that joins nothing.
_LOOSE = re.compile(r"(?:^|\s)\+|\+(?:\s|$)")
_BARE = re.compile(NAME)


def _first_number(shown: Included, hidden: Collection[int]) -> int:
    if shown.cut is None:
        raise ValueError(
            ":lineno-match: can't number the lines of several regions. Use :linenos:, which counts from 1"
        )
    return first_number(shown.cut.numbered, hidden)


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
        if option in _OWN or (option in _TEXTS and value):
            options[option] = value
        elif option == "dedent" and (not value or _NUMBER.fullmatch(value)):
            options[option] = int(value) if value else None
        elif not (option in _FLAGS and not value):
            return _parse_by_stock(written)
        else:
            options[option] = None
    return options


#: The options that are the extension's own.
_OWN = frozenset({"emphasize", "hide", "waive"})
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

    own = {option: value for option, value in written.items() if option in _OWN}
    others = {option: value for option, value in written.items() if option not in _OWN}
    return {**stock.parse_options(others), **own}


def parse_lines(spec: str, total: int) -> list[int]:
    """The indexes of the lines that a `spec` of ``emphasize-lines`` such as ``1,3-5`` names, of `total` lines.

    :raises ValueError: it can't be read.
    """
    from sphinxext.tested_snippets import stock  # noqa: PLC0415 - imports Sphinx

    try:
        return stock.parse_lines(spec, total)
    except ValueError:
        raise ValueError(
            f":emphasize-lines: {spec} names no lines. Write their numbers, like 1,3-5, or use :emphasize:"
        ) from None
