"""Literals that are Python: names, calls, parameters, looked up in what is installed."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import inspect
import keyword
import re
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module, metadata
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

__all__ = ["Instance", "Namespace", "NoSuchName", "Packages", "look_up"]


class NoSuchName(Exception):
    """The literal begins with something known, and goes on with something that isn't there. ``str()`` says what."""


@dataclass(frozen=True)
class Instance:
    """Stands for an object of a class; `parts` are attributes whose class is known."""

    of: type
    parts: Mapping[str, type] = field(default_factory=dict)


@dataclass(frozen=True)
class Namespace:
    """Where names are looked up.

    :param label: what it is called before a name: ``orquestra.sdk``.
    :param names: what a page may begin an expression with; what comes first is meant where several have a member.
    :param full: the full names of those that are called otherwise on pages.
    """

    label: str
    names: Mapping[str, Any]
    full: Mapping[str, str] = field(default_factory=dict)

    def shown(self, written: str) -> str:
        """The full name of what a page calls so."""
        root, dot, rest = written.partition(".")
        root = root.partition("[")[0]
        return self.full.get(root, f"{self.label}.{root}") + dot + rest

    @cached_property
    def members(self) -> Mapping[str, str]:
        """The public attributes of the classes and modules, and of what is in those, with their full names."""
        found: dict[str, str] = {}
        for name, value in self._holders():
            for member in vars(value) if isinstance(value, ModuleType) else dir(value):
                if not member.startswith("_"):
                    found.setdefault(member, f"{name}.{member}")
        return found

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The parameters of the functions, classes and methods, with the full names of what takes them."""
        found: dict[str, str] = {}
        for name, value in self._callables():
            for parameter in _parameters(value):
                found.setdefault(parameter, name)
        return found

    def _holders(self) -> Iterator[tuple[str, Any]]:
        for name, value in self.names.items():
            own = value.of if isinstance(value, Instance) else value
            if isinstance(own, (type, ModuleType)):
                yield self.shown(name), own

    def _callables(self) -> Iterator[tuple[str, Any]]:
        for name, value in self.names.items():
            if callable(value):
                yield self.shown(name), value
        for name, value in self._holders():
            for member in dir(value):
                own = getattr(value, member, None)
                if not member.startswith("_") and callable(own):
                    yield f"{name}.{member}", own


def _parameters(value: Any) -> list[str]:
    try:
        return list(inspect.signature(value).parameters)
    except (TypeError, ValueError):
        return []


def look_up(text: str, namespaces: Iterable[Namespace]) -> str | None:
    """What a literal names, None when it is no Python or begins with nothing that is known.

    :raises NoSuchName: it goes on with something that isn't there.
    """
    parameter = re.fullmatch(r"(\w+)=(?!=).*", text)
    node = None if parameter else _expression(text)
    for namespace in namespaces:
        if parameter:
            found = namespace.parameters.get(parameter[1])
            if found:
                return f"the parameter {parameter[1]} of {found}"
        elif node is not None:
            found = _named(node, namespace)
            if found:
                return found
    return None


def _expression(text: str) -> ast.expr | None:
    """The expression that a literal is, with the ``@`` of a decorator or the ``with`` of a statement left out."""
    inner = re.sub(r"^with (.*) as \w+:$", r"\1", text.lstrip("@"))
    try:
        return ast.parse(inner, mode="eval").body
    except SyntaxError:
        return None


def _named(node: ast.expr, namespace: Namespace) -> str | None:
    """What an expression names in a namespace."""
    if isinstance(node, ast.Call):
        for argument in node.keywords:
            _check_keyword(node, argument.arg, namespace)
        return _named(node.func, namespace)
    if isinstance(node, ast.Name):
        if node.id in namespace.names:
            return namespace.shown(node.id)
        return namespace.members.get(node.id)
    if isinstance(node, ast.Attribute):
        above = _value(node.value, namespace)
        if above is None:
            # What a call gives is not known; only the method is.
            return namespace.members.get(node.attr) if isinstance(node.value, ast.Call) else None
        _member(above, node.attr, ast.unparse(node.value))
        return namespace.shown(ast.unparse(node))
    return _named(node.value, namespace) if isinstance(node, ast.Subscript) else None


def _value(node: ast.expr, namespace: Namespace) -> Any:
    """The object that an expression stands for, None when nothing is known of it."""
    if isinstance(node, ast.Name):
        return namespace.names.get(node.id)
    if isinstance(node, ast.Attribute):
        above = _value(node.value, namespace)
        return None if above is None else _member(above, node.attr, ast.unparse(node.value))
    if isinstance(node, ast.Subscript):
        return _value(node.value, namespace)
    return None


def _member(above: Any, name: str, written: str) -> Any:
    if isinstance(above, Instance):
        if name in above.parts and f"self.{name} = " in inspect.getsource(above.of):
            return Instance(above.parts[name])
        assigned = f"self.{name} = " in inspect.getsource(above.of)
        above = above.of
        if assigned or name in getattr(above, "__annotations__", {}):
            return None
    if not hasattr(above, name):
        raise NoSuchName(f"{written} has no {name!r}")
    return getattr(above, name)


def _check_keyword(call: ast.Call, keyword: str | None, namespace: Namespace) -> None:
    called = _value(call.func, namespace)
    if called is None and isinstance(call.func, ast.Name):
        known = keyword in namespace.parameters
    else:
        accepted = _parameters(called)
        known = called is None or keyword in accepted or "kwargs" in accepted or not accepted
    if keyword and not known:
        raise NoSuchName(f"{ast.unparse(call.func)} takes no {keyword!r}")


class Packages:
    """What is installed, in the order in which the pages of each part of the site mean it."""

    def __init__(self) -> None:
        self._sdk, self._engine, self._extension = _sdk(), _engine(), _extension()
        self._variables = _variables()
        self._setuptools = _of_setuptools()

    def _on(self, page: str) -> list[Namespace]:
        if page.startswith("docs/tested-snippets"):
            return [self._extension]
        if page.startswith(("docs/local-ce", "docs/try-it")):
            return [self._engine, self._sdk]
        return [self._sdk]

    def look_up(self, text: str, page: str) -> str | None:
        """What a literal of a page names.

        :raises NoSuchName: see :func:`look_up`.
        """
        variable = self._variables.get(text.partition("=")[0])
        found = variable or look_up(text, self._on(page)) or _of_python(text)
        function = text.partition("(")[0]
        return found or (f"setuptools.{function}" if function in self._setuptools else None)

    def parameter(self, text: str, page: str) -> str | None:
        """What takes a parameter of this name, which stands alone."""
        for namespace in self._on(page):
            if text in namespace.parameters:
                return f"the parameter {text} of {namespace.parameters[text]}"
        return None


#: The classes that are meant where a page names a method without saying of what.
_FIRST = ("WorkflowDef", "WorkflowRun", "TaskDef", "Resources")


def _sdk() -> Namespace:
    from orquestra import sdk
    from orquestra.sdk.schema.configs import RuntimeName

    public = [name for name in dir(sdk) if not name.startswith("_")]
    names = {name: getattr(sdk, name) for name in (*_FIRST, *public)}
    full = {"sdk": "orquestra.sdk", "RuntimeName": "orquestra.sdk.schema.configs.RuntimeName"}
    return Namespace("orquestra.sdk", {**names, "sdk": sdk, "RuntimeName": RuntimeName}, full)


def _of_setuptools() -> frozenset[str]:
    """The public names of setuptools, which changes Python for all when it is imported."""
    file = metadata.distribution("setuptools").locate_file("setuptools/__init__.py")
    for node in ast.parse(Path(str(file)).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def _variables() -> Mapping[str, str]:
    """What the environment variables and the file are that the SDK takes its settings from."""
    from orquestra.sdk._base import _config, _env

    known = {value: name for name, value in vars(_env).items() if isinstance(value, str)}
    found = {
        value: f"the environment variable of orquestra.sdk._base._env.{known[value]}"
        for value in known
    }
    file = f"~/.orquestra/{_config.CONFIG_FILE_NAME}"
    if file in str(_config.get_config_file_path.__doc__):
        found[file] = "the default of orquestra.sdk._base._config.get_config_file_path()"
    return found


def _engine() -> Namespace:
    import local_ce
    from local_ce import pytest_plugin

    names = {name: getattr(local_ce, name) for name in local_ce.__all__}
    parts = {
        "git": local_ce.GitHost,
        "index": local_ce.PackageIndex,
        "secrets": local_ce.SecretsService,
    }
    names["ce"] = Instance(local_ce.ComputeEngine, parts)
    fixtures = {
        name: value
        for name, value in vars(pytest_plugin).items()
        if getattr(value, "__module__", "") == pytest_plugin.__name__ and name[0] != "_"
    }
    return Namespace("local_ce", {**fixtures, **names}, {"ce": "local_ce.ComputeEngine"})


def _extension() -> Namespace:
    from sphinx.application import Sphinx

    from sphinxext import tested_snippets
    from sphinxext.tested_snippets import evidence, plugin, resolution, runner, runners, testing
    from sphinxext.tested_snippets.binding import BoundSnippet
    from sphinxext.tested_snippets.normalise import Normaliser

    names: dict[str, Any] = {"sphinxext": SimpleNamespace(tested_snippets=tested_snippets)}
    names["RunResult"], names["app"] = pytest.RunResult, Instance(Sphinx)
    for module in (plugin, resolution, runner, runners, testing, evidence):
        names.update({name: getattr(module, name) for name in module.__all__})
    names["snippet"] = names["snippets"] = Instance(BoundSnippet)
    names["snippet_redactor"] = Instance(Normaliser)
    full = {
        "sphinxext": "sphinxext",
        "app": "sphinx.application.Sphinx",
        "RunResult": "pytest.RunResult",
    }
    return Namespace("sphinxext.tested_snippets", names, full)


#: What ends the name of a file rather than that of an attribute.
_SUFFIXES = {"cfg", "csv", "json", "py", "toml", "txt"}


def _of_python(text: str) -> str | None:
    """What of Python itself a literal names: a keyword, a name that is built in, something of the standard library."""
    name = text.partition("(")[0]
    if keyword.iskeyword(name) or hasattr(builtins, name):
        return f"Python's {name}"
    module, _, member = name.rpartition(".")
    if member == "py" and _is_standard(module):
        return f"the name of Python's module {module}"
    if re.fullmatch(r"[a-z]+", module) and member not in _SUFFIXES and _is_standard(module):
        if not hasattr(import_module(module), member):
            raise NoSuchName(f"Python's module {module} has no {member!r}")
        return f"{name} of Python's standard library"
    return None


def _is_standard(module: str) -> bool:
    found = importlib.util.find_spec(module)
    origin = str(found.origin) if found else ""
    return origin in {"built-in", "frozen"} or (
        origin.startswith(sysconfig.get_path("stdlib")) and "site-packages" not in origin
    )
