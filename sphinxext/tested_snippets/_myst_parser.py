"""myst-parser, as far as a page's blocks depend on it: tokens, settings, and the parts of a directive."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, ClassVar

from sphinxext.tested_snippets._rest_directives import Malformed, Shape
from sphinxext.tested_snippets.page import UnreadableFormat
from sphinxext.tested_snippets.source import Stamp, stamp_of

if TYPE_CHECKING:
    from markdown_it.token import Token

__all__ = ["Directive", "Parser", "take_apart"]

#: The settings of ``conf.py`` that decide what is a block.
_SETTINGS = (
    "colon_fence_exact_match",
    "commonmark_only",
    "disable_syntax",
    "dmath_allow_digits",
    "dmath_allow_labels",
    "dmath_allow_space",
    "dmath_double_inline",
    "enable_extensions",
    "fence_as_directive",
    "gfm_only",
    "sub_delimiters",
)
_MISSING = (
    "{}: Markdown pages are read with the package myst-parser, which is not installed. Run "
    "`pip install 'sphinxext-tested-snippets[myst]'`."
)


@dataclass(frozen=True)
class Directive:
    """A directive taken apart; `content` begins `offset` lines below the line after the directive's first."""

    argument: str
    options: Mapping[str, str]
    content: Sequence[str]
    offset: int


class Parser:
    """Takes Markdown apart as myst-parser does for the page at `path` with this `text`."""

    def __init__(self, text: str, path: PurePath) -> None:
        try:
            from markdown_it.renderer import RendererHTML  # noqa: PLC0415 - an optional dependency
            from myst_parser.config.main import (  # noqa: PLC0415 - as above
                TopmatterReadError,
                merge_file_level,
                read_topmatter,
            )
            from myst_parser.parsers.mdit import create_md_parser  # noqa: PLC0415 - as above
        except ModuleNotFoundError:
            raise UnreadableFormat(_MISSING.format(path)) from None
        conf = next((f / "conf.py" for f in Path(path).parents if (f / "conf.py").exists()), None)
        config = _config(conf, stamp_of(conf) if conf else None)
        try:
            topmatter = read_topmatter(text.lstrip("\ufeff"))
        except TopmatterReadError:
            topmatter = None  # The build says so.
        if topmatter:
            config = merge_file_level(config, topmatter, lambda *_: None)
        self._config = config
        self._markdown = create_md_parser(config, RendererHTML)
        self._references: dict[str, Any] = {}
        self._nested = False

    def tokens(self, text: str) -> list[Token]:
        """The block tokens of `text`; front matter counts at the beginning of the page only."""
        tokens = self._markdown.parse(f"{text}\n" if self._nested else text, self._references)
        self._nested = True
        return tokens

    def directive(self, info: str) -> str | None:
        """The directive that the first word behind a fence calls, None where it is a language."""
        config = self._config
        if config.commonmark_only or config.gfm_only:
            return None
        if info.startswith("{") and info.endswith("}"):
            return info[1:-1]
        return info if info in config.fence_as_directive else None


@lru_cache(maxsize=8)
def _config(conf: Path | None, stamp: Stamp) -> Any:
    """myst-parser's settings as ``conf.py`` writes them: values that are not written out are its defaults."""
    from myst_parser.config.main import MdParserConfig  # noqa: PLC0415 - an optional dependency

    known = {field.name for field in MdParserConfig.get_fields()}
    written = _literals(conf) if conf else {}
    given = {
        name: written[f"myst_{name}"]
        for name in _SETTINGS
        if name in known and f"myst_{name}" in written
    }
    try:
        return MdParserConfig(**given)
    except (TypeError, ValueError) as error:
        raise UnreadableFormat(f"{conf}: myst-parser refuses its settings: {error}.") from None


def _literals(conf: Path) -> dict[str, Any]:
    try:
        tree = ast.parse(conf.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}  # The build says so.
    found = {}
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) and node.value else targets
        for target in targets:
            if isinstance(target, ast.Name) and target.id.startswith("myst_"):
                try:
                    found[target.id] = ast.literal_eval(node.value)  # type: ignore[attr-defined]
                except ValueError:
                    found.pop(target.id, None)
    return found


class _AnyOption(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        return _as_written


def _as_written(value: str | None) -> str:
    return value or ""


def take_apart(shape: Shape, first_line: str, content: str, *, lenient: bool = False) -> Directive:
    """Tell argument, options and content of a directive apart as myst-parser does.

    :param lenient: whether what is wrong with options doesn't matter.
    :raises Malformed: where myst-parser reports an error or would lose an option.
    """
    from docutils.parsers.rst.states import MarkupError  # noqa: PLC0415 - as below
    from myst_parser.parsers.directives import parse_directive_text  # noqa: PLC0415 - optional

    # As the renderer does, so that a nested fence is not taken for options.
    padded = f"\n{content}" if content.startswith(":::") else content
    try:
        parsed = parse_directive_text(_class_of(shape), first_line, padded)
    except MarkupError as error:
        raise Malformed(str(error)) from None
    said = [str(getattr(warning, "msg", warning)) for warning in parsed.warnings]
    if said and not lenient:
        raise Malformed("; ".join(said))
    if shape.content == "required" and not any(parsed.body):
        raise Malformed("it has no content")
    options = {name.lower(): str(value) for name, value in parsed.options.items()}
    # Versions of myst-parser count differently; the content always is the end of the directive.
    offset = _length(content.splitlines()) - _length(parsed.body)
    return Directive(" ".join(parsed.arguments), options, parsed.body, offset)


def _length(lines: Sequence[str]) -> int:
    """How many lines there are up to the last that is not blank."""
    return max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)


@lru_cache(maxsize=16)
def _class_of(shape: Shape) -> Any:
    from docutils.parsers.rst import Directive as Base  # noqa: PLC0415 - takes time

    class _Shaped(Base):
        required_arguments = 1 if shape.required else 0
        optional_arguments = int(shape.argument != "none" and not shape.required)
        final_argument_whitespace = shape.argument == "text"
        has_content = shape.content != "none"
        option_spec: ClassVar[Any] = _AnyOption(name=_as_written)

    return _Shaped
