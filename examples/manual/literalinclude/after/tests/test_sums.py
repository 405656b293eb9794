import pytest


def add_up():
    total = sum([1, 2, 3])
    print(total)
    # end


@pytest.mark.snippet("add_up", output="6")
def test_add_up(snippet):
    snippet.run()
