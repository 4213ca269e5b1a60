"""Selecting: the points inside an outline, under any filter, zoom and mix of selections."""

import csv
import functools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from explorer.analysis.outline import caught, inside
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.themes import class_colour
from explorer.images import datasets
from explorer.session.state import MapState, SharedState
from explorer.spaces.latent_space import LatentSpace
from tests.conftest import slow
from tests.handling import Plane, around, drag, selected, through_the_dialog, type_path
from tests.spaces import make_space


def crossings(place, outline) -> int:
    """How often a ray to the right crosses the outline: the same rule, one place and one edge at a time."""
    (x, y), count = place, 0
    for (x0, y0), (x1, y1) in zip(outline, [*outline[1:], outline[0]], strict=True):
        if (y0 <= y) != (y1 <= y) and x < x0 + (y - y0) * ((x1 - x0) / (y1 - y0)):
            count += 1
    return count


corner = st.tuples(st.integers(-5, 5), st.integers(-5, 5))  # whole numbers: many places lie on corners and edges


@given(outline=st.lists(corner, max_size=12), seed=st.integers(0, 1000))
def test_inside_is_the_even_odd_rule(outline, seed):
    random = np.random.default_rng(seed)
    places = np.concatenate([random.integers(-6, 7, (30, 2)), random.uniform(-6, 6, (30, 2))])
    expected = [len(outline) > 2 and crossings(place, outline) % 2 == 1 for place in places]
    assert inside(places, np.array(outline)).tolist() == expected


class Told:
    """What must be selected, worked out one point at a time, beside the real state."""

    def __init__(self, space):
        self.space, self.rows = space, set()

    def drag(self, outline, limits, hidden, how):
        a0, a1, b0, b1 = limits
        found = {
            int(row)
            for (a, b), label, row in zip(self.space.places.tolist(), self.space.labels, self.space.rows, strict=True)
            if a0 <= a <= a1 and b0 <= b <= b1 and label not in hidden and crossings((a, b), outline) % 2
        }
        self.rows = found if how == "replace" else self.rows | found if how == "add" else self.rows - found


place = st.tuples(st.floats(-4, 4), st.floats(-4, 4))
steps = st.lists(
    st.one_of(
        st.tuples(
            st.just("drag"), st.lists(place, min_size=3, max_size=7), st.sampled_from(("replace", "add", "remove"))
        ),
        st.tuples(st.just("hide"), st.integers(0, 4)),
        st.tuples(st.just("zoom"), place, st.floats(0.3, 4)),
        st.tuples(st.just("pan"), st.floats(-3, 3), st.floats(-3, 3)),
    ),
    max_size=12,
)


@given(steps=steps)
def test_selections_are_right_after_any_mix_of_filters_zooms_and_selections(some, steps):
    state, shared, told = MapState(some), SharedState(), Told(some)
    for name, *arguments in steps:
        if name == "drag":
            outline, how = arguments
            shown = shared.shown(some.labels)
            shared.select(caught(some, np.array(outline), state.limits, shown), how)
            told.drag(outline, state.limits, shared.hidden, how)
        elif name == "hide":
            shared.toggle_class(*arguments)
        else:
            getattr(state, name)(*arguments)
        assert shared.selection.tolist() == sorted(told.rows)


@pytest.fixture(scope="module")
def some(tmp_path_factory):
    """80 points of five classes in a random order, whose data rows are not their indices."""
    whole = make_space(tmp_path_factory.mktemp("spaces") / "some", (8, 8), tuple("abcde"), n=160)
    order = np.random.default_rng(2).permutation(160)[:80]
    return LatentSpace("some", whole.folder, whole.card, whole.codes[order] / 2, whole.labels[order], whole.rows[order])


