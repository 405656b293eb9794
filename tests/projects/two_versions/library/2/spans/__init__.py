"""Spans of time within a day, as objects."""

from dataclasses import dataclass

_PER_UNIT = {"minutes": 1, "hours": 60}


@dataclass(frozen=True)
class Span:
    """A span of time, in minutes since midnight."""

    start: int
    end: int

    @classmethod
    def parse(cls, text):
        """The span in a text like ``9:00-10:30``."""
        start, end = (_minutes(time) for time in text.split("-"))
        if end < start:
            raise ValueError(f"{text} ends before it starts")
        return cls(start, end)

    @property
    def minutes(self):
        """How long it takes."""
        return self.end - self.start


def total(spans, unit="minutes"):
    """How long all of them take together."""
    return sum(span.minutes for span in spans) / _PER_UNIT[unit]


def _minutes(time):
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)
