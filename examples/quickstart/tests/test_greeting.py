import pytest


def greet():
    name = "Ada"
    print(f"Hello, {name}!")
    # </snippet>


@pytest.mark.snippet("greet", output="Hello, Ada!")
def test_the_greeting_has_the_name_in_it(snippet):
    snippet.run()
