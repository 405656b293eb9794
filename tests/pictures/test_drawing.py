"""What is drawn is what was recorded, whatever the numbers are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pictures.drawing import COLOURS, Box, Dot, Drawing, Label, Line, svg, tikz, width_of
from pictures.graph import Graph, Node
from pictures.plot import Axis, Plot, Series, steps
from pictures.recorded import About, read, write
from pictures.timeline import Run, Task, Timeline

ABOUT = About("nox -s measure -- sizes", "2026-11-05", "2 cores", {"Python": "3.9.18"})
TENFOLD = Plot(
    Axis("tasks", log=True),
    Axis("seconds"),
    (Series("CE", ((10, 1.5), (100, 2.5), (1000, 10.0))), Series("local", ((10, 0.5),))),
)
TWO_RUNS = Timeline(
    (
        Run("apart", (Task("one", "2 CPUs", 0, 4), Task("two", "1 CPU", 4, 6))),
        Run("together", (Task("one", "2 CPUs", 0, 4), Task("two", "1 CPU", 0, 2))),
    )
)
DIAMOND = Graph(
    (
        Node("load", "1 CPU"),
        Node("train 1", "2 CPUs", ("load",)),
        Node("train 2", "2 CPUs", ("load",)),
        Node("compare", "1 CPU", ("train 1", "train 2")),
    )
)
#: The last two are no characters, and nothing that XML can have in it.
TEXTS = st.text(
    st.characters(blacklist_categories=["Cc", "Cs"], blacklist_characters="\ufffe\uffff"),
    max_size=20,
)
NUMBERS = st.floats(min_value=0.001, max_value=1e9)


def test_points_stand_where_their_numbers_say() -> None:
    """On a logarithmic axis each tenfold is as far as the one before; on the other twice as much is twice as far up."""
    first, second, third, other = (
        each for each in TENFOLD.drawing().shapes if isinstance(each, Dot) and each.y < 192
    )

    assert second.x - first.x == pytest.approx(third.x - second.x)
    assert other.x == first.x
    assert (first.y - second.y) / 1.0 == pytest.approx((second.y - third.y) / 7.5)
    assert other.square
    assert not first.square


def test_long_numbers_have_room_beside_their_axis() -> None:
    """None is cut off at the edge of the picture."""
    large = Plot(Axis("tasks"), Axis("bytes", log=True), (Series("form", ((1, 9), (2, 2e8))),))
    beside = [
        each for each in large.drawing().shapes if isinstance(each, Label) and each.anchor == "end"
    ]

    assert beside[-1].text == "1,000,000,000"
    assert all(each.x - width_of(each.text) >= 0 for each in beside)


def test_the_table_of_a_plot_has_every_number() -> None:
    """A series without a point there leaves its place empty."""
    assert TENFOLD.table().head == ("tasks", "CE (seconds)", "local (seconds)")
    assert TENFOLD.table().rows == (("10", "1.5", "0.5"), ("100", "2.5", ""), ("1,000", "10", ""))


def test_bars_are_as_long_as_tasks_took() -> None:
    """Tasks that ran together stand above each other, and a task has the same colour in each run."""
    one, two, again, beside = (each for each in TWO_RUNS.drawing().shapes if isinstance(each, Box))

    assert one.width == pytest.approx(2 * two.width)
    assert two.x == pytest.approx(one.x + one.width)
    assert beside.x == again.x
    assert (one.colour, two.colour) == (again.colour, beside.colour)
    assert one.colour != two.colour


def test_a_task_stands_below_those_that_it_needs() -> None:
    """Each result is an arrow down."""
    shapes = DIAMOND.drawing().shapes
    rows = [each.y for each in shapes if isinstance(each, Box)]
    arrows = [each for each in shapes if isinstance(each, Line)]

    assert rows[0] < rows[1] == rows[2] < rows[3]
    assert len(arrows) == 4
    assert all(each.arrow and each.points[0][1] < each.points[1][1] for each in arrows)


@given(st.lists(NUMBERS, min_size=1))
def test_an_axis_begins_at_0_and_ends_above_the_largest_value(values: list[float]) -> None:
    """With a handful of numbers beside it, each as far from the next."""
    ticks = list(steps(values))

    assert ticks[0] == 0
    assert ticks[-1] >= max(values) * (1 - 1e-9)
    assert 2 <= len(ticks) <= 7


@given(TEXTS, st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=5), st.booleans())
def test_every_picture_is_well_formed(
    text: str, points: list[tuple[float, float]], log: bool
) -> None:
    """Whatever stands in names and numbers, SVG can be read, and nothing is drawn beside the picture."""
    drawing = Plot(Axis(text, log), Axis(text, log), (Series(text, tuple(points)),)).drawing()
    root = ET.fromstring(svg(drawing, text))  # noqa: S314 - it was made here

    assert root.get("aria-label") == text
    for shape in drawing.shapes:
        places = shape.points if isinstance(shape, Line) else ((shape.x, shape.y),)
        assert all(
            -0.1 <= x <= drawing.width + 0.1 and -0.1 <= y <= drawing.height + 0.1
            for x, y in places
        )


def test_what_latex_would_take_for_commands_is_escaped() -> None:
    """A name of a task has underscores, a share has a percent sign."""
    written = tikz(Drawing(10, 10, [Label(0, 0, r"my_task 5% \x")]))

    assert r"{my\_task 5\% \textbackslash{}x}" in written


@pytest.mark.parametrize("colour", COLOURS)
@pytest.mark.parametrize("ground", [1.0, 0.0])
def test_colours_can_be_seen_on_white_and_on_black(colour: str, ground: float) -> None:
    """3:1 is what WCAG 2.2 asks of graphics; no theme's ground is darker than black."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    high, low = max(light, ground), min(light, ground)

    assert (high + 0.05) / (low + 0.05) >= 3


