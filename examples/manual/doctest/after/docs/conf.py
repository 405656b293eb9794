extensions = ["sphinxext.tested_snippets"]
