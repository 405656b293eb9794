project = "spans"
extensions = ["sphinxext.tested_snippets"]
exclude_patterns = ["_build", "evidence"]
tested_snippets_update_command = "python -m pytest --snippets-evidence=update"
