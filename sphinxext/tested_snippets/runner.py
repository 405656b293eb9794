"""What a runtime gets to execute, and how its answer is held against what was expected.

A project gives the extension its runtimes as pytest fixtures. The value of such a fixture is a
:data:`Runner`. It may have two methods besides:

``environment(distributions)``
    gives the :class:`Environment` that snippets run in where that is another than pytest's own, with the
    versions of those of the `distributions` that are installed there.
``using(argument)``
    gives the runner for a line ``NAME = FIXTURE(argument)`` of ``snippets_runtimes``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Optional

from sphinxext.tested_snippets.evidence import Environment, Expectation

__all__ = [
    "CheckFailed",
    "Observed",
    "Runner",
    "RuntimeMissing",
    "SetupError",
    "Snippet",
    "SnippetFailed",
    "environment_of",
    "meet",
]


@dataclass(frozen=True)
class Snippet:
    """A snippet to execute.

    :param name: ``path::name`` of the snippet.
    :param text: what the reader sees.
    :param language: its language as the page says it, "" where it doesn't.
    :param setup: hidden code that has to run before it.
    :param path: the page or test that asks for the execution, from the project's root.
    :param line: the line there, 1-based.
    """

    name: str
    text: str
    language: str
    setup: str
    path: str
    line: int


#: Executes a snippet and returns what it printed or gave; raises whatever made it fail. None counts as "".
Runner = Callable[[Snippet], Optional[str]]


class SetupError(Exception):
    """For runners to raise when the hidden set-up of a snippet fails: never taken for an expected failure."""


class RuntimeMissing(SetupError):
    """For runners to raise when there is nothing to run a snippet with: nothing is recorded then."""


class SnippetFailed(Exception):
    """For runners to raise when a snippet fails.

    :param message: what the snippet failed with, which expected failures are held against.
    :param details: the rest, for the reader of pytest's output: traceback, output.
    """

    def __init__(self, message: str, details: str = "") -> None:
        super().__init__(message)
        self.details = details


class CheckFailed(AssertionError):
    """A snippet did not behave as expected; `observed` is the line to record.

    A runner raises it where a snippet is not even what it says of itself, such as a session whose output is
    another than the one shown: that is never taken for an expected failure.
    """

    def __init__(self, reason: str, observed: str) -> None:
        super().__init__(reason)
        self.observed = observed


@dataclass(frozen=True)
class Observed:
    """What a snippet gave that behaved as expected.

    :param line: the line that met the expectation, "" when running was all.
    :param text: all that it gave: its output, or the message that it failed with.
    """

    line: str
    text: str


def meet(expected: Expectation, runner: Runner, snippet: Snippet) -> Observed:
    """Execute `snippet` and return what it gave.

    :raises CheckFailed: it did not behave as expected.
    :raises SetupError: the runner could not set it up.
    """
    __tracebackhide__ = True
    try:
        output = runner(snippet)
    except (SetupError, CheckFailed):
        raise
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever the snippet raises is its outcome
        return _meet_failure(expected, error)
    output = "" if output is None else str(output)
    if expected.fails is not None:
        raise CheckFailed(
            f"it ran, but was expected to fail with {expected.fails!r}", "it ran without a failure"
        )
    if expected.output is None:
        return Observed("", output)
    line = line_with(output, expected.output)
    if line is None:
        raise CheckFailed(
            f"no line of its output has {expected.output!r}. It gave:\n{output or '(nothing)'}",
            _last_line(output),
        )
    return Observed(line, output)


def _meet_failure(expected: Expectation, error: BaseException) -> Observed:
    __tracebackhide__ = True
    own = isinstance(error, SnippetFailed)
    message = str(error) if own else f"{type(error).__name__}: {error}"
    details = getattr(error, "details", "") if own else ""
    shown = f"{message}\n{details}" if details else message
    if expected.fails is None:
        raise CheckFailed(f"it failed:\n{shown}", _last_line(message)) from error
    line = line_with(str(error), expected.fails) or line_with(message, expected.fails)
    if line is None:
        raise CheckFailed(
            f"it failed, but no line of the message has {expected.fails!r}. It failed with:\n{shown}",
            _last_line(message),
        ) from error
    return Observed(line, message)


def environment_of(runner: Runner, distributions: Iterable[str]) -> Environment | None:
    """Where `runner` runs snippets; None when it doesn't say, and it is where pytest runs.

    :raises RuntimeMissing: it can't tell.
    """
    ask: Callable[[Iterable[str]], Environment] | None = getattr(runner, "environment", None)
    return ask(distributions) if ask else None


def line_with(text: str, wanted: str) -> str | None:
    """The first line of `text` that has `wanted`, or None."""
    return next((line.strip() for line in text.splitlines() if wanted in line), None)


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""
