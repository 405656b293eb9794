"""Documents that are right for stock literalinclude show the same with the extension, to the byte."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from sphinx.config import Config
from sphinx.directives.code import LiteralIncludeReader

from sphinxext.tested_snippets.include import include, parse_options
from sphinxext.tested_snippets.source import RegionError
from tests.tested_snippets.scratch_project import Project

CODE = '''\
import os
# [START a]
def first():
\tif os.name:
\t    return "one"
# [END a]


class Kept:
    """Text."""

    def method(self):
        # __m_begin__
        # begin work
        value = 1

        return value
        # __m_end__

    # tag::t[]
    x = 1  # trailing
    # end::t[]
def last():
    pass
    # </snippet>
'''

#: Each is the options of a literalinclude of the file above, or of the file named first.
CORRECT = {
    "whole": "",
    "brackets": ":start-after: [START a]\n:end-before: [END a]",
    "underscores": ":start-after: __m_begin__\n:end-before: __m_end__\n:dedent:",
    "asciidoc": ":start-after: tag::t[]\n:end-before: end::t[]\n:dedent: 4",
    "definition": ":start-after: def last():\n:end-before: # </snippet>\n:dedent: 4",
    "class with definitions": ":start-after: class Kept:\n:end-before: # __m_begin__",
    "start-at and end-at on one line": ":start-at: import os\n:end-at: import os",
    "start-at text that ends it too": ":start-at: def first\n:end-before: def ",
    "start-at whole definitions": ":start-at: def first\n:end-at: # </snippet>",
    "end-before alone": ":end-before: class",
    "end-before that the first line has too": ":end-before: o",
    "start-after alone": ":start-after: def last",
    "pyobject": ":pyobject: Kept.method",
    "pyobject and markers": ":pyobject: Kept.method\n:start-after: __m_begin__\n:end-before: return",
    "pyobject and lines": ":pyobject: Kept\n:lines: 2-\n:lineno-match:",
    "pyobject and start": ":pyobject: Kept.method\n:start-after: __m_begin__\n:lineno-match:",
    "lines": ":lines: 1,3-5,9-",
    "lines of a region": ":start-after: class Kept\n:end-before: # __m_begin__\n:lines: 1-3\n:lineno-match:",
    "lineno-match": ":start-after: [START a]\n:end-before: [END a]\n:lineno-match:",
    "lineno-start": ":end-before: class\n:lineno-start: 7\n:emphasize-lines: 2,3",
    "prepend and append": ":lines: 1\n:prepend: # before\n:append: # after",
    "tab-width": ":start-after: [START a]\n:end-before: [END a]\n:tab-width: 8",
    "caption and name": ":lines: 1\n:caption: A *file*\n:name: kept\n:class: special",
    "language": ":lines: 1\n:language: text\n:force:",
    "form feeds": "feed.py\n:start-after: # go\n:end-before: # stop",
    "windows": "windows.py\n:start-after: # go\n:end-before: # stop\n:lineno-match:",
    "byte order mark": "bom.py\n:start-at: x = 1",
    "latin-1": "latin.py\n:encoding: latin-1",
    "yaml": "a.yaml\n:start-after: # go\n:end-before: # stop",
    "javascript": "a.js\n:start-after: // <a>\n:end-before: // </a>",
    "no extension": "Makefile\n:start-after: all:\n:end-before: clean:",
    "diff": "bom.py\n:diff: ../tests/feed.py",
}

FILES = {
    "code.py": CODE.encode(),
    "feed.py": b"x = 0\n\x0c\n# go\ny = 1\x0c\nz = 2\n# stop\n",
    "windows.py": b"x = 0\r\n# go\r\ny = 1\r\n\r\nz = 2\r\n# stop\r\n",
    "bom.py": b"\xef\xbb\xbfx = 1\ny = 2",
    "latin.py": "name = 'M\u00fcller'\n".encode("latin-1"),
    "a.yaml": b"a: 1\n# go\nb:\n- 2\n# stop\n",
    "a.js": b"// <a>\nlet x = 1; // <b> is bold\n// </a>\n",
    "Makefile": b"all:\n\techo\nclean:\n",
}


def page_of(options: str) -> str:
    """A page with one block."""
    file, _, rest = options.partition("\n")
    if not file or file.startswith(":"):
        file, rest = "code.py", options
    indented = "".join(f"   {line}\n" for line in rest.splitlines())
    return f".. literalinclude:: ../tests/{file}\n{indented}\n"


def without_ours(page: str) -> str:
    """A page without what the extension adds: the line below each block, its id, and the tab key's way to it."""
    page = re.sub(r' id="snippet-[\w-]+"', "", page)
    page = page.replace('<pre tabindex="0">', "<pre>")
    page = re.sub(r'<(p|details) class="snippet-status.*?</\1>\n', "", page, flags=re.DOTALL)
    return re.sub(r"^.*tested_snippets\.css.*\n", "", page, flags=re.MULTILINE)


def test_pages_are_those_of_stock_but_for_what_the_extension_adds(project: Project) -> None:
    """The HTML of every stock option and dialect is byte-identical without the extension."""
    for name, content in FILES.items():
        project.write_bytes(f"tests/{name}", content)
    project.page("".join(map(page_of, CORRECT.values())))
    project.configure("suppress_warnings = ['tested_snippets.never_run']\n")
    ours = project.build("-W", "--keep-going", out="ours")
    inherited = project.build("-D", "tested_snippets_override=0", out="inherited")
    stock = project.build("-D", "extensions=sphinx.ext.todo", out="stock")
    assert (ours.warnings, inherited.warnings, stock.warnings) == ("", "", "")
    assert ours.page().count('class="snippet-status ') == len(CORRECT)
    assert without_ours(ours.page()) == stock.page()
    assert without_ours(inherited.page()) == stock.page()


