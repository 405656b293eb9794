"""The snippets and claims that the extension's manual shows as examples."""

import pytest

from examples.tests.shapes import area


# .. snippet-check::
#    :runtime: python
#    :output: Total: 7
def total():
    from pathlib import Path  # not shown

    Path("prices.txt").write_text("3\n4\n")  # not shown

    prices = Path("prices.txt").read_text().split()
    print("Total:", sum(map(int, prices)))
    # </snippet>


def marks():
    print("On your marks,")
    # </snippet>


def go():
    print("get set,")
    print("go!")
    # </snippet>


@pytest.mark.snippet(statement="sides-in-either-order", runtime="python")
def test_the_area_is_the_same_either_way():
    assert area(2, 3) == area(3, 2)
