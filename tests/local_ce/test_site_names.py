"""The resolver of this site against the installed SDK: right names resolve, misspelled ones don't."""

from __future__ import annotations

import pytest

from sphinxext.tested_snippets.resolution import Literal, Resolver


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("GithubImport", "resolved"),
        ("GithubImprt", "not_found"),
        ("sdk.secrets.get", "resolved"),
        ("sdk.secrets.fetch", "not_found"),
        ("GitImport.infer()", "resolved"),
        ("GitImport.guess()", "not_found"),
        ("source_import=", "resolved"),
        ("source_imports=", "not_found"),
        ("orq wf submit", "resolved"),
        ("orq wf sumbit", "not_found"),
        ("orq login --list", "resolved"),
        ("orq login --lst", "not_found"),
        ("orq login -s https://example.com -t TOKEN", "resolved"),
        ("--env-setup", "resolved"),
        ("--env-set", "not_found"),
        ("0.54.0", "resolved"),
        ("0.54.99", "not_found"),
        ("ORQ_CONFIG_PATH", "resolved"),
        ("ORQ_CONFIG_PTH", "not_found"),
        ("examples/my_proj/setup.cfg", "resolved"),
        ("examples/my_prj/setup.cfg", "not_found"),
        ("my-own-name", "not_judged"),
        ("?", "not_judged"),
    ],
)
def test_a_name_on_a_page_about_ce_is_looked_up(
    site_names: Resolver, text: str, state: str
) -> None:
    """Symbols, parameters, commands, options, versions, variables and files of the SDK and the repo."""
    answer = site_names(Literal(text, "docs/custom-images.rst", 1))
    assert (answer.text, answer.state) == (text, state)
    assert answer.said
