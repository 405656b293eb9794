"""Links to the source of a snippet on the code host, at the commit that is built."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.tested_snippets.scratch_project import Project
from tests.tested_snippets.test_rebuild import SPY, build, read

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

HOST = "https://host.example/me/my"
AT_COMMIT = f'tested_snippets_source_url = "{HOST}/blob/{{commit}}/{{path}}#L{{start}}-L{{end}}"\n'
SOURCE = """
def greet():
    print("hello")
    # </snippet>


def leave():
    print("bye")
    # </snippet>
"""
ME = ("-c", "user.name=me", "-c", "user.email=me@host.example", "-c", "commit.gpgsign=false")


def git(folder: Path, *arguments: str) -> str:
    """Run git there, undisturbed by the settings of whoever runs the tests."""
    done = subprocess.run(
        ["git", "-C", str(folder), *ME, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def commit(folder: Path) -> str:
    """Commit all there is; return the commit."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message=state")
    return git(folder, "rev-parse", "HEAD")


def links(page: str) -> list[str]:
    """Where the lines below blocks lead."""
    found = re.findall(r'<p class="snippet-remark">.*?</p>', page, flags=re.DOTALL)
    return [link for remark in found for link in re.findall(r'href="([^"]*)"', remark)]


@pytest.fixture
def guide(project: Project) -> Project:
    """A page with a snippet of a file, and one with another of the same, checked and in a repository."""
    project.configure(AT_COMMIT + SPY)
    project.write("tests/code file.py", SOURCE)
    project.write(".gitignore", "_build\n__pycache__\ndocs/spy.txt\n")
    project.page(".. snippet:: ../tests/code file.py::greet\n")
    project.page(".. snippet:: ../tests/code file.py::leave\n", "leaving")
    project.page("Nothing to run.", "empty")
    project.update().assert_outcomes(passed=2)
    git(project.root, "init", "--quiet")
    return project


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "epub", "latex"])
def test_a_block_links_to_its_lines_at_the_commit_that_is_built(
    guide: Project, builder: str
) -> None:
    """Only the lines of the region, not those of its markers, in each format that has links."""
    guide.configure(
        "latex_documents = [('index', 'book.tex', 'Title', 'Author', 'howto')]\n"
        "project, version, author, copyright = 'P', '1', 'A', '2026'\n"
    )
    built_from = commit(guide.root)

    built = guide.build("-W", builder=builder)

    name = {"epub": "index.xhtml", "latex": "book.tex"}.get(builder, "index.html")
    page = built.page(name).replace(r"\%", "%").replace(r"\#", "#")
    assert f"{HOST}/blob/{built_from}/tests/code%20file.py#L2-L2" in page
    assert "Source:" in page


@pytest.mark.parametrize("builder", ["text", "man", "linkcheck", "gettext"])
def test_a_format_without_links_has_nothing_in_their_place(guide: Project, builder: str) -> None:
    """No address between the words, and thousands of links that nobody has to follow."""
    guide.configure("man_pages = [('index', 'guide', 'Guide', ['Me'], 1)]\n")
    commit(guide.root)

    built = guide.build("-W", builder=builder)

    text = "".join(
        path.read_text(errors="replace") for path in built.folder.rglob("*") if path.is_file()
    )
    assert "host.example" not in text
    assert "Source:" not in text


def test_the_next_commit_is_linked_to_without_reading_a_page_again(guide: Project) -> None:
    """Pages with links are written, the others are not; and nothing at all where nothing changed."""
    commit(guide.root)
    build(guide, "-W")
    assert not {line for line in build(guide, "-W") if line.endswith(("index", "leaving"))} - {
        "written genindex"
    }
    guide.write("other.txt", "of no page\n")
    second = commit(guide.root)

    done = build(guide, "-W")

    assert read(done) == set()
    assert {"written index", "written leaving"} <= done
    assert "written empty" not in done
    page = guide.build("-W").page()
    assert links(page) == [f"{HOST}/blob/{second}/tests/code%20file.py#L2-L2"]


