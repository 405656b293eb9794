"""How two texts differ, line by line. Pure."""

from __future__ import annotations

import difflib

__all__ = ["difference"]


def difference(before: str, after: str) -> str:
    """Both texts as one: a line that goes begins with ``-``, one that comes with ``+``, others with a space."""
    old, new = before.splitlines(), after.splitlines()
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    lines: list[str] = []
    for kind, first, last, other_first, other_last in matcher.get_opcodes():
        if kind == "equal":
            lines += (f"  {line}".rstrip() for line in old[first:last])
            continue
        lines += (f"- {line}".rstrip() for line in old[first:last])
        lines += (f"+ {line}".rstrip() for line in new[other_first:other_last])
    return "".join(f"{line}\n" for line in lines)
