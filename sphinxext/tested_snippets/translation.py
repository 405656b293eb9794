"""The extension's own words on the pages, in the language of the pages.

Warnings and errors stay English: they are for those who write pages, and are looked up word for word.

The catalogues are in ``locale/``; ``nox -s translations`` brings them up to date with the code.

The reasons of waivers are words of the pages' authors, which Sphinx does not see. They are translated as it does the
text of a page: with the page's own catalogue, when it is read.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.locale import get_translation, init
from sphinx.util.i18n import docname_to_domain

from sphinxext.tested_snippets.phrase import Phrase, ended

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

__all__ = ["CATALOG", "FOLDER", "add_words", "of_author", "say", "sentence"]

#: The name of the message catalogue, and where its translations are.
CATALOG = "tested_snippets"
FOLDER = Path(__file__).parent / "locale"

_translated = get_translation(CATALOG)


def say(text: str) -> str:
    """`text` in the language of the pages."""
    return str(_translated(text))


def sentence(phrase: Phrase) -> str:
    """What a phrase says, as a sentence in the language of the pages."""
    words = say(phrase.words)
    # A name at the beginning stays as it is.
    return ended(f"{words[:1].upper()}{words[1:]}".format(**phrase.values))


def of_author(text: str, env: BuildEnvironment) -> str:
    """`text`, which an author wrote for the page that is read, in the language of the pages."""
    domain = docname_to_domain(env.docname, env.config.gettext_compact)
    folders = [str(Path(env.srcdir, folder)) for folder in env.config.locale_dirs]
    catalogue, found = init(folders, env.config.language, domain)
    return catalogue.gettext(text) if found and text else text


def add_words(app: Sphinx) -> None:
    """Let Sphinx find the translations."""
    app.add_message_catalog(CATALOG, str(FOLDER))
