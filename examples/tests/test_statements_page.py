"""The test of the statement that the extension's manual has as an example."""

import pytest


@pytest.mark.snippet(statement="half-of-ten", runtime="python", output="5.0")
def test_half_of_ten_is_a_float(snippet):
    snippet.observe(str(10 / 2))
