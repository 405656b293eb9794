"""The directives of the extension on pages in MyST Markdown: they show, run and judge what they do elsewhere."""

from __future__ import annotations

import pytest

pytest.importorskip("myst_parser")

from tests.tested_snippets.scratch_project import Project

CODE = """
def old():
    print("one")
    # </snippet>


def new():
    import os  # not shown
    print("two")
    # </snippet>
"""


@pytest.fixture
def site(project: Project) -> Project:
    """A project whose pages are in Markdown, with two snippets."""
    project.configure('extensions.append("myst_parser")\n')
    project.set_pytest('snippets_pages = ["docs/*.md"]')
    project.write("tests/code.py", CODE)
    return project


def page(site: Project, text: str) -> None:
    """Write the only page."""
    site.write("docs/index.md", f"# Page\n\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "```{before-after} ../tests/code.py::old ../tests/code.py::new\n:before: Then\n```\n",
        """````{before-after}
:before: Then

```{snippet} ../tests/code.py::old
```

```{snippet} ../tests/code.py::new
```
````
""",
    ],
)
def test_two_snippets_stand_beside_each_other(site: Project, text: str) -> None:
    """As arguments and as content, each with its outcome, and with their difference."""
    page(site, text)
    site.update().assert_outcomes(passed=2)

    shown = site.build("-W").shown()

    assert shown.count("Checked: runs on py") == 2
    assert "Then" in shown
    assert '- print("one")' in shown


def test_snippets_are_named_alone_joined_and_with_hidden_lines(site: Project) -> None:
    """What runs is found by the same rules; the options are those of any page."""
    site.configure('tested_snippets_search = ["tests/*.py"]\n')
    site.set_pytest('snippets_search = ["tests/*.py"]')
    page(
        site,
        """```{snippet} old
```

```{snippet} old + new
---
hide: |
  # not shown
  one
emphasize: two
---
```
""",
    )
    site.update().assert_outcomes(passed=2)

    built = site.build("-W")

    assert site.states() == {
        "tests/code.py::old": "verified",
        "docs/index.md::old+new": "verified",
    }
    assert "2 lines that run are not shown." in built.shown()
    assert "import os" not in built.shown()
    assert 'class="hll"' in built.page()


def test_differences_outputs_and_tables_are_shown(site: Project) -> None:
    """With what the checks of the page observed."""
    page(
        site,
        """```{snippet-check}
:transcript:
```

```{code-block} python
:name: lines

print("first")
print("second")
```

```{snippet-output} lines
:from: second
```

```{snippet-diff} ../tests/code.py::old ../tests/code.py::new
```

```{evidence}
:by: version
```

```{snippet-coverage}
```
""",
    )
    site.update().assert_outcomes(passed=1)

    built = site.build("-W")

    shown = built.shown()
    assert "…\nsecond\n" in shown
    assert '+ print("two")' in shown
    assert 'href="#snippet-index-0"' in built.page()
    assert "Every block was run, or is waived with a reason." in shown


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```{before-after} ../tests/code.py::old\n```\n", "before-after: it has 1 block"),
        ("```{snippet-diff} ../tests/code.py::old\n```\n", "snippet-diff: it has 1 snippet"),
        ("```{snippet-output} nothing\n```\n", "snippet-output: there is no block 'nothing'"),
        ("```{evidence}\n:pages: none\n```\n", "evidence: :pages: none matches no page"),
        ("```{snippet} ../tests/code.py::new\n:hide: none\n```\n", ":hide: none is in no line"),
        ("```{snippet} ../tests/code.py::nwe\n```\n", "there is no snippet 'nwe'"),
    ],
)
def test_what_is_wrong_is_said_with_the_line_of_the_page(
    site: Project, text: str, message: str
) -> None:
    """As on other pages."""
    page(site, text)

    assert f"index.md:3: WARNING: {message}" in site.build().warnings.replace("tests/code.py: ", "")
