"""What users can set, declared once: it is registered from here, and the reference of the manual is made of it.

Meanings are sentences of reStructuredText that need nothing but double backquotes, so that ``pytest --help`` can
show them as well.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from sphinxext.tested_snippets.styles import DEFAULT_STYLE

__all__ = [
    "EVIDENCE_FOLDER",
    "PYTEST_OPTIONS",
    "PYTEST_SETTINGS",
    "SPHINX_SETTINGS",
    "UPDATE_COMMAND",
    "CommandLineOption",
    "Setting",
    "plain",
]

#: The command that messages name, where a project has no other.
UPDATE_COMMAND = "pytest --snippets-evidence=update"
#: The folder of the evidence, from the root.
EVIDENCE_FOLDER = "docs/evidence"


@dataclass(frozen=True)
class Setting:
    """A setting of ``conf.py`` or of pytest.

    :param kind: what it takes: for pytest the type of an ini option, for Sphinx words.
    :param types: what Sphinx takes besides the type of the default.
    :param rebuild: what Sphinx does again when it changed: ``env`` stands for everything, "" for nothing.
    """

    name: str
    default: Any
    kind: str
    meaning: str
    types: tuple[type, ...] = ()
    rebuild: Literal["", "env"] = "env"


@dataclass(frozen=True)
class CommandLineOption:
    """An option of pytest's command line.

    :param value: what stands behind it, "" for a switch.
    :param given: what pytest's ``addoption`` takes besides the help.
    """

    name: str
    value: str
    meaning: str
    given: dict[str, Any] = field(default_factory=dict)


def plain(meaning: str) -> str:
    """A meaning as a terminal shows it."""
    return meaning.replace("``", "`").rstrip(".")


SPHINX_SETTINGS = (
    Setting(
        "tested_snippets_evidence",
        "evidence",
        "folder",
        "The folder of the evidence, from the folder of ``conf.py``.",
    ),
    Setting(
        "tested_snippets_root",
        "",
        "folder",
        "The project's root, from the folder of ``conf.py``. Without it, that is the nearest folder above with a "
        "``pyproject.toml``, a ``pytest.ini``, a ``tox.ini`` or a ``.git``.",
    ),
    Setting(
        "tested_snippets_marker",
        (DEFAULT_STYLE.start, DEFAULT_STYLE.end),
        "two markers, a style, or a list of styles",
        "How snippets are marked in their files: start and end marker, of which the start has ``{name}`` in it, or "
        "one or several styles.",
        (tuple, list, str),
    ),
    Setting(
        "tested_snippets_search",
        [],
        "list of globs",
        "The files, from the root, in which snippets are looked for by name alone.",
        (list, tuple),
    ),
    Setting(
        "tested_snippets_literals",
        default=False,
        kind="bool",
        meaning="Whether the names in running text are held against what ``snippets_literals`` found out about them.",
    ),
    Setting(
        "tested_snippets_waive",
        {},
        "dict of languages and reasons",
        'Languages whose blocks are not run, with the reason, which the pages show: ``{"yaml, json": "shown only"}``. '
        "A block with a ``snippet-check`` of its own runs all the same.",
    ),
    Setting(
        "tested_snippets_override",
        default=True,
        kind="bool",
        meaning="``False`` leaves ``literalinclude`` to Sphinx.",
    ),
    Setting(
        "tested_snippets_source_url",
        "",
        "address",
        "Where the source of a snippet can be read: a link with it stands below each block in HTML and PDF. "
        "``https://github.com/me/my/blob/{commit}/{path}#L{start}-L{end}`` leads to the lines as they are in the "
        "commit that is built.",
        rebuild="",  # The links are compared with those of the last build.
    ),
    Setting(
        "tested_snippets_update_command", UPDATE_COMMAND, "command", "What warnings say to run."
    ),
    Setting(
        "tested_snippets_wording",
        {},
        "dict of dicts",
        'What outcomes on a runtime are called, where "runs on" its name is not what happened there: '
        '``{"lib 1": {"runs": "accepted by lib {lib}", "fails": "refused by lib {lib}"}}``. A name in braces stands '
        "for the version of that distribution, ``{python}`` for Python's. ``name`` is what readers know the runtime as, "
        'where its name is one for those who write pages: ``{"lib 1": {"name": "the former lib"}}``.',
    ),
)

PYTEST_SETTINGS = (
    Setting(
        "snippets_pages",
        [],
        "linelist",
        "Globs of the pages whose blocks are run, and of Python files whose docstrings have some.",
    ),
    Setting(
        "snippets_runtimes",
        [],
        "linelist",
        "Lines ``NAME = FIXTURE``, or ``NAME = FIXTURE(argument)``: the fixture whose value runs snippets on the "
        "runtime of that name. ``NAME = FIXTURE for bash, console`` runs these languages only; built-in runners "
        "have theirs. The first one that runs the language of a snippet is the default.",
    ),
    Setting(
        "snippets_items",
        "block",
        "string",
        "What is a test for pytest: each ``block`` of a page, or the ``page``, which takes less time where blocks are many "
        "and quick. Each block has a report of its own in both, and with options that pick blocks or stop at one "
        "(``-k``, ``--lf``, ``--pdb``, the name of one) it is a test in both. Fixtures live as long as the test.",
    ),
    Setting(
        "snippets_literals",
        "",
        "string",
        "The fixture whose value looks up the names in running text. Without it, nobody does.",
    ),
    Setting(
        "snippets_environment",
        [],
        "args",
        "The distributions whose versions, with Python's, tell one environment from another.",
    ),
    Setting(
        "snippets_evidence",
        EVIDENCE_FOLDER,
        "string",
        "The folder of the evidence, from the root.",
    ),
    Setting(
        "snippets_marker",
        [],
        "linelist",
        "As ``tested_snippets_marker``: start and end marker on two lines, or a line ``START => END``, or a style, "
        "for each style. Without it, snippets are marked as Sphinx's default has it.",
    ),
    Setting("snippets_search", [], "args", "As ``tested_snippets_search``."),
    Setting(
        "snippets_waive",
        [],
        "linelist",
        "As ``tested_snippets_waive``: lines ``LANGUAGE, LANGUAGE = REASON``.",
    ),
    Setting(
        "snippets_normalise",
        [],
        "linelist",
        "Lines ``REGEX => REPLACEMENT``, for what differs from run to run in observed lines.",
    ),
    Setting("snippets_update_command", UPDATE_COMMAND, "string", "What messages say to run."),
    Setting(
        "snippets_depends",
        [],
        "args",
        "Globs of the files that checks use besides pages, snippets and tests: runners, fixtures of ``conftest.py``, "
        "pinned versions. With it, checks that passed here as they are now are left out.",
    ),
    Setting(
        "snippets_literals_depends",
        [],
        "args",
        "Globs of the files that the resolver of ``snippets_literals`` looks into, or only at the names of, besides those of "
        "``snippets_depends``. With both, the literals of a page that has not changed are not looked up again.",
    ),
    Setting(
        "snippets_tests",
        [],
        "args",
        "Globs of test files, from the root, that have no marker ``snippet`` and depend on nothing but pages, their own "
        "code and what ``snippets_depends`` names: their tests are left out, too, while no page has changed.",
    ),
    Setting(
        "snippets_timeout",
        "60",
        "string",
        "How many seconds the built-in runners give a snippet.",
    ),
    Setting(
        "snippets_pass_env",
        [],
        "args",
        "Environment variables, as patterns like ``MY_*``, that snippets of the built-in runners get. Where the name "
        "of one has a word like ``TOKEN`` or ``PASSWORD`` in it, its value is written nowhere.",
    ),
)

PYTEST_OPTIONS = (
    CommandLineOption(
        "--snippets-evidence",
        "compare|update|observe",
        "Compare outcomes with the committed evidence, which is the default, or write them to it; ``observe`` writes "
        "failures and what could not be tried as well, which then is no failure of the session.",
        {"choices": ["compare", "update", "observe"], "default": "compare"},
    ),
    CommandLineOption(
        "--snippets-report",
        "FILE",
        "Write what became of each snippet to a file: as SARIF 2.1.0 when its name ends in ``.sarif``, otherwise as "
        "JSON.",
        {"metavar": "FILE"},
    ),
    CommandLineOption(
        "--snippets-rerun",
        "",
        "Run the checks, too, that are up to date.",
        {"action": "store_true"},
    ),
)
