"""A reader's way through the site, from "Am I affected?" to the fix of an error and back, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.site.conftest import PATIENCE

#: What CE says where a private repo is imported without a token.
ERROR = "could not read Username for 'https://github.com'"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(site: Path) -> Iterator[str]:
    """The address of the site: the search of a page that was opened as a file finds nothing."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def reader(browser: Browser) -> Iterator[Page]:
    """A page on a desktop."""
    with browser.new_context(
        viewport={"width": 1440, "height": 900}, reduced_motion="reduce"
    ) as context:
        context.set_default_timeout(PATIENCE)
        yield context.new_page()


def test_a_reader_finds_what_mends_an_error_and_the_way_back(reader: Page, served: str) -> None:
    """Start page, "Am I Affected?", a block that fails on CE, its error, the fix, the start page: each by a click."""
    reader.goto(f"{served}/index.html")
    reader.get_by_role("main").get_by_role("link", name="Migrating From Quantum Engine").click()
    reader.get_by_role("link", name="Am I Affected?").last.click()
    expect(reader.get_by_role("heading", name="Am I Affected?")).to_be_in_viewport()

    private = reader.locator("#githubimport-with-a-private-repo")
    outcome = private.locator("details.snippet-status").first
    expect(outcome.locator("summary")).to_contain_text("fails on CE")
    expect(outcome.locator("summary")).to_contain_text(
        "accepted and translated for QE by SDK 0.54.0"
    )
    outcome.locator("summary").click()
    expect(outcome.locator("samp", has_text=ERROR).first).to_be_visible()

    private.get_by_role("link", name=ERROR).first.click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("The Error You Got")
    entry = reader.locator("dt:target")
    expect(entry).to_contain_text(ERROR)
    expect(entry).to_be_in_viewport()
    entry.locator("xpath=following-sibling::dd[1]").get_by_role("link").first.click()
    expect(reader).to_have_url(
        f"{served}/migrating-from-quantum-engine.html#githubimport-with-a-private-repo"
    )
    fix = reader.locator("#githubimport-with-a-private-repo").locator(
        "details", has_text="runs on CE"
    )
    expect(fix.first).to_be_visible()

    reader.locator("a.sidebar-brand").first.click()
    expect(reader.get_by_role("heading", level=1)).to_contain_text("From QE To CE")


def test_the_search_finds_an_error_message(reader: Page, served: str) -> None:
    """Words of the message lead to the page of errors."""
    reader.goto(f"{served}/search.html?q=terminal+prompts+disabled")

    expect(
        reader.locator("#search-results").get_by_role("link", name="The Error You Got").first
    ).to_be_visible()


def test_a_part_of_a_message_typed_into_the_search_box_finds_it(reader: Page, served: str) -> None:
    """From the start page, without knowing that there is a page of errors."""
    reader.goto(f"{served}/index.html")
    box = reader.get_by_role("search").get_by_role("textbox").first
    box.fill("flat-layout multiple packages")
    box.press("Enter")

    expect(
        reader.locator("#search-results").get_by_role("link", name="The Error You Got").first
    ).to_be_visible()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("pathspec did not match", "pathspec"),
        ("pathspec 'my-branch' did not match any file(s) known to git", "pathspec"),
        # As `orq` says it on Python 3.10 and newer, which the guide is not written for.
        ("Error: No such option '--qe'. (Did you mean one of: '--ce', '--help'?)", "--qe"),
    ],
)
def test_the_list_of_errors_narrows_to_what_is_typed_or_pasted(
    reader: Page, served: str, typed: str, found: str
) -> None:
    """Some words, or the reader's own message with the reader's own names or versions; emptied, all are back."""
    reader.goto(f"{served}/errors.html")
    everything = reader.locator("dl.observed-errors > dt").count()
    messages = reader.locator("dl.observed-errors > dt:visible")
    box = reader.get_by_label("Type a part of your message")

    box.fill(typed)

    expect(messages).to_have_count(1)
    expect(messages).to_contain_text(found)
    expect(reader.get_by_role("status")).to_have_text(f"1 of {everything} messages")
    expect(reader.locator("dl.observed-errors > dd:visible")).to_have_count(1)
    box.fill("")
    expect(messages).to_have_count(everything)


def test_all_errors_are_shown_without_a_script(browser: Browser, site: Path) -> None:
    """The box is an aid; the list needs none."""
    with browser.new_context(java_script_enabled=False) as context:
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.goto((site / "errors.html").as_uri())
        messages = page.locator("dl.observed-errors > dt")
        assert messages.count() > 20
        expect(page.locator("dl.observed-errors > dt:visible")).to_have_count(messages.count())
        expect(page.get_by_role("searchbox")).to_have_count(0)
