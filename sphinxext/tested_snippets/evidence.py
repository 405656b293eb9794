"""The committed record of checks: model, load, merge, save.

One JSON file per environment. Its text depends on nothing but the environment and the checks, so that the
same checks run twice leave the file byte-identical and a difference can be reviewed like code.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sphinxext.tested_snippets import resolution
from sphinxext.tested_snippets.resolution import Resolution

__all__ = ["Check", "Environment", "Evidence", "EvidenceError", "Expectation", "digest", "load_all"]

#: The format of the files this version reads and writes.
FORMAT = 1


class EvidenceError(Exception):
    """An evidence file that can't be used. ``str()`` names the file, the defect and the remedy."""

    def __init__(self, path: Path, found: str, remedy: str) -> None:
        super().__init__(f"{path}: {found}. {remedy}.")


def digest(text: str) -> str:
    """The digest of a text as a reader sees it: SHA-256 in hex, without the line ends after its last line."""
    return hashlib.sha256(text.rstrip("\n").encode()).hexdigest()


@dataclass(frozen=True)
class Environment:
    """Where checks ran.

    :param python: major and minor version, for instance ``3.9``.
    :param packages: the versions of the distributions that make up the environment.
    """

    python: str
    packages: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def current(cls, distributions: Iterable[str]) -> Environment:
        """The environment of this process; a distribution that isn't installed is left out."""
        # Only who runs checks asks; whoever reads evidence, as the hook before a commit, need not wait for it.
        from importlib import metadata  # noqa: PLC0415

        packages = {}
        for name in distributions:
            try:
                packages[name] = metadata.version(name)
            except metadata.PackageNotFoundError:
                continue
        return cls(".".join(platform.python_version_tuple()[:2]), packages)

    def to_json(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        return {"python": self.python, "packages": dict(sorted(self.packages.items()))}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Environment:
        """The inverse of :meth:`to_json`."""
        return cls(data["python"], dict(data["packages"]))

    @property
    def file_name(self) -> str:
        """The name of the environment's evidence file."""
        parts = [f"python-{self.python}"]
        parts += [f"{name}-{version}" for name, version in sorted(self.packages.items())]
        return re.sub(r"[^\w.+-]", "_", "_".join(parts)) + ".json"

    def __str__(self) -> str:
        parts = [f"Python {self.python}"]
        return ", ".join(parts + [f"{name} {v}" for name, v in sorted(self.packages.items())])


@dataclass(frozen=True)
class Expectation:
    """What a check expects: that the snippet fails with a message, or runs, maybe with some output."""

    fails: str | None = None
    output: str | None = None

    @property
    def wanted(self) -> str | None:
        """The text that a line of the output or of the message must have, or None."""
        return self.fails if self.fails is not None else self.output


@dataclass(frozen=True)
class Check:
    """One execution of a snippet with an expected outcome.

    :param snippet: ``path::name`` of the snippet, the path from the project's root.
    :param test: node id of the test that exercised it.
    :param runtime: the name of the runtime.
    :param expected: what was expected.
    :param passed: whether it came out so; None when it could not be tried in this environment.
    :param observed: the line that met the expectation, or the reason why none did; normalised.
    :param text_digest: digest of the snippet's text.
    :param test_digest: digest of what the test consists of.
    :param transcript: the lines of all that was observed, where the check asks for that; normalised.
    :param literals: what became of each inline literal of a page, where the check is about those.
    """

    snippet: str
    test: str
    runtime: str
    expected: Expectation
    passed: bool | None
    observed: str
    text_digest: str
    test_digest: str
    literals: tuple[Resolution, ...] = ()
    transcript: tuple[str, ...] | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes a check the same check in two records: its snippet and its test."""
        return self.snippet, self.test

    def to_json(self) -> dict[str, Any]:
        """A form that JSON can hold."""
        more: dict[str, Any] = {}
        if self.literals:
            more["literals"] = resolution.to_json(self.literals)
        if self.transcript is not None:
            more["transcript"] = list(self.transcript)
        return {
            "snippet": self.snippet,
            "test": self.test,
            "runtime": self.runtime,
            "expected": {"fails": self.expected.fails, "output": self.expected.output},
            "passed": self.passed,
            "observed": self.observed,
            "text_digest": self.text_digest,
            "test_digest": self.test_digest,
            **more,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Check:
        """The inverse of :meth:`to_json`.

        :raises ValueError: `data` isn't of that form.
        """
        try:
            told = data["expected"]
            expected = _TO_RUN if told == _TOLD_TO_RUN else Expectation(**told)
            literals = resolution.from_json(data["literals"]) if "literals" in data else ()
            lines = data.get("transcript")
            transcript = None if lines is None else tuple(lines)
            parts = {"expected": expected, "literals": literals, "transcript": transcript}
            check = cls(**{**data, **parts})
        except (TypeError, KeyError) as error:
            raise ValueError(f"not a check: {error}") from None
        odd = [name for name in _TEXTS if not isinstance(data[name], str)]
        for name, value in (("fails", expected.fails), ("output", expected.output)):
            if not (value is None or isinstance(value, str)):
                odd.append(name)
        if not all(isinstance(line, str) for line in check.transcript or ()):
            odd.append("transcript")
        if odd:
            raise ValueError(f"not a check: {odd[0]} is not text")
        if not isinstance(check.passed, (bool, type(None))):
            raise ValueError("not a check: passed is neither true, false nor null")  # noqa: TRY004 - as documented
        return check


#: What nearly all checks expect: they share it.
_TO_RUN = Expectation()
_TOLD_TO_RUN = {"fails": None, "output": None}
_TEXTS = ("snippet", "test", "runtime", "observed", "text_digest", "test_digest")


@dataclass(frozen=True)
class Evidence:
    """The checks of one environment, by :attr:`Check.key`.

    :param unavailable: why nothing can be tried in this environment, for instance because its packages can't be
        installed any more; "" where it can.
    """

    environment: Environment
    checks: Mapping[tuple[str, str], Check] = field(default_factory=dict)
    unavailable: str = ""

    @classmethod
    def load(cls, path: Path) -> Evidence:
        """Read an evidence file.

        :raises EvidenceError: it is damaged, or a newer version wrote it.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            if data["format"] != FORMAT and isinstance(data["format"], int):
                raise EvidenceError(
                    path,
                    f"has format {data['format']!r}, this version reads {FORMAT}",
                    "Upgrade sphinxext-tested-snippets",
                )
            environment = Environment.from_json(data["environment"])
            checks = [Check.from_json(check) for check in data["checks"]]
            unavailable = data.get("unavailable", "")
            if not isinstance(unavailable, str):
                raise ValueError("unavailable is not text")  # noqa: TRY004, TRY301 - told as all defects are
        except (ValueError, TypeError, KeyError, RecursionError, OSError) as error:
            raise EvidenceError(
                path,
                f"is not an evidence file ({error or type(error).__name__})",
                "Restore it from version control, or delete it and record the checks again with "
                "--snippets-evidence=update",
            ) from None
        if environment.file_name != path.name:
            raise EvidenceError(
                path,
                f"records {environment}, whose file is called {environment.file_name}",
                "Rename it, or delete it if it is a copy",
            )
        return cls(environment, {check.key: check for check in checks}, unavailable)

    def save(self, folder: Path) -> Path:
        """Write the file of this environment into `folder`, whole or not at all, and return its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.environment.file_name
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=".", suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
                file.write(self.to_text())
            # Only the owner may read what mkstemp makes; the file is as public as the repository.
            Path(temporary).chmod(0o644)
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink()
            raise
        return path

    def to_text(self) -> str:
        """The text of the file."""
        data = {
            "format": FORMAT,
            "environment": self.environment.to_json(),
            **({"unavailable": self.unavailable} if self.unavailable else {}),
            "checks": [self.checks[key].to_json() for key in sorted(self.checks)],
        }
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"

    def merge(self, ran: Iterable[Check], gone: Iterable[tuple[str, str]] = ()) -> Evidence:
        """Return this record with the checks that `ran` in place of their former ones and without those `gone`."""
        without = set(gone)
        checks = {key: check for key, check in self.checks.items() if key not in without}
        checks.update((check.key, check) for check in ran)
        return Evidence(self.environment, checks)


def load_all(folder: Path) -> tuple[list[Evidence], list[EvidenceError]]:
    """All evidence in `folder`, in the order of the files' names, and what was wrong with the others."""
    found, errors = [], []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(Evidence.load(path))
        except EvidenceError as error:
            errors.append(error)
    return found, errors