def test_lines_that_moved_are_linked_to_where_they_are_now(guide: Project) -> None:
    """The page shows the same text, and is not read again."""
    commit(guide.root)
    build(guide, "-W")
    guide.replace("tests/code file.py", "\n\ndef leave", "\n\n\n# More.\ndef leave")
    now = commit(guide.root)

    done = build(guide, "-W")

    assert read(done) == set()
    page = guide.build("-W").page("leaving.html")
    assert links(page) == [f"{HOST}/blob/{now}/tests/code%20file.py#L9-L9"]


@pytest.mark.parametrize("state", ["changed", "staged", "untracked"])
def test_a_file_that_is_not_as_in_the_commit_has_no_link(guide: Project, state: str) -> None:
    """Its lines may be others there; the build says so, which is no warning, and the rest has links."""
    guide.write("tests/new.py", SOURCE.replace("greet", "start"))
    if state != "untracked":
        commit(guide.root)
        guide.replace("tests/new.py", "def start", "import os\n\n\ndef start")
    else:
        guide.write(".gitignore", "_build\n__pycache__\nnew.py\n")
        commit(guide.root)
    if state == "staged":
        git(guide.root, "add", "--all")
    guide.page(".. snippet:: ../tests/new.py::start\n\n.. snippet:: ../tests/code file.py::leave\n")
    guide.update()

    built = guide.build("-W")

    (link,) = links(built.page())
    assert "code%20file.py#L7-L7" in link


def test_every_kind_of_block_that_shows_a_file_has_its_link(guide: Project) -> None:
    """Joined regions one for each, whole files all lines; text of the page and differences have none."""
    guide.page(
        """
        .. snippet:: ../tests/code file.py::greet + ../tests/code file.py::leave

        .. literalinclude:: ../tests/code file.py
           :waive: all of it

        .. literalinclude:: ../tests/code file.py
           :diff: ../conftest.py
           :waive: a difference

        .. code-block:: python

           print("of the page")

        .. snippet:: ../tests/code file.py::greet
           :hide: nothing that is there
        """
    )
    guide.update()
    now = commit(guide.root)

    page = guide.build().page()

    file = f"{HOST}/blob/{now}/tests/code%20file.py"
    assert links(page) == [f"{file}#L2-L2", f"{file}#L7-L7", f"{file}#L1-L8"]


def test_a_project_in_a_folder_of_its_repository_is_linked_to_there(
    guide: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Paths start from the repository's root, not from the project's; a shallow clone has the commit as well."""
    above = tmp_path_factory.mktemp("origin")
    shutil.rmtree(guide.root / ".git")
    shutil.copytree(guide.root, above / "part")
    git(above, "init", "--quiet")
    commit(above)
    now = commit_twice(above)
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    git(above, "clone", "--quiet", "--depth=1", f"file://{above}", str(clone))
    shutil.rmtree(guide.root / "docs")
    shutil.rmtree(guide.root / "tests")
    guide.root = clone / "part"

    page = guide.build("-W").page()

    assert links(page) == [f"{HOST}/blob/{now}/part/tests/code%20file.py#L2-L2"]


def commit_twice(folder: Path) -> str:
    """A second commit, so that a shallow clone lacks one."""
    (folder / "more.txt").write_text("more\n")
    return commit(folder)


@pytest.mark.parametrize("kind", ["no repository", "no commit"])
def test_without_a_commit_there_is_a_warning_and_no_link(guide: Project, kind: str) -> None:
    """It says what to do; with the name of a tag in place of the commit, git is not asked."""
    if kind == "no repository":
        shutil.rmtree(guide.root / ".git")

    built = guide.build()

    assert "WARNING: tested_snippets_source_url has {commit} in it, but no commit" in built.warnings
    assert links(built.page()) == []
    assert guide.build("-D", "suppress_warnings=tested_snippets.source").warnings == ""
    guide.replace("docs/conf.py", "/{commit}/", "/v1.2/")
    built = guide.build("-W")
    assert links(built.page()) == [f"{HOST}/blob/v1.2/tests/code%20file.py#L2-L2"]


@pytest.mark.parametrize("written", ["https://host/{commit}", "https://host/{path}#{line}", "x", 1])
def test_a_setting_that_is_no_address_stops_the_build(guide: Project, written: object) -> None:
    """And names what it may have."""
    guide.configure(f"tested_snippets_source_url = {written!r}\n")

    built = guide.build()

    assert built.status == 2
    assert "expected an address with {path} in it" in built.warnings
