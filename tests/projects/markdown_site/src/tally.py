"""Counts words."""

import re
from collections import Counter


def words(text):
    """The words of a text, in lower case."""
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text.lower())


def most_common(text, count=3, ignore=()):
    """The words that a text has most often, and how often.

    :raises ValueError: `count` is below 1.
    """
    if count < 1:
        raise ValueError(f"count is {count}, expected 1 or more")
    left_out = {word.lower() for word in ignore}
    return Counter(word for word in words(text) if word not in left_out).most_common(count)
