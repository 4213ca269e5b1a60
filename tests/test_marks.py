"""Marks over the map: where they lie, and that they move without being made anew."""

import tkinter as tk

import pytest
from matplotlib.figure import Figure

from explorer.drawing.latent_map import LatentMap
from explorer.session.state import MapState, SharedState
from explorer.window.map.marks import BESIDE, DOT, Mark, Marks


@pytest.fixture
def canvas(root):
    return tk.Canvas(root)


@pytest.fixture
def latent_map(space):
    return LatentMap(Figure((6, 5)), MapState(space), SharedState())


def seen(canvas, kind) -> list[tuple[float, ...]]:
    """The coordinates of the visible items of a kind."""
    items = [item for item in canvas.find_all() if canvas.type(item) == kind]
    return [tuple(canvas.coords(item)) for item in items if canvas.itemcget(item, "state") != "hidden"]


def test_marks_lie_at_their_places_and_go_beyond_the_axes(canvas, latent_map):
    marks = Marks(canvas, latent_map, latent_map.shared)
    far = (1e4, 1e4)
    marks.show("some", (Mark((1.0, 2.0)), Mark(far), Mark((0.0, 0.0), "3")))
    x, y = latent_map.pixel_at((1.0, 2.0))
    rings = seen(canvas, "oval")
    assert len(rings) == 2 and rings[0] == pytest.approx((x - DOT, y - DOT, x + DOT, y + DOT), abs=0.01)
    assert seen(canvas, "text")[0] == pytest.approx(latent_map.pixel_at((0.0, 0.0)), abs=0.01)

    latent_map.state.zoom((0.0, 0.0), 100.0)
    latent_map.fit()
    marks.place()
    assert len(seen(canvas, "oval")) == 1 and len(seen(canvas, "text")) == 1  # the first is out of sight now
    latent_map.state.reset_view()
    latent_map.fit()
    marks.place()
    assert len(seen(canvas, "oval")) == 2
    marks.show("some")
    assert not canvas.find_all()


def test_what_only_moves_is_not_made_anew(canvas, latent_map):
    marks = Marks(canvas, latent_map, latent_map.shared)
    marks.show("way", (Mark((0.0, 0.0), to=(1.0, 1.0), colour="warning"),))
    items = canvas.find_all()
    for place in ((2.0, 1.0), (1e4, 1e4), (-3.0, 0.5)):
        marks.show("way", (Mark(place, to=(1.0, 1.0), colour="warning"),))
        assert canvas.find_all() == items
        line = [*latent_map.pixel_at(place), *latent_map.pixel_at((1.0, 1.0))]
        assert seen(canvas, "line") == ([] if place[0] > 100 else [pytest.approx(line, abs=0.01)])
    marks.show("way", (Mark((1.0, 1.001), to=(1.0, 1.0), colour="warning"),))
    assert canvas.find_all() == items and not seen(canvas, "line"), "too short to be seen"
    marks.show("way", (Mark((0.0, 0.0), to=(1.0, 1.0)),))
    assert canvas.find_all() != items and len(seen(canvas, "line")) == 1


def test_words_stand_at_the_end_of_an_arrow_while_that_is_within_the_axes(canvas, latent_map):
    marks = Marks(canvas, latent_map, latent_map.shared)
    marks.show("way", (Mark((0.0, 0.0), to=(1.0, 1.0), words="there"),))
    x, y = latent_map.pixel_at((1.0, 1.0))
    assert seen(canvas, "text") == [pytest.approx((x + DOT, y), abs=0.01)] and len(seen(canvas, "line")) == 1
    marks.show("way", (Mark((0.0, 0.0), to=(1e4, 1.0), words="there"),))
    assert not seen(canvas, "text") and len(seen(canvas, "line")) == 1
    marks.show("way", (Mark((0.0, 0.0), to=(1.0, 1.0), words="here"),))
    (item,) = (item for item in canvas.find_all() if canvas.type(item) == "text")
    assert canvas.itemcget(item, "text") == "here" and seen(canvas, "text")


def test_colours_follow_the_theme(canvas, latent_map):
    marks = Marks(canvas, latent_map, latent_map.shared)
    marks.show("some", (Mark((0.0, 0.0)), Mark((0.0, 0.0), colour="#123456")))
    before = [canvas.itemcget(item, "outline") for item in canvas.find_all()]
    latent_map.shared.toggle_theme()
    marks.place()
    after = [canvas.itemcget(item, "outline") for item in canvas.find_all()]
    assert before[1] == after[1] == "#123456" and before[0] != after[0]


def test_an_outline_is_drawn_as_far_as_it_lies_within_the_axes(canvas, latent_map):
    marks = Marks(canvas, latent_map, latent_map.shared)
    corners = ((1.0, 1.0), (3.0, 1.0), (3.0, 2.0), (1.0, 2.0))
    marks.show("cloud", (Mark((2.0, 1.5), around=corners),))
    items = canvas.find_all()
    (line,) = seen(canvas, "line")
    assert line == pytest.approx([pixel for corner in (*corners, corners[0]) for pixel in latent_map.pixel_at(corner)])

    moved = tuple((a + 1.0, b) for a, b in corners)
    marks.show("cloud", (Mark((3.0, 1.5), around=moved),))
    assert canvas.find_all() == items
    latent_map.state.zoom((3.0, 1.5), 100.0)  # between the two long sides
    latent_map.fit()
    marks.place()
    assert not seen(canvas, "line")
    latent_map.state.show_place((2.0, 1.5))
    latent_map.fit()
    marks.place()
    (line,) = seen(canvas, "line")
    left, top, width, height = latent_map.box
    x, _ = latent_map.pixel_at((2.0, 0.0))
    assert sorted(line[1::2]) == pytest.approx([top, top + height]) and line[::2] == pytest.approx([x, x])
    marks.show("cloud")
    assert not canvas.find_all()


def test_a_pin_can_stand_beside_its_place(canvas, latent_map):
    marks = Marks(canvas, latent_map, latent_map.shared)
    marks.show("pins", (Mark((1.0, 2.0), "3", beside=True),))
    x, y = latent_map.pixel_at((1.0, 2.0))
    assert seen(canvas, "text") == [pytest.approx((x + BESIDE, y - BESIDE), abs=0.01)]
