"""The runtimes that a project names: which fixture gives the runner of each."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pytest

from sphinxext.tested_snippets.runner import Runner, SetupError

__all__ = ["Runtime", "read_runtimes"]

_WRITTEN = re.compile(r"(?P<fixture>\w+)\s*(?:\((?P<argument>.*)\))?")


@dataclass(frozen=True)
class Runtime:
    """A line ``NAME = FIXTURE`` or ``NAME = FIXTURE(argument)`` of ``snippets_runtimes``.

    :param argument: what the runner is asked for with ``runner.using(argument)``, or None.
    """

    name: str
    fixture: str
    argument: str | None = None

    def start(self, request: pytest.FixtureRequest) -> Runner:
        """The runner.

        :raises SetupError: there is none.
        """
        try:
            return self._runner(request)
        except SetupError:
            raise
        except Exception as error:
            # Sybil can't show an exception that is chained to one from elsewhere.
            raise SetupError(
                f"the fixture {self.fixture} of the runtime {self.name} failed:\n{traceback.format_exc()}"
            ) from error

    def _runner(self, request: pytest.FixtureRequest) -> Runner:
        # What stands in one file sees the same fixtures.
        known: dict[str, Runner] = request.node.parent.stash.setdefault(_STARTED, {})
        if self.name in known:
            return known[self.name]
        runner = self._given(request)
        if _is_for_session(request, self.fixture):
            known[self.name] = runner
        return runner

    def _given(self, request: pytest.FixtureRequest) -> Runner:
        runner: Runner = request.getfixturevalue(self.fixture)
        if self.argument is None:
            return runner
        using: Callable[[str], Runner] | None = getattr(runner, "using", None)
        if using is None:
            raise SetupError(
                f"snippets_runtimes: {self.name} = {self.fixture}({self.argument}), but what the fixture "
                f"{self.fixture} gives takes no argument: it has no method using(argument)"
            )
        return using(self.argument)


#: The runners that hold for the whole session, by runtime: pytest takes its time to find them again.
_STARTED = pytest.StashKey["dict[str, Runner]"]()


def _is_for_session(request: pytest.FixtureRequest, fixture: str) -> bool:
    """Whether there is one value of a fixture for the whole session, as far as pytest tells."""
    manager = getattr(request.session, "_fixturemanager", None)
    defined = getattr(manager, "_arg2fixturedefs", {}).get(fixture, ())
    return [getattr(one, "scope", "") for one in defined] == ["session"]


def read_runtimes(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Runtime]:
    """The runtimes by name, from the two sides of their lines.

    :raises pytest.UsageError: a right side has not the form.
    """
    runtimes = {}
    for name, written in pairs:
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise pytest.UsageError(
                f"snippets_runtimes has {name} = {written}, expected the name of a fixture, or FIXTURE(argument)"
            )
        argument = match["argument"]
        runtimes[name] = Runtime(name, match["fixture"], argument and argument.strip())
    return runtimes
