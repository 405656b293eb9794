"""What a runtime and an outcome are called on the pages: "runs on CE", or the words that a project has for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sphinx.errors import ConfigError

from sphinxext.tested_snippets.translation import say

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

    from sphinxext.tested_snippets.evidence import Check, Environment

__all__ = ["check_wording", "outcome_words", "runtime_words"]

_OPTION = "tested_snippets_wording"
_KEYS = frozenset({"name", "runs", "fails"})
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")


def runtime_words(config: Config, runtime: str) -> str:
    """What readers know a runtime as: its name, unless the setting ``tested_snippets_wording`` has another one."""
    own: Mapping[str, str] = getattr(config, _OPTION).get(runtime, {})
    return own.get("name", runtime)


def outcome_words(config: Config, check: Check, environment: Environment) -> str:
    """What became of a check as it was expected to, for instance "fails on CE".

    The setting ``tested_snippets_wording`` may have other words for a runtime. ``{python}``, or the name of a
    distribution of the evidence in braces, stands for the version in `environment`.
    """
    outcome = "runs" if check.expected.fails is None else "fails"
    own: Mapping[str, str] = getattr(config, _OPTION).get(check.runtime, {})
    if outcome not in own:
        usual = say("runs on {runtime}") if outcome == "runs" else say("fails on {runtime}")
        return usual.format(runtime=check.runtime)
    versions = {"python": environment.python, **environment.packages}
    missing = say("(no {name})")
    return _PLACEHOLDER.sub(
        lambda found: versions.get(found[1]) or missing.format(name=found[1]), own[outcome]
    )


def check_wording(app: Sphinx, config: Config) -> None:
    """Refuse a setting that has not the form (event ``config-inited``).

    :raises ConfigError: it has not.
    """
    setting: Any = getattr(config, _OPTION)
    form = f'{_OPTION} maps a runtime to its words, {{"NAME": {{"name": "...", "runs": "...", "fails": "..."}}}}'
    if not isinstance(setting, dict):
        raise ConfigError(f"{form}, found {setting!r}")
    for runtime, words in setting.items():
        if (
            not isinstance(words, dict)
            or not words.keys() <= _KEYS
            or not all(isinstance(text, str) for text in words.values())
        ):
            raise ConfigError(f"{form}, found {words!r} for {runtime!r}")
