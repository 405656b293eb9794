"""Sphinx's settings for this site."""

from __future__ import annotations

project = "Orquestra: from Quantum Engine to Compute Engine"
author = "the tested-snippets team"
project_copyright = "2026, the tested-snippets team"

extensions = ["sphinxext.tested_snippets", "sphinx_copybutton"]
exclude_patterns = ["_build", "evidence"]
nitpicky = True

tested_snippets_evidence = "evidence"
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
