"""Signs in LaTeX: Sphinx's default engine, pdflatex, ends at a character that nobody has declared."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

__all__ = ["declare_signs"]

#: What the signs on pages are written as, with the packages that Sphinx loads; it declares ``✓`` itself.
_SIGNS = {
    "✗": r"\ensuremath{\times}",
    "‼": "!!",
    "↻": r"\ensuremath{\circlearrowright}",
    "○": r"\ensuremath{\circ}",
}


def declare_signs(app: Sphinx, config: Config) -> None:
    """Declare the signs before what the project has in its own preamble (event ``config-inited``)."""
    if config.latex_engine != "pdflatex":
        return
    declared = "\n".join(
        f"\\DeclareUnicodeCharacter{{{ord(sign):04X}}}{{{written}}}"
        for sign, written in _SIGNS.items()
    )
    elements = dict(config.latex_elements)
    elements["preamble"] = f"{declared}\n{elements.get('preamble', '')}"
    config.latex_elements = elements
