"""What pytest does not come to, though the settings name it: nothing on such pages runs, and nothing fails for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pytest

__all__ = ["unreached"]

#: How many pages are named; of the others it is said how many there are.
_NAMED = 3


def unreached(
    config: pytest.Config, root: Path, globs: Mapping[str, Collection[Path]]
) -> Iterator[str]:
    """Say which globs of ``snippets_pages`` match no file, and which pages are outside ``testpaths``.

    :param globs: those of ``snippets_pages``, each with the files that it names.
    """
    for pattern, files in globs.items():
        if not files:
            yield f"snippets_pages: {pattern!r} matches no file in {root}. Correct it in pytest's settings."
    # Whoever names on the command line what to run leaves out the rest on purpose.
    overridden = any(o.startswith("testpaths") for o in config.getoption("override_ini") or ())
    if overridden or config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    # pytest takes the names from the folder where it was started.
    starts = [Path(config.invocation_params.dir, start).resolve() for start in config.args]
    pages = {page.resolve() for files in globs.values() for page in files}
    left = [page for page in pages if not any(map(page.is_relative_to, starts))]
    if left:
        shown = sorted(page.relative_to(root.resolve()).as_posix() for page in left)
        more = f" and {len(shown) - _NAMED} more" if len(shown) > _NAMED else ""
        is_page = "1 page is" if len(shown) == 1 else f"{len(shown)} pages are"
        yield (
            f"{is_page} outside testpaths, so nothing there was run: {', '.join(shown[:_NAMED])}{more}. "
            "Add the folder to testpaths in pytest's settings."
        )
