project = "tally"
extensions = ["myst_parser", "sphinxext.tested_snippets"]
myst_enable_extensions = ["colon_fence"]
exclude_patterns = ["_build", "evidence"]
tested_snippets_update_command = "python -m pytest --snippets-evidence=update"
