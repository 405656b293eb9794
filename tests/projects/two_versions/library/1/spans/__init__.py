"""Spans of time within a day, as tuples of minutes."""


def parse(text):
    """The span in a text like ``9:00-10:30``."""
    start, end = (_minutes(time) for time in text.split("-"))
    return start, end


def total(spans, in_hours=False):
    """How long all of them take together."""
    minutes = sum(end - start for start, end in spans)
    return minutes / 60 if in_hours else minutes


def _minutes(time):
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
