"""Runs set-up and snippet in this interpreter, and writes what became of them.

Arguments: the folder that has both, and folders to import from. What the snippet prints stays as it is.
"""

from __future__ import annotations

import doctest
import json
import linecache
import sys
import traceback
import types
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
PATHS = sys.argv[2:]
SAID: dict[str, Any] = {"prepared": False}


def _say(**said: Any) -> None:
    SAID.update(said)
    (FOLDER / "outcome.json").write_text(json.dumps(SAID), encoding="utf-8")


def _fail(error: BaseException) -> None:
    """Note an exception as the interpreter would show it, without the frames of this script."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    messages: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        messages.insert(0, _message(cause))
        hidden = None if cause.__suppress_context__ else cause.__context__
        cause = cause.__cause__ or hidden
    lines = traceback.format_exception(type(error), error.with_traceback(frames), frames)
    details = "".join(lines).replace(f"{FOLDER}/", "")
    _say(message="\n".join(messages), details=details)


def _message(error: BaseException) -> str:
    if isinstance(error, SyntaxError):  # The other lines quote the snippet.
        return f"{type(error).__name__}: {error.msg}"
    return "".join(traceback.format_exception_only(type(error), error)).strip()


def _execute(name: str, names: dict[str, Any]) -> None:
    path = FOLDER / name
    text = path.read_text(encoding="utf-8")
    linecache.cache[str(path)] = (len(text), None, text.splitlines(keepends=True), str(path))
    exec(compile(text, str(path), "exec", dont_inherit=True), names)  # noqa: S102 - what it is for


class _WentWrong(Exception):
    """Ends a session."""


class _Session(doctest.DocTestRunner):
    """Stops at the first line of a session that goes wrong."""

    def report_failure(self, out: Any, test: Any, example: doctest.Example, got: str) -> None:
        first, wanted = example.source.split("\n")[0], example.want or "(nothing)\n"
        _say(
            differs=f"line {example.lineno + 1} of the session, `{first}`, is shown with\n{wanted}"
            f"but gives\n{got or '(nothing)'}",
            observed=got.strip().split("\n")[-1] or "(nothing)",
        )
        raise _WentWrong

    def report_unexpected_exception(
        self, out: Any, test: Any, example: doctest.Example, exc_info: Any
    ) -> None:
        _fail(exc_info[1])
        raise _WentWrong


def _converse(text: str, names: dict[str, Any]) -> None:
    test = doctest.DocTestParser().get_doctest(text, names, "session", "session", 0)
    for example in test.examples:
        if example.options.get(doctest.SKIP):  # The page would say that it runs.
            _say(skipped=f"line {example.lineno + 1}, `{example.source.strip()}`")
            raise _WentWrong
    output = sys.stdout
    _Session(optionflags=doctest.ELLIPSIS).run(test, out=output.write, clear_globs=False)
    # doctest has kept what was printed; it is as shown.
    output.write("".join(example.want for example in test.examples))


def _main() -> int:
    # What the snippet defines has to be found where pickle and dataclasses look for it.
    module = types.ModuleType("__main__")
    module.__file__ = str(FOLDER / "snippet.py")
    sys.modules["__main__"] = module
    sys.argv = [module.__file__]
    sys.path[:0] = ["", *PATHS]  # As for a script of the folder that it runs in.
    try:
        _execute("setup.py", module.__dict__)
        _say(prepared=True)
        text = (FOLDER / "snippet.py").read_text(encoding="utf-8")
        if text.lstrip().startswith(">>>"):
            _converse(text, module.__dict__)
        else:
            _execute("snippet.py", module.__dict__)
    except _WentWrong:
        return 1
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is what became of the snippet
        if isinstance(error, SystemExit) and error.code in {None, 0} and SAID["prepared"]:
            return 0
        _fail(error)
        return 1
    return 0


sys.exit(_main())