@pytest.mark.parametrize("picture", [TENFOLD, TWO_RUNS, DIAMOND])
def test_what_was_written_is_read_again(tmp_path: Path, picture: Plot | Timeline | Graph) -> None:
    """A file holds numbers, and who measured them, and nothing of it is lost."""
    file = tmp_path / "file.json"
    write(file, ABOUT, {"this one": picture})

    assert read(file, "this one") == (ABOUT, picture)


def test_the_origin_of_numbers_is_said_in_a_sentence() -> None:
    """The date as it is read, not as it is sorted."""
    assert (
        str(ABOUT)
        == "Recorded on 5 November 2026 with `nox -s measure -- sizes` on 2 cores; Python 3.9.18."
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"file\.json is no file of recorded numbers: Expecting property name"),
        ("{}", r"file\.json is no file of recorded numbers: 'about' is missing"),
        ('{"about": {}, "pictures": {}}', "missing 4 required"),
        ("PICTURES{}", "has no picture 'runs'; it has "),
        ('PICTURES{"runs": {"pie": {}}}', "'runs' is no picture: 'pie' is missing or unknown"),
        ('PICTURES{"runs": {"timeline": {"runs": []}}}', "a timeline needs a run"),
        ('PICTURES{"runs": {"graph": {"nodes": [{"name": "a", "asks": "", "needs": ["b"]}]}}}', "a needs b, which"),
        ('PICTURES{"runs": {"plot": {"x": {"name": "n", "log": true}, "y": {"name": "s"}, "series": [{"name": "a", "points": [[0, 1]]}]}}}',
         "'n' is logarithmic and has no place for 0"),
        ('PICTURES{"runs": 5}', "'runs' is no picture"),
    ],
)  # fmt: skip
def test_a_file_that_is_none_is_named_with_what_is_wrong(
    tmp_path: Path, text: str, message: str
) -> None:
    """Nothing is drawn of half a file."""
    file = tmp_path / "file.json"
    write(file, ABOUT, {})
    whole = file.read_text().replace('"pictures": {}', '"pictures": PICTURES')
    file.write_text(
        whole.replace("PICTURES", text.removeprefix("PICTURES"))
        if text.startswith("PICTURES")
        else text
    )

    with pytest.raises(ValueError, match=message) as wrong:
        read(file, "runs")
    assert re.match(re.escape(str(file)), str(wrong.value))
