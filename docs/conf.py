"""Sphinx's settings for this site."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))  # examples/ is no installed package

project = "Orquestra: from Quantum Engine to Compute Engine"
author = "the tested-snippets team"
project_copyright = "2026, the tested-snippets team"

extensions = [
    "sphinx.ext.autodoc",
    "sphinxext.tested_snippets",
    "sphinx.ext.autodoc",
    "sphinx_copybutton",
    "examples.errors_page",
    "examples.reference_page",
    "pictures.directive",
]
exclude_patterns = ["_build", "evidence"]
nitpicky = True
# Names of others could only be looked up where their sites can be reached.
_PUBLIC = "evidence|plugin|resolution|runner|runners|testing"
nitpick_ignore_regex = [
    ("py:.*", r"(?!sphinxext\.|local_ce).*"),
    # What a public class is made of inside is not on the page of what to import.
    ("py:.*", rf"sphinxext\.tested_snippets\.(?!(?:{_PUBLIC})\.).*"),
]
autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

tested_snippets_evidence = "evidence"
tested_snippets_literals = True
tested_snippets_wording = {
    "CE": {"name": "the local CE"},
    "QE translation": {
        "name": "the SDK's client for QE",
        "runs": "accepted and translated for QE by SDK {orquestra-sdk}",
        "fails": "refused by the QE client of SDK {orquestra-sdk}",
    },
    "Ray": {
        "name": "the SDK's translation for Ray",
        "runs": "made for Ray {ray} by SDK {orquestra-sdk}",
    },
    "SDK": {
        "name": "the SDK alone",
        "runs": "accepted by SDK {orquestra-sdk}",
        "fails": "refused by SDK {orquestra-sdk}",
    },
    "pytest": {"name": "the SDK, called by a test"},
    "console": {
        "name": "the command line",
        "runs": "typed into a shell, prints what is shown",
    },
    "python": {"name": "Python"},
    "shell": {"name": "a shell"},
}
# Checks whose output is what somebody else was told: by a command, another release, the SDK's client, git.
errors_page_also = [
    "cli-list-unfiltered",
    "cli_env_setup",
    "cli_stopped",
    "cli_traceback",
    "deps-workspace-warning",
    "infer-detached",
    "infer-dirty",
    "infer-no-origin",
    "infer-no-repo",
    "list-since-0.52",
    "migrate_first_error",
    "newest-no-qe",
    "newest-qe-login",
    "newest-secret-as-text",
    "no-qe-in-0.55",
    "qe-too-large",
    "resources-nodes-of-task",
    "share-refused-since-0.53",
    "token-refused-since-0.51",
    "with-auth-since-0.53",
]
# What other versions of the SDK, and of what it needs, call the same errors.
errors_page_folders = ["evidence/matrix", "evidence/pythons"]
# What the manual of the extension breaks on purpose is no error of a migration.
errors_page_without = ["tested-snippets*"]
tested_snippets_update_command = "nox -s doctests -- --snippets-evidence=update"

html_theme = "furo"
html_title = "QE to CE"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    # The names of the pages are long; the arrows of the theme's footer lead to the neighbours.
    "navigation_with_keys": True,
}

copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
copybutton_only_copy_prompt_lines = True

# The signs and the drawings of folders are in few fonts; XeLaTeX takes those of the system.
latex_engine = "xelatex"
latex_documents = [("index", "qe-to-ce.tex", project, author, "manual")]
latex_use_xindy = False
latex_elements = {
    "papersize": "a4paper",
    "fontpkg": r"""
\setmainfont{DejaVu Sans Condensed}
\setsansfont{DejaVu Sans Condensed}
\setmonofont[Scale=0.9]{DejaVu Sans Mono}
""",
}


def _give_captions_a_level(app, pagename, templatename, context, doctree):  # noqa: ANN001, ANN202
    """Complete the headings between the names of pages, which Sphinx writes without a level."""
    tree = context.get("furo_navigation_tree", "")
    levelled = tree.replace('role="heading"', 'role="heading" aria-level="2"')
    context["furo_navigation_tree"] = levelled


def _let_tables_be_scrolled(app, pagename, templatename, context, doctree):  # noqa: ANN001, ANN202
    """Let keys reach the boxes in which the theme scrolls wide tables on a phone."""
    wrapper = '<div class="table-wrapper'
    if "body" in context:
        context["body"] = context["body"].replace(wrapper, f'<div tabindex="0"{wrapper[4:]}')


def setup(app):  # noqa: ANN001, ANN201, D103
    app.connect("html-page-context", _give_captions_a_level, priority=900)
    app.connect("html-page-context", _let_tables_be_scrolled)