def test_the_map_shows_the_selected_points_alone_in_full_colours(space):
    state, shared = MapState(space), SharedState()
    figure = Figure((8, 6), dpi=100)
    canvas = FigureCanvasAgg(figure)
    latent_map = LatentMap(figure, state, shared)

    def coloured(index):
        """How many pixels have exactly the colour of a class."""
        canvas.draw()
        colour = [int(class_colour(index)[i : i + 2], 16) for i in (1, 3, 5)]
        return int((np.asarray(canvas.buffer_rgba())[..., :3] == colour).all(axis=2).sum())

    ones, sixes = (space.rows[space.labels == label] for label in (1, 6))
    everything = coloured(1), coloured(6)
    shared.select(ones)
    latent_map.show_selection()
    assert coloured(1) >= everything[0] and coloured(6) < everything[1] / 50
    shared.select(sixes, "add")
    latent_map.show_selection()
    assert min(coloured(1), coloured(6)) > 1000
    shared.toggle_class(1)
    latent_map.show_classes()
    assert coloured(1) < everything[0] / 50 and coloured(6) > 1000
    shared.toggle_class(1)
    shared.select(np.empty(0, int))
    latent_map.show_classes()
    latent_map.show_selection()
    assert (coloured(1), coloured(6)) == everything


# ---- in the real window ------------------------------------------------------------------------------


@pytest.fixture
def program(start):
    program = start("ae_precomp.py", tensorflow=False)
    program.wait_for("window")
    program.settle()
    return program


