"""The directives that a page is read by, whatever format it is written in: those that show a literal block, and those not to enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sphinxext.tested_snippets._rest_directives import (
    Shape,
    dedented,
    without_doctest_flags,
)
from sphinxext.tested_snippets._rest_lines import Line, joined


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CODE = Shape("word")
_SESSION = Shape("text")
_FILE = Shape("text", required=True, content="none")
#: The directives that show a literal block, with the name of its kind.
LITERAL: Mapping[str, tuple[str, Shape]] = {
    "literalinclude": ("literalinclude", _FILE),
    "snippet": ("snippet", _FILE),
    "code-block": ("code-block", _CODE),
    "sourcecode": ("code-block", _CODE),
    "code": ("code-block", Shape("word", content="required")),
    "parsed-literal": ("parsed-literal", Shape(content="required")),
    "testcode": ("testcode", _SESSION),
    "testoutput": ("testoutput", _SESSION),
    "doctest": ("doctest", _SESSION),
}
#: What is highlighted the same wherever it stands.
LANGUAGE = {"testcode": "python", "testoutput": "none", "doctest": "pycon"}
#: The options of ``before-after`` that are those of its two snippets.
OF_SIDES = _names("language linenos waive")
#: Directives whose content docutils does not read as reStructuredText, or never shows.
OPAQUE = _names(
    "altair-plot argparse bibliography command-output contents csv-table currentmodule date"
    " default-role digraph eval exec graph graphviz image include index inheritance-diagram ipython"
    " jinja jupyter-execute line-block math mermaid meta plantuml plot productionlist"
    " program-output prompt raw replace restructuredtext-test-directive role sectionauthor"
    " sectnum tabularcolumns target-notes testcleanup testsetup title toctree uml unicode"
    " autosummary"
)
#: Those of them that hold running text, which roles may stand in.
RUNNING = _names("csv-table line-block")
#: Directives without argument, whose content may begin behind the ``::``.
NO_ARGUMENT = _names(
    "acks attention caution compound danger epigraph error footer glossary header highlights hint"
    " hlist important note pull-quote seealso tip todo warning"
)


def highlighted_as(kind: str, argument: str, options: Mapping[str, str], usual: str) -> str:
    """What a directive of this `kind` is highlighted as, where the page's `usual` language is this."""
    own = argument if kind == "code-block" else options.get("language", "")
    return LANGUAGE.get(kind) or own or usual


def shown(kind: str, options: Mapping[str, str], content: Sequence[Line]) -> str | None:
    """The text that a directive of this `kind` shows, None where it is in another file.

    :raises Malformed: docutils would refuse an option that the text depends on.
    """
    if kind in ("literalinclude", "snippet"):
        return None
    if kind == "code-block":
        return dedented(content, options.get("dedent"))
    if kind == "doctest":
        return without_doctest_flags(content, "no-trim-doctest-flags" not in options)
    return joined(content)
