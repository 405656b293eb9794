"""What submitting a workflow needs on the submitting side."""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory


@contextlib.contextmanager
def importable(source: str | Path | Mapping[str, str]) -> Iterator[Path]:
    """Make the modules in a folder importable in this process, for as long as the block lasts.

    A task that comes from a git repo is stored by name only (``my_proj.tasks``, ``my_task``), so
    whoever submits it must be able to import that module, too. ``source`` is the folder that has
    the package in it (``src`` of the repo), or the files themselves as ``{path: text}``, which
    are written to a temporary folder. Gives the folder; forgets its modules at the end.

    :raises FileNotFoundError: when the folder does not exist.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(source, (str, Path)):
            folder = Path(source).resolve(strict=True)
        else:
            folder = Path(stack.enter_context(TemporaryDirectory(prefix="ce-", dir="/tmp")))
            for name, text in source.items():
                target = folder / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        # A new list each time, never a changed one: another thread may be going through it, to look for the version of
        # a package for instance, and would skip a folder when the first one is taken out.
        sys.path = [str(folder), *sys.path]
        writes_bytecode, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        importlib.invalidate_caches()
        try:
            yield folder
        finally:
            sys.dont_write_bytecode = writes_bytecode
            without = sys.path.copy()
            without.remove(str(folder))
            sys.path = without
            _forget(folder)


def _forget(folder: Path) -> None:
    """Drop every module that was loaded from ``folder``."""
    # As texts: there are thousands of modules, and to take each for a path took longer than most snippets run.
    inside = f"{folder}{os.sep}"
    for name, module in list(sys.modules.items()):
        origins = [getattr(module, "__file__", None), *getattr(module, "__path__", [])]
        if any(origin and str(origin).startswith(inside) for origin in origins):
            del sys.modules[name]
    importlib.invalidate_caches()
