"""Literals that name what the extension, pytest and Sphinx declare: settings, directives, roles and their options."""

from __future__ import annotations

import re
from typing import Any

import pytest

__all__ = ["Declared"]


class Declared:
    """What is declared.

    :param config: that of the pytest that runs, which knows all settings of pytest and its plugins.
    """

    def __init__(self, config: pytest.Config) -> None:
        from sphinx import roles
        from sphinx.config import Config

        from sphinxext.tested_snippets.check_options import CHECK_OPTIONS
        from sphinxext.tested_snippets.options import SPHINX_SETTINGS
        from sphinxext.tested_snippets.reports import _STATES
        from sphinxext.tested_snippets.statement import ROLES
        from sphinxext.tested_snippets.syntax import DIRECTIVES, IN_PLACE_OF_STOCK
        from sphinxext.tested_snippets.tables import TABLES
        from sphinxext.tested_snippets.verdict import State

        self._config = config
        self._directives: dict[str, Any] = {**IN_PLACE_OF_STOCK, **DIRECTIVES}
        self._options = {
            option: name
            for name, directive in self._directives.items()
            for option in directive.option_spec or {}
        }
        self._options.update(dict.fromkeys(CHECK_OPTIONS, "snippet-check"))
        self._settings = {setting.name for setting in SPHINX_SETTINGS}
        self._stock = set(Config.config_values)
        stock = ("code", "option", *roles.generic_docroles, *roles.specific_docroles)
        self._roles = {*ROLES, *stock}
        self._words: dict[str, str] = dict.fromkeys(TABLES, "a table of the directive evidence")
        self._words.update(dict.fromkeys(_STATES, "a state in reports"))
        self._words.update({state.value: "a state, and a subtype of warnings" for state in State})

    def look_up(self, text: str) -> str | None:
        """What a literal names of all that."""
        name = text.partition(" ")[0].strip("\"'=")
        if text in self._words:
            return self._words[text]
        directive = re.match(r"\.\. ([\w-]+)::", text) or re.fullmatch(
            r"([a-z]+(?:-[a-z]+)*)", text
        )
        if directive and directive[1] in self._directives:
            return f"the directive {directive[1]}"
        marker = re.match(r"@pytest\.mark\.(\w+)", text)
        if marker and any(line.startswith(marker[1]) for line in self._config.getini("markers")):
            return f"the marker {marker[1]} of pytest"
        option = re.match(r":([\w-]+):", text)
        if option and option[1] in self._options:
            return f"an option of the directive {self._options[option[1]]}"
        role = re.fullmatch(r"[{:](\w+)[}:]", text)
        if role and role[1] in self._roles:
            return f"the role {role[1]}"
        if name in self._settings:
            return "a setting of the extension in conf.py"
        if name in self._stock:
            return "a setting of Sphinx"
        return "a setting of pytest" if self._is_of_pytest(name) else None

    def _is_of_pytest(self, name: str) -> bool:
        try:
            self._config.getini(name)
        except ValueError:
            return False
        return "_" in name or name == "pythonpath"
