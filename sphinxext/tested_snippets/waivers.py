"""Languages whose blocks a project doesn't run, with the reason, which pages show. Pure."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["WAIVERS_FORM", "Waivers", "read_waivers"]

#: Languages in lower case, each with the reason.
Waivers = tuple[tuple[str, str], ...]
#: What the settings take, for messages.
WAIVERS_FORM = "languages, separated by commas, and the reason why their blocks are not run"


def read_waivers(written: Iterable[tuple[object, object]]) -> Waivers | None:
    """The reasons by language, from pairs of languages and a reason; None where one of them has not the form."""
    found: list[tuple[str, str]] = []
    for languages, reason in written:
        if not (isinstance(languages, str) and isinstance(reason, str) and reason.strip()):
            return None
        named = [language.strip().lower() for language in languages.split(",")]
        if not all(named):
            return None
        found += ((language, reason.strip()) for language in named)
    return tuple(found)
