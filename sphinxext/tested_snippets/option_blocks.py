"""Lets docutils read the options of directives without building a parser for each block of them.

docutils reads options as a field list, with a state machine of its own for each directive; that is a sixth of the
time to build a page of short snippets. Where each option stands on one line, as nearly all do, the same
names and values can be read off. All else, and what is wrong, is left to docutils, and so are its messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from docutils import utils
from docutils.parsers.rst.states import Body

__all__ = ["read_as_docutils", "read_fast"]

#: Whether it went well, and the options or what is wrong.
_Parsed = tuple[int, Any]
#: An option on a line of its own, whose name has no character that markup could begin or end with. In a value, NUL is
#: how docutils writes a backslash while it parses.
_OPTION = re.compile(r":([A-Za-z][A-Za-z0-9-]*):(?: +([^\0]*))?")


def read_fast(*_: Any) -> None:
    """Read options the fast way from now on (event ``env-before-read-docs``)."""
    Body.parse_extension_options = _parse  # type: ignore[method-assign]


def read_as_docutils(*_: Any) -> None:
    """Leave docutils as it was (event ``build-finished``)."""
    Body.parse_extension_options = _BY_DOCUTILS  # type: ignore[method-assign]


_BY_DOCUTILS: Callable[[Body, Mapping[str, Any], Iterable[str]], _Parsed] = (
    Body.parse_extension_options
)


def _parse(
    body: Body, option_spec: Mapping[str, Callable[..., Any]], datalines: Iterable[str]
) -> _Parsed:
    """As ``parse_extension_options`` of docutils."""
    lines = [_OPTION.fullmatch(line) for line in datalines]
    if all(lines):
        written = [(line[1].lower(), _value(line[2])) for line in lines if line]
        try:
            # Its stub doesn't know that a flag's value is None.
            return 1, utils.assemble_option_dict(written, option_spec)  # type: ignore[arg-type]
        except (KeyError, ValueError, TypeError, utils.ExtensionOptionError):
            pass  # docutils says what is wrong.
    return _BY_DOCUTILS(body, option_spec, datalines)


def _value(text: str | None) -> str | None:
    return text if text and text.strip() else None
