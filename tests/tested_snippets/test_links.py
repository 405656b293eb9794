"""Sphinx's own checks of links stay clean on pages with our directives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.links import dead_links
from tests.tested_snippets.scratch_project import Project

PAGE = """
See `the other site <{address}/manual>`__, :ref:`the block <greeting>`, and :doc:`overview`.

.. _greeting:

.. code-block:: python
   :caption: A greeting
   :name: hello

   print("hello, see http://nobody.invalid/in-code")

.. before-after::

   .. code-block:: python

      before = 1

   .. code-block:: python

      after = 2

.. snippet-check::
   :output: hello

.. snippet:: ../tests/test_a.py::greet

:checked:`Two is even <even>`, :unchecked:`it was nice <http://nobody.invalid/in-a-reason>`.
"""
TABLES = """
.. evidence::

.. evidence::
   :by: runtime

.. evidence::
   :by: version

.. snippet-coverage::

.. snippet-diff:: ../tests/test_a.py::greet ../tests/test_a.py::part

.. snippet-output:: ../tests/test_a.py::greet
"""
TESTS = """
import pytest


def greet():
    print("hello")
    # </snippet>


def part():
    print("goodbye")
    # </snippet>


@pytest.mark.snippet(statement="even")
def test_even():
    assert 2 % 2 == 0
"""


class _Site(BaseHTTPRequestHandler):
    """Has one page."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/manual" else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - as the base class calls it

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a site on this machine."""
    with HTTPServer(("127.0.0.1", 0), _Site) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def linked(project: Project, address: str) -> Project:
    """A project with every directive and role, and a link to that site."""
    # Sphinx 7.4 warns of the default that changes with 8.
    project.configure("linkcheck_report_timeouts_as_broken = False\n")
    project.page(PAGE.format(address=address))
    project.page(TABLES, "overview")
    project.write("tests/test_a.py", TESTS)
    project.update()
    return project


def test_linkcheck_follows_the_author_s_links_and_finds_no_others(linked: Project) -> None:
    """What stands in code and reasons is no link, and the lines and tables have none that lead out."""
    built = linked.build("-W", builder="linkcheck")

    assert (built.status, built.warnings) == (0, "")
    assert built.page("output.txt") == ""
    checked = [line for line in built.page("output.json").splitlines() if '"working"' in line]
    assert len(checked) == 1
    assert "/manual" in checked[0]


def test_linkcheck_still_finds_a_link_that_is_broken(linked: Project) -> None:
    """The clean result above is none of a check that looks at nothing."""
    linked.replace("docs/index.rst", "/manual>", "/nothing>")

    built = linked.build(builder="linkcheck")
    assert "/nothing" in built.page("output.txt")


@pytest.mark.parametrize("builder", ["html", "dirhtml", "singlehtml", "epub", "latex", "text"])
def test_a_nitpicky_build_has_nothing_to_complain_of(linked: Project, builder: str) -> None:
    """No reference of ours leads nowhere."""
    linked.configure("project, author, version, copyright = 'Guide', 'Authors', '1', '2026'\n")
    linked.configure("epub_show_urls = 'no'\n")
    built = linked.build("-W", "-n", "--keep-going", builder=builder)
    assert (built.status, built.warnings) == (0, "")


@pytest.mark.parametrize("builder", ["html", "dirhtml"])
def test_each_link_within_the_site_leads_somewhere(linked: Project, builder: str) -> None:
    """So do those of a statement to its test, on a page whose blocks that test does not run."""
    linked.replace("docs/index.rst", ":checked:`Two is even <even>`, ", "")
    linked.page(":checked:`Two is even <even>`.", "claims")
    snippets, marker, test = TESTS.partition("@pytest")
    linked.write("tests/test_a.py", snippets)
    linked.write("tests/test_b.py", f"import pytest\n\n{marker}{test}")
    linked.update()

    built = linked.build("-W", builder=builder)
    assert (built.status, built.warnings) == (0, "")
    page = built.page("claims.html" if builder == "html" else "claims/index.html")
    assert "_tests/tests/test_b.py" in page
    assert list(dead_links(built.folder)) == []
