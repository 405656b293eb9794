"""A Sphinx extension of this site: ``.. reference-of:: TOPIC`` shows what the extension declares of its options.

The entries are the same objects that Sphinx, docutils and pytest are given, so none of them can be missing.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

import sphinxext.tested_snippets
from sphinxext.tested_snippets.__main__ import make_parser
from sphinxext.tested_snippets.directive_options import DirectiveOption
from sphinxext.tested_snippets.options import (
    PYTEST_OPTIONS,
    PYTEST_SETTINGS,
    SPHINX_SETTINGS,
    Setting,
)
from sphinxext.tested_snippets.statement import ROLES
from sphinxext.tested_snippets.syntax import DIRECTIVES, IN_PLACE_OF_STOCK

from .parsers import commands_of, entries

if TYPE_CHECKING:
    from sphinx.application import Sphinx

__all__ = ["TOPICS", "setup"]

#: What the types of pytest's ini options are called where they are explained.
_KINDS = {"linelist": "lines", "args": "words, or a list", "string": "text"}


def _settings(settings: Iterable[Setting]) -> Iterator[str]:
    for setting in sorted(settings, key=lambda setting: setting.name):
        yield f".. confval:: {setting.name}"
        yield f"   :type: {_KINDS.get(setting.kind, setting.kind)}"
        yield f"   :default: {_default(setting.default)}"
        yield from _indented("", _code(setting.meaning), "")


def _default(value: Any) -> str:
    return f"``{value!r}``" if value or value is False else "none"


def _code(meaning: str) -> str:
    """The meaning with a link at each name of a setting."""
    for setting in (*SPHINX_SETTINGS, *PYTEST_SETTINGS):
        meaning = meaning.replace(f"``{setting.name}``", f":confval:`{setting.name}`")
    return meaning


def _indented(*lines: str) -> Iterator[str]:
    return (f"   {line}".rstrip() for text in lines for line in text.split("\n"))


def _sphinx_settings() -> Iterator[str]:
    return _settings(SPHINX_SETTINGS)


def _pytest_settings() -> Iterator[str]:
    return _settings(PYTEST_SETTINGS)


def _pytest_options() -> Iterator[str]:
    yield from (".. program:: pytest", "")
    for option in PYTEST_OPTIONS:
        yield f".. option:: {option.name}{'=' if option.value else ''}{option.value}"
        yield from _indented("", _code(option.meaning), "")


def _commands() -> Iterator[str]:
    for parser in commands_of(make_parser()):
        yield f"``{parser.prog}``"
        text = [*entries(parser), *([f"{_sentence(parser.epilog)}\n"] if parser.epilog else [])]
        yield from _indented(*"\n".join(text).split("\n"))


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _directives() -> Iterator[str]:
    return _of_directives(DIRECTIVES)


def _stock_directives() -> Iterator[str]:
    return _of_directives(IN_PLACE_OF_STOCK)


def _of_directives(known: dict[str, type[Directive]]) -> Iterator[str]:
    for name, directive in known.items():
        yield f".. rst:directive:: .. {name}:: {getattr(directive, 'usage', '')}".rstrip()
        yield from _indented("", _code(inspect.cleandoc(str(directive.__doc__))), "")
        for option, convert in (directive.option_spec or {}).items():
            if isinstance(convert, DirectiveOption):
                text = [f".. rst:directive:option:: {option}: {convert.value}".removesuffix(": ")]
                text += _indented("", _code(convert.meaning), "")
                yield from _indented(*text)


def _roles() -> Iterator[str]:
    for name, (target, meaning) in ROLES.items():
        yield f".. rst:role:: {name}"
        yield from _indented("", f"``:{name}:`the statement <{target}>```", "", meaning, "")


TOPICS: dict[str, Callable[[], Iterator[str]]] = {
    "conf.py": _sphinx_settings,
    "settings of pytest": _pytest_settings,
    "options of pytest": _pytest_options,
    "commands": _commands,
    "directives": _directives,
    "stock directives": _stock_directives,
    "roles": _roles,
}


class ReferenceOf(SphinxDirective):
    """``.. reference-of:: TOPIC``, one of :data:`TOPICS`."""

    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[Any] = {}

    def run(self) -> list[nodes.Node]:
        """The entries; the page is read again when the extension's code changes."""
        for file in Path(str(sphinxext.tested_snippets.__file__)).parent.glob("*.py"):
            self.env.note_dependency(str(file))
        topic = self.arguments[0]
        if topic not in TOPICS:
            raise self.error(f"reference-of has no {topic!r}, only {', '.join(TOPICS)}")
        holder = nodes.section(document=self.state.document)
        self.state.nested_parse(
            StringList(list(TOPICS[topic]()), source=topic), 0, holder, match_titles=True
        )
        return holder.children


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directive."""
    app.add_directive("reference-of", ReferenceOf)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
