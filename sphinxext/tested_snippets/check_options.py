"""What the options of a ``snippet-check`` declare. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from sphinxext.tested_snippets.evidence import Expectation, digest
from sphinxext.tested_snippets.page import Declared
from sphinxext.tested_snippets.page_blocks import DeclaredCheck

__all__ = ["CHECK_OPTIONS", "declared_check"]

CHECK_OPTIONS = frozenset(
    {"name", "runtime", "fails", "output", "setup", "proves", "transcript", "waive"}
)


def declared_check(
    declared: Declared, test: str, language: str, regions: Iterable[str]
) -> DeclaredCheck:
    """The check of a block that is `declared`.

    :param test: the node id of the block's check without a label.
    :param language: what the block is written in.
    :param regions: the texts of the snippets that ``:setup:`` names.
    :raises ValueError: the options are none, or don't go together.
    """
    unknown = sorted(set(declared.options) - CHECK_OPTIONS)
    if unknown:
        raise ValueError(
            f"unknown option :{unknown[0]}: of snippet-check, "
            f"it takes {', '.join(sorted(CHECK_OPTIONS))}"
        )
    fails, output = _one_line(declared, "fails"), _one_line(declared, "output")
    if fails is not None and output is not None:
        raise ValueError("a snippet-check takes :fails: or :output:, not both")
    empty = [
        name
        for name in ("fails", "output", "runtime", "proves")
        if declared.options.get(name) == ""
    ]
    if empty:
        raise ValueError(f":{empty[0]}: of snippet-check needs a value")
    transcript = "transcript" in declared.options
    if declared.options.get("transcript"):
        raise ValueError(":transcript: of snippet-check takes no value")
    setup = "\n".join(filter(None, [*regions, declared.setup]))
    runtime = declared.options.get("runtime", "")
    proves = tuple(declared.options.get("proves", "").split())
    # What proves no statement and has no transcript keeps the digest that it had before there were any.
    more = [*filter(None, [proves]), *(["transcript"] if transcript else [])]
    parts = (runtime, fails, output, setup, language, *more)
    return DeclaredCheck(
        f"{test}[{declared.label}]" if declared.label else test,
        runtime,
        Expectation(fails, output),
        setup,
        _digest_of(parts),
        proves,
        transcript,
    )


# Most blocks declare nothing, and so all the same.
@lru_cache(maxsize=256)
def _digest_of(parts: tuple[object, ...]) -> str:
    return digest(json.dumps(parts))


def _one_line(declared: Declared, option: str) -> str | None:
    """The value of an option; what is wrapped on the page is one line of a message."""
    value = declared.options.get(option)
    return None if value is None else " ".join(line.strip() for line in value.splitlines())
