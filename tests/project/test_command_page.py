"""The reference of the command on the site is what its parser says."""

from __future__ import annotations

import pytest

from examples.command_page import PAGE, page
from local_ce.cli import Exit


def test_the_page_is_up_to_date() -> None:
    """It is committed, so that a site can be built anywhere."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run `python -m examples.command_page`"


@pytest.mark.parametrize("command", ["up", "secrets set", "repo add", "node-settings"])
def test_the_page_has_a_section_for_each_command(command: str) -> None:
    """Commands in groups have their group's name in front."""
    assert f"\n``{command}``\n=" in page()


@pytest.mark.parametrize("option", ["--detach", "--ray-address HOST:PORT", "--private", "WHEEL"])
def test_the_page_has_options_and_arguments_with_their_values(option: str) -> None:
    """As one types them."""
    assert f".. option:: {option}\n" in page()


def test_the_page_has_what_users_need_and_no_more() -> None:
    """All exit codes, and not the option by which the command calls itself."""
    assert all(f"\n``{code.value}``\n" in page() for code in Exit)
    assert "--detached" not in page()