@pytest.mark.parametrize("options", CORRECT.values(), ids=CORRECT)
def test_the_text_is_that_of_the_stock_reader(options: str, tmp_path: Path) -> None:
    """Text, number of lines and first line number are those that stock's own reader gives."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    lines = page_of(options).splitlines()
    file = tmp_path / lines[0].rpartition("/")[2]
    written = dict(re.findall(r":([\w-]+): ?(.*)", "\n".join(lines[1:])))
    parsed = parse_options(written)
    if "diff" in parsed:
        parsed["diff"] = str(tmp_path / Path(parsed["diff"]).name)
    reader = LiteralIncludeReader(str(file), parsed, Config())
    text, count = reader.read()
    ours = include(file, file.name, dict(parsed), Config())
    assert (ours.text, ours.lines, ours.first_line) == (text, count, reader.lineno_start)


#: Start marker, end marker; ``{}`` is the name.
DIALECTS = [
    ("# [START {}]", "# [END {}]"),
    ("# begin {}", "# end {}"),
    ("// tag::{}[]", "// end::{}[]"),
    ("    # __{}_begin__", "    # __{}_end__"),
    ("def {}():", "    # </snippet>"),
    ("<!-- <{}> -->", "<!-- </{}> -->"),
]
BODY = st.lists(
    st.sampled_from(
        [
            "    x = 1",
            "",
            "  pass  ",
            "    # begin work",
            "    # </b>",
            '    "text"',
            "\tdone",
            "    é = 'ü'",
        ]
    ),
    max_size=3,
)
#: What is done to a file after it was written well.
DAMAGES = ["none", "none", "no end", "no start", "twice", "reversed", "other inside", "first end"]


@st.composite
def files(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str, str, str]:
    """Lines as (text, region they belong to, "" for none), the start, the end and the region to show."""
    start, end = draw(st.sampled_from(DIALECTS))
    names = ["alpha", "beta", "alphabet"][: draw(st.integers(1, 3))]
    shown = draw(st.sampled_from(names))
    rows: list[tuple[str, str]] = []
    for name in names:
        rows += [(line.replace("x", f"x_{name}"), "") for line in draw(BODY)]
        body = [
            (f"    {name}_{i} = {line.strip()!r}" if line else line, name)
            for i, line in enumerate(draw(BODY))
        ]
        damage = draw(st.sampled_from(DAMAGES))
        first, last = (start.format(name), "marker"), (end.format(name), "marker")
        if damage == "other inside":
            body.insert(len(body) // 2, (start.format("gamma"), "marker"))
        rows += {
            "no end": [first, *body],
            "no start": [*body, last],
            "twice": [first, *body, last, first, *body, last],
            "reversed": [last, *body, first],
            "first end": [first, last, *body],
        }.get(damage, [first, *body, last])
    return rows, start.format(shown).strip(), end.format(shown).strip(), shown


@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    file=files(),
    start_option=st.sampled_from(["start-after", "start-after", "start-at"]),
    end_option=st.sampled_from(["end-before", "end-before", "end-at"]),
    extra=st.sampled_from(
        [{}, {"dedent": None}, {"dedent": 4}, {"lineno-match": None}, {"tab-width": 4}]
    ),
    newline=st.sampled_from(["\n", "\r\n"]),
    bom=st.booleans(),
)
def test_a_random_region_is_what_stock_shows_or_an_error_but_never_another_regions_text(
    tmp_path: Path,
    file: tuple[list[tuple[str, str]], str, str, str],
    start_option: str,
    end_option: str,
    extra: dict[str, object],
    newline: str,
    bom: bool,
) -> None:
    """Of any file, what is shown equals stock's text and has no line of another region, or it is refused."""
    rows, start, end, shown = file
    # A folder for each: on many systems the times of files are too coarse to tell the next one from it.
    path = Path(tempfile.mkdtemp(dir=tmp_path), "code.py")
    text = newline.join(line for line, _ in rows) + newline
    path.write_bytes(text.encode("utf-8-sig" if bom else "utf-8"))
    options = {start_option: start, end_option: end, **extra}
    try:
        ours = include(path, "code.py", dict(options), Config())
    except RegionError:
        event("refused")
        assert _reason_to_refuse(rows, start, end, shown, options)
        return
    event("shown")
    reader = LiteralIncludeReader(str(path), dict(options), Config())
    assert (ours.text, ours.first_line) == (reader.read()[0], reader.lineno_start)
    # Without its start marker, another region's text is text of the region above it for any reader.
    others = {owner for _, owner in rows if any(start.replace(shown, owner) in r for r, _ in rows)}
    foreign = {line.strip() for line, owner in rows if owner in others - {"", "marker", shown}}
    foreign -= {""}
    assert not foreign & {line.strip() for line in ours.text.splitlines()} or "at" in start_option


def _reason_to_refuse(
    rows: list[tuple[str, str]], start: str, end: str, shown: str, options: dict[str, object]
) -> bool:
    """Whether the file isn't one plain region of that name, so that refusing it is right."""
    lines = [line for line, _ in rows]
    starts = [i for i, line in enumerate(lines) if start in line]
    if len(starts) != 1:
        return True
    below = lines[starts[0] + 1 :]
    inside = next((below[:i] for i, line in enumerate(below) if end in line), None)
    if inside is None or not any(line.strip() for line in inside):
        return True
    owners = {
        owner for line, owner in rows[starts[0] + 1 : starts[0] + 1 + len(inside)] if line.strip()
    }
    eaten = options.get("dedent") == 4 and any(line[:4].strip() for line in [*inside, start, end])
    return owners != {shown} or eaten
