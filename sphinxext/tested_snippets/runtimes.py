"""The runtimes that a project names: which fixture gives the runner of each."""

from __future__ import annotations

import re
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pytest

from sphinxext.tested_snippets.runner import Runner, RuntimeMissing, SetupError
from sphinxext.tested_snippets.runners import FIXTURES

__all__ = ["Runtime", "read_runtimes"]

_WRITTEN = re.compile(
    r"(?P<fixture>\w+)\s*(?:\((?P<argument>.*)\))?(?:\s+for\s+(?P<languages>[^()]+))?"
)


@dataclass(frozen=True)
class Runtime:
    """A line ``NAME = FIXTURE`` of ``snippets_runtimes``, maybe ``NAME = FIXTURE(argument) for LANGUAGE, LANGUAGE``.

    :param argument: what the runner is asked for with ``runner.using(argument)``, or None.
    :param languages: those that it runs, None for any: the line names them, or the built-in runner has its own.
    """

    name: str
    fixture: str
    argument: str | None = None
    languages: frozenset[str] | None = None

    def runs(self, language: str) -> bool:
        """Whether snippets in this language are for it."""
        return self.languages is None or language.lower() in self.languages

    def refuse_other(self, language: str) -> None:
        """Refuse a snippet in a language that isn't for it.

        :raises RuntimeMissing: it isn't.
        """
        if self.runs(language):
            return
        assert self.languages is not None
        unknown = language in {"", "default"}
        what = "its language is not known" if unknown else f"its language is {language}"
        mend = "Give it its language" if unknown else "Name another runtime with :runtime:"
        raise RuntimeMissing(
            f"{what}, and the runtime {self.name} runs {', '.join(sorted(self.languages))}. {mend}, name a "
            f"runtime for it in snippets_runtimes (`NAME = FIXTURE for {language or 'LANGUAGE'}`), or waive it "
            "with `:waive: reason`"
        )

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
        if hasattr(request.node, "callspec"):
            return self._given(
                request
            )  # A parametrised test may give the fixture a value of its own.
        # What stands in one file sees the same fixtures.
        known: dict[str, Runner] = request.node.parent.stash.setdefault(_STARTED, {})
        if self.name in known:
            return known[self.name]
        runner = self._given(request)
        if _is_for_session(request, self.fixture):
            known[self.name] = runner
        return runner

    def _given(self, request: pytest.FixtureRequest) -> Runner:
        try:
            runner: Runner = request.getfixturevalue(self.fixture)
        except pytest.FixtureLookupError as error:
            if error.argname != self.fixture:
                raise
            raise RuntimeMissing(
                f"there is no fixture {self.fixture!r}, which snippets_runtimes names for {self.name}; built in are "
                f"{', '.join(sorted(FIXTURES))}. Correct the name, or define the fixture in conftest.py"
            ) from None
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
    """Whether the value of a fixture is the same for the whole session, as far as pytest tells."""
    active = getattr(request, "_get_active_fixturedef", None)
    return active is not None and active(fixture).scope == "session"


def read_runtimes(pairs: Iterable[tuple[str, str]]) -> Mapping[str, Runtime]:
    """The runtimes by name, from the two sides of their lines.

    :raises pytest.UsageError: a right side has not the form.
    """
    runtimes = {}
    for name, written in pairs:
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise pytest.UsageError(
                f"snippets_runtimes has {name} = {written}, expected the name of a fixture, or FIXTURE(argument), "
                "with `for LANGUAGE, LANGUAGE` behind it where it is not for all"
            )
        argument, named = match["argument"], match["languages"]
        languages = FIXTURES.get(match["fixture"])
        if named:
            languages = frozenset(part.strip().lower() for part in named.split(","))
        runtimes[name] = Runtime(name, match["fixture"], argument and argument.strip(), languages)
    return runtimes
