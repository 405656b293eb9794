"""What became of one check in a pytest run, in a form that pytest-xdist can carry to its controller."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sphinxext.tested_snippets.evidence import Check, Environment
from sphinxext.tested_snippets.page_blocks import Place

__all__ = ["ATTRIBUTE", "BLOCK", "STAMP", "Outcome", "Ran"]

#: The attribute of a :class:`pytest.TestReport` that carries a :class:`Ran`, from a worker of pytest-xdist
#: what its :meth:`Ran.to_json` gives.
ATTRIBUTE = "tested_snippets"
#: The attribute with what a test that passed depends on, see :mod:`sphinxext.tested_snippets.repeats`.
STAMP = "tested_snippets_stamp"
#: The attribute with the node id that a block has as a test, where its page is one test.
BLOCK = "tested_snippets_block"


class Ran(NamedTuple):
    """What one test did.

    :param checks: each with the environment that the snippet ran in, None for that of pytest.
    :param message: why it failed, without secrets; "" when it passed.
    :param line: the line of the block on its page, None for the test's own line.
    :param snippets: those that it would have checked.
    """

    checks: Sequence[tuple[Check, Environment | None]] = ()
    message: str = ""
    line: int | None = None
    snippets: Sequence[str] = ()

    def to_json(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        checks = [(check.to_json(), env and env.to_json()) for check, env in self.checks]
        return {
            "checks": checks,
            "message": self.message,
            "line": self.line,
            "snippets": list(self.snippets),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Ran:
        """The inverse of :meth:`to_json`."""
        checks = [
            (Check.from_json(check), env and Environment.from_json(env))
            for check, env in data["checks"]
        ]
        return cls(checks, data["message"], data["line"], data["snippets"])


class Outcome(NamedTuple):
    """A check, or a test that should have made one, and what became of it.

    :param state: ``"verified"``; ``"up_to_date"``, when it passed before and was left out; ``"failed"``; ``"broken"``, when there was nothing to run; ``"differs"``,
        from the committed evidence; or ``"skipped"``.
    :param snippet: its name, or that of the test where there is none.
    :param path: the page or test, from the project's root; with `line`, 1-based.
    :param check: None where none was made.
    :param differences: what the evidence says otherwise, a line each.
    :param cause: the lines of the snippet, where those are what has to be looked at, and not the check.
    """

    state: str
    snippet: str
    test: str
    path: str
    line: int
    message: str = ""
    check: Check | None = None
    environment: Environment | None = None
    differences: Sequence[str] = ()
    cause: Place | None = None