def test_lasso_and_rectangle_select_what_lies_inside_under_zoom_and_hidden_classes(program, space, tmp_path):
    box, told = program.layout()["map"], Told(space)
    plane = Plane(program, box)
    program.screen.key("s")
    star = around(box, 0.45, 0.45, 0.2)
    told.drag(plane.places(star), plane.limits(box), (), "replace")
    assert drag(program, star) == len(told.rows) > 1000
    assert selected(program, tmp_path / "a.json") == sorted(told.rows)

    # zoomed in, with two classes hidden: added, then removed
    program.hover(box[0] + box[2] // 2, box[1] + box[3] // 2)
    for _ in range(4):
        program.screen.press(4)
        program.screen.release(4)
    for digit in (8, 9):
        program.screen.key(str(digit))
    program.settle()
    plane = Plane(program, box)
    more = around(box, 0.6, 0.55, 0.35, 9)
    told.drag(plane.places(more), plane.limits(box), (8, 9), "add")
    assert drag(program, more, "Shift_L") == len(told.rows)

    program.screen.key("s")  # the rectangle
    (x0, y0), (x1, y1) = (box[0] + box[2] // 3, box[1] + box[3] // 3), (box[0] + box[2] // 2, box[1] + box[3] // 2)
    told.drag(plane.places([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]), plane.limits(box), (8, 9), "remove")
    assert drag(program, [(x0, y0), (x1, y0 - 40), (x1, y1)], "Alt_L") == len(told.rows)
    assert selected(program, tmp_path / "b.json") == sorted(told.rows)
    assert 8 in space.labels[sorted(told.rows)], "what is hidden stays selected"


@pytest.mark.slow
def test_a_lasso_selection_is_undone_and_redone_in_whatever_space(program, tmp_path):
    box = program.layout()["map"]
    program.screen.key("s")
    first = drag(program, around(box, 0.45, 0.45, 0.2))
    second = drag(program, around(box, 0.6, 0.55, 0.2), "Shift_L")
    assert 0 < first < second
    kept = {"second": selected(program, tmp_path / "a.json")}
    program.screen.key("3")
    program.screen.key("Next")
    program.wait_for("space")
    program.settle()
    program.screen.key("v")
    program.wait_for("compare")
    program.settle()
    said = []
    for key, *modifiers in [("z", "Control_L")] * 4 + [("z", "Control_L", "Shift_L")] * 2:
        program.screen.key(key, *modifiers)
        program.settle()
        said.append(program.events("said")[-1]["text"])
    undone = ["1 class hidden", f"{second:,} images selected", f"{first:,} images selected"]
    redone = [f"{first:,} images selected", f"{second:,} images selected"]
    expected = [*(f"undone: {what}" for what in undone), "there is nothing to undo"]
    assert said == [*expected, *(f"redone: {what}" for what in redone)]
    assert selected(program, tmp_path / "b.json") == kept["second"]
    program.screen.key("Escape")  # one too many
    program.settle()
    assert selected(program, tmp_path / "c.json") == []
    program.screen.key("z", "Control_L")
    program.settle()
    assert selected(program, tmp_path / "d.json") == kept["second"]


def test_esc_drops_the_outline_then_the_selection_and_a_click_does_nothing(program, space):
    box = program.layout()["map"]
    program.screen.key("s")
    star = around(box, 0.5, 0.5, 0.1)
    count = drag(program, star)
    assert count > 0
    before = program.screen.grab(box)
    program.screen.move(*around(box, 0.4, 0.4, 0.1)[0])
    program.screen.press()
    for corner in around(box, 0.4, 0.4, 0.1):
        program.screen.move(*corner)
        program.handled()
    hovers = len(program.events("hover"))
    program.screen.key("Escape")
    program.screen.release()
    program.settle()
    assert len(program.events("selection")) == 1, "the drag was given up"
    assert len(program.events("hover")) > hovers, "the mouse decodes again"
    program.screen.click(*star[0])
    program.settle()
    assert len(program.events("selection")) == 1
    program.screen.move(2590, 1490)
    program.handled()
    program.screen.key("Escape")
    program.settle()
    after = program.screen.grab(box)
    assert (before != after).any(axis=2).mean() > 0.05, "nothing is veiled any longer"
    assert not program.events("pins")


@pytest.mark.slow
def test_a_thumbnail_is_pinned_by_a_click_and_a_workspace_comes_back(program, start, space, tmp_path):
    box = program.layout()["map"]
    program.screen.key("s")
    drag(program, around(box, 0.45, 0.45, 0.15))
    sheet = program.wait(lambda: [e for e in program.events("sheet") if e["rows"]], "thumbnails")[-1]
    x, y, width, height = sheet["box"]
    step = sheet["thumbnail"][0] + 2
    for position in (0, sheet["columns"] + 2):
        row, column = divmod(position, sheet["columns"])
        program.screen.click(x + column * step + step // 2, y + row * step + step // 2)
        program.settle()
        assert program.events("pins")[-1]["rows"][-1] == sheet["rows"][position]
    program.screen.click(x + 30, y + 30, button=5, times=20)
    program.settle()
    scrolled = program.events("sheet")[-1]
    assert scrolled["first"] == 20 * sheet["columns"] and scrolled["top"] == 20 * step

    program.screen.key("4")
    path = tmp_path / "work.json"
    rows = selected(program, path)
    kept = json.loads(path.read_text())
    assert kept["pins"] == program.events("pins")[-1]["rows"] and kept["hidden"] == [4]
    program.screen.key("Escape")  # the pins
    program.screen.key("Escape")  # the selection
    program.screen.key("a")
    through_the_dialog(program, path, "o", "Control_L")
    program.wait(lambda: program.events("workspace")[-1].get("opened"), "the workspace")
    assert selected(program, tmp_path / "again.json") == rows
    assert json.loads((tmp_path / "again.json").read_text()) == kept

    broken = tmp_path / "broken.json"
    broken.write_text(path.read_text()[:100])
    through_the_dialog(program, broken, "o", "Control_L")
    assert "incomplete" in program.wait(lambda: program.events("workspace")[-1].get("refused"), "the refusal")
    assert selected(program, tmp_path / "third.json") == rows
    program.finish()

    other = start("ae_precomp.py", "--workspace", str(path), tensorflow=False)
    other.wait_for("window")
    other.settle()
    assert selected(other, tmp_path / "other.json") == rows
    assert json.loads((tmp_path / "other.json").read_text()) == kept


@pytest.mark.slow
def test_the_selection_is_exported_by_way_of_menu_and_dialog(program, space, tmp_path):
    box = program.layout()["map"]
    program.screen.key("s")
    count = drag(program, around(box, 0.45, 0.45, 0.15))
    left, top, width, _ = program.layout()["tabs"]
    rows = selected(program, tmp_path / "kept.json")
    for place, name in enumerate(("out.csv", "out.npz", "out.png")):
        program.screen.click(left + width - 50, top + 64)
        program.settle()
        for _ in range(place + 1):
            program.screen.key("Down")
        program.screen.key("Return")
        type_path(program, tmp_path / name)
        program.wait((tmp_path / name).exists, name)
        program.settle()
    with np.load(tmp_path / "out.npz") as file:
        assert file["index"].tolist() == rows and len(rows) == count
        assert (file["codes"] == space.codes[rows]).all() and (file["label"] == space.labels[rows]).all()
        errors = file["error"]
    assert errors.shape == (count,) and np.isfinite(errors).all() and 0 < errors.mean() < 0.1
    with open(tmp_path / "out.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [int(line["index"]) for line in lines] == rows
    assert [np.float32(line["error"]) for line in lines] == errors.tolist()
    images = datasets.load().images(np.array(rows[:2]))
    pixels = np.asarray(Image.open(tmp_path / "out.png"))
    assert (pixels[2:30, 2:30] == images[0]).all() and (pixels[2:30, 32:60] == images[1]).all()


def last_sheet(program, before):
    """The rows of the latest of the sheets that came after so many."""
    return program.events("sheet")[before:] and program.events("sheet")[-1]["rows"]


@pytest.mark.slow
def test_the_sheet_is_sorted_by_error_by_distance_and_by_class(program, space):
    box = program.layout()["map"]
    program.screen.key("s")
    drag(program, around(box, 0.45, 0.45, 0.15))
    rows = np.array(program.wait(lambda: [e for e in program.events("sheet") if e["rows"]], "thumbnails")[-1]["rows"])
    left, top, width, _ = program.layout()["tabs"]
    first = {}
    for name in ("error", "distance", "class"):
        before = len(program.events("sheet"))
        program.screen.click(left + width - 100, top + 102)
        program.settle()
        program.screen.key("Down")
        program.screen.key("Return")
        seen = functools.partial(last_sheet, program, before)
        program.wait(seen, name)
        if name == "error":  # they are worked out first
            program.wait(lambda seen=seen: seen() != rows.tolist(), name)
        program.settle()
        first[name] = np.array(program.events("sheet")[-1]["rows"])
    assert (np.diff(space.labels[first["class"]].astype(int)) >= 0).all() and first["class"].tolist() != rows.tolist()
    distances = np.linalg.norm(space.codes[first["distance"]] - space.codes[first["distance"]].mean(axis=0), axis=1)
    assert np.ptp(space.codes[first["distance"]], axis=0).max() < np.ptp(space.codes[rows], axis=0).max() / 5
    assert distances.max() < 0.5
    decoder, images = GridDecoder(grid.load(space)), datasets.load()
    errors = np.square(decoder(space.codes[first["error"]]) - datasets.as_float(images.images(first["error"])))
    errors = errors.reshape(len(errors), -1).mean(axis=1)
    assert (np.diff(errors) <= 1e-6).all() and errors.min() > 0.05


@pytest.mark.parametrize("classes", [(), slow(tuple(f"class {index} of them all" for index in range(200)))])
def test_without_the_images_selections_and_exports_go_on(start, tmp_path, classes):
    made = make_space(tmp_path / "made", (20, 12, 3), classes, n=600)
    (tmp_path / "made.npz").unlink()
    program = start("ae_precomp.py", "--weights", str(made.folder), tensorflow=False)
    program.wait_for("window")
    program.settle()
    box = program.layout()["map"]
    program.screen.key("s")
    program.screen.key("s")
    x, y, width, height = box
    count = drag(program, [(x + 2, y + 2), (x + 50, y + 60), (x + width - 2, y + height - 2)])
    assert count > 590
    left, top, width, _ = program.layout()["tabs"]
    program.screen.click(left + width - 50, top + 64)
    program.settle()
    program.screen.key("Down")
    program.screen.key("Return")
    type_path(program, tmp_path / "out.csv")
    program.wait((tmp_path / "out.csv").exists, "the table")
    with open(tmp_path / "out.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == count and "error" not in lines[0] and ("class" in lines[0]) == bool(classes)
