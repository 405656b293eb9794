"""Spreads the checks over the processes of pytest-xdist in small parts, so that none is left with a long rest.

Two processes wait for Ray an eighth of the time. A third one fills that, but with a cluster of its own it would add as much
work as it takes. So where there are three, the last one is for what needs no cluster, and never starts one.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from xdist.scheduler import LoadScopeScheduling

from sphinxext.tested_snippets import literals
from sphinxext.tested_snippets.blocks import read_page
from sphinxext.tested_snippets.formats import is_page
from sphinxext.tested_snippets.project import Project
from sphinxext.tested_snippets.testcode import split_node_id

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

__all__ = ["PartScheduling", "Parts"]

#: How many functions, or blocks of a page, make up a part. Cases of one function, and checks of one block, share what
#: was installed for them, so they stay together.
SIZE = 3
#: Runtimes on which blocks need those before them, or what has been made for them: they stay together.
_TOGETHER = {"console"}
#: A test file with a function that takes one of the fixtures which start a cluster.
_TAKES_CLUSTER = re.compile(r"\b(?:local_ce|ce_runner|staged)\s*:")
#: From how many processes on the last one is for what needs no cluster.
_PROCESSES = 3


class Parts:
    """Which part each check belongs to.

    :param root: the project's root, which the paths in node ids start from.
    """

    def __init__(self, root: Path) -> None:
        self._project = Project(root)
        #: For each file its functions or blocks, in the order of the questions.
        self._known: dict[str, dict[str, int]] = {}
        self._fixed: dict[str, dict[str, str]] = {}

    def needs_cluster(self, part: str) -> bool:
        """Whether what is in a part, as :meth:`part_of` named it, needs the cluster of its process."""
        path, _, rest = part.rpartition(" ")
        # `python -m local_ce`, typed on a page, starts one of its own.
        if part == literals.TEST or rest in _TOGETHER:
            return False
        return is_page(path) or _takes_cluster(self._project.root / path)

    def part_of(self, test: str) -> str:
        """The part of the check with this node id: neighbours in a file, or all that need one another on a page."""
        path, names = split_node_id(test)
        if names == (literals.TEST,):
            # What they are looked up in is imported, and read, for the first of them.
            return literals.TEST
        fixed = self._fixed_on(path).get(test)
        if fixed is not None:
            return fixed
        known = self._known.setdefault(path, {})
        order = known.setdefault("::".join(names), len(known))
        return f"{path} {order // SIZE}"

    def _fixed_on(self, path: str) -> dict[str, str]:
        if path not in self._fixed:
            page = self._project.root / path
            blocks = read_page(page, self._project).blocks if is_page(path) else ()
            self._fixed[path] = {
                check.test: f"{path} {check.runtime}"
                for block in blocks
                for check in block.checks
                if check.runtime in _TOGETHER
            }
        return self._fixed[path]


@functools.cache
def _takes_cluster(file: Path) -> bool:
    return _TAKES_CLUSTER.search(file.read_text("utf-8")) is not None


class PartScheduling(LoadScopeScheduling):  # type: ignore[misc] # without types
    """xdist's distribution by scopes, with smaller scopes than files; those with most checks come first."""

    def __init__(self, config: pytest.Config, log: object = None) -> None:
        super().__init__(config, log)
        self._parts = Parts(config.rootpath)

    def _split_scope(self, nodeid: str) -> str:
        return self._parts.part_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        part = self._next_for(node)
        if part is None:
            node.shutdown()
            return
        self.workqueue.move_to_end(part, last=False)
        super()._assign_work_unit(node)

    def _next_for(self, node: WorkerController) -> str | None:
        """The next part for a process, or None: what is left needs a cluster, and this process starts none."""
        apart = len(self.nodes) >= _PROCESSES and node is self.nodes[-1]
        suits = (part for part in self.workqueue if self._parts.needs_cluster(part) is not apart)
        return next(suits, None if apart else next(iter(self.workqueue)))
