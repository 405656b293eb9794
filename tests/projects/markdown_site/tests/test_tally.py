import pytest


def count_words():
    from tally import most_common

    text = "The sea, the sea, the open sea!"
    print(most_common(text, 2))
    # </snippet>


def leave_out():
    from tally import most_common

    text = "The sea, the sea, the open sea!"
    print(most_common(text, ignore=["The"]))
    # </snippet>


@pytest.mark.snippet("leave_out", output="('open', 1)")
def test_words_are_left_out_whatever_their_case(snippet):
    assert "'the'" not in snippet.run()
