"""Projects from the drawings that ``tree`` prints."""

from __future__ import annotations

from examples.stage import MANIFEST, PROJECT

__all__ = ["full_project", "is_tree", "module", "paths", "project", "scripts"]

#: What stands in manifests that the example project, which follows the src layout, does not have.
_OTHERS = {
    "setup.py": (
        "from setuptools import find_packages, setup\n\n"
        'setup(name="my_proj", version="0.1.0", packages=find_packages())\n'
    ),
}
#: The manifest of a project that leaves it to setuptools what its packages are.
_AUTOMATIC = (PROJECT.parent / "manifests" / "automatic.toml").read_text()


def is_tree(text: str) -> bool:
    """Whether a block is a call of ``tree`` and what it printed."""
    return text.lstrip().startswith("$ tree")


def paths(text: str) -> list[str]:
    """The files of a drawing, as paths from its top.

    :raises ValueError: a line is no line of a drawing.
    """
    entries: list[tuple[int, str]] = []
    for line in text.strip().splitlines()[2:]:
        drawing, separator, name = line.rpartition("── ")
        if not separator or len(drawing) % 4 != 1:
            raise ValueError(f"no line of a drawing by `tree`: {line!r}")
        entries.append((len(drawing) // 4, name.strip()))
    found, above = [], [""]
    for index, (depth, name) in enumerate(entries):
        path = above[depth] + name
        if index + 1 < len(entries) and entries[index + 1][0] > depth:
            above[depth + 1 :] = [path + "/"]
        else:
            found.append(path)
    return found


def full_project() -> dict[str, str]:
    """The files of the example project."""
    names = sorted(path.relative_to(PROJECT).as_posix() for path in PROJECT.rglob("*.py"))
    return {**MANIFEST, **{name: (PROJECT / name).read_text() for name in names}}


def scripts() -> dict[str, str]:
    """The modules of the example project as loose scripts: beside each other, in no package."""
    modules = {path.rpartition("/")[2]: text for path, text in full_project().items()}
    return {name: modules[name] for name in ("evaluate.py", "load.py", "train.py")}


def project(text: str) -> dict[str, str]:
    """The files of a drawing with the content that the example project has under their names.

    A ``pyproject.toml`` without a ``setup.cfg`` beside it holds the whole manifest.

    :raises ValueError: the example project has no such file.
    """
    contents = {path.rpartition("/")[2]: text for path, text in full_project().items()} | _OTHERS
    files = paths(text)
    if not any(path.endswith("setup.cfg") for path in files):
        contents["pyproject.toml"] = _AUTOMATIC
    unknown = [path for path in files if path.rpartition("/")[2] not in contents]
    if unknown:
        raise ValueError(f"examples/my_proj has nothing to put into {', '.join(unknown)}")
    return {path: contents[path.rpartition("/")[2]] for path in files}


def module(text: str) -> str:
    """The dotted name of the module with the task, as it is called once installed.

    :raises ValueError: the drawing has no file for it.
    """
    found = [path for path in paths(text) if path.rpartition("/")[2] == "train.py"]
    if not found:
        raise ValueError("the drawing has no train.py, which holds the task of the example project")
    return found[0].removeprefix("src/").removesuffix(".py").replace("/", ".")
