extensions = ["sphinxext.tested_snippets"]
tested_snippets_marker = ("def {name}(", "# end")
