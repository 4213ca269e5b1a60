"""The plane of a map turns: every frame is a true plane, and the map takes on the one where it stops."""

import itertools
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from explorer.analysis import axes as axes_in_words
from explorer.analysis import colouring
from explorer.analysis.probe import SpaceProbe
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.turn import TurnMap, name_of
from explorer.session import workspace
from explorer.session.open_map import OpenMap, OpenSpace
from explorer.session.state import MapState, SharedState
from explorer.spaces import view
from explorer.spaces.projection import STEPS, Moments, axes, can_turn, principal, stops, turned
from explorer.trace import Trace
from explorer.window.inspector.panels.turning import TurningPanel
from explorer.window.map.map_panel import MapPanel
from explorer.window.map.turn import TurnPanel
from explorer.window.pane import turning
from explorer.window.pane.turning import Turning
from tests.screen import settle
from tests.spaces import make_space
from tests.test_morph import figure_of, pixels
from tests.test_projection import drawn_codes

N = 900


@pytest.fixture(scope="module")
def deep(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("deep") / "deep", n=N, dimensions=16, prior="normal")


# ---- planes --------------------------------------------------------------------------------------


@pytest.mark.parametrize("d", [3, 4, 5, 16, 64])
def test_the_stops_are_pairs_of_components_up_to_what_matters(d):
    moments = Moments.of(drawn_codes(d))
    variances = np.linalg.eigvalsh(moments.covariance)[::-1]
    assert moments.variances == pytest.approx(variances)
    found = stops(moments)
    flat = [each for pair in found for each in pair]
    held = variances[sorted(set(flat))].sum() / variances.sum()
    assert 2 <= len(found) <= 16 and flat[:4] == [0, 1, 2, 3 if d > 3 else 1]
    assert held >= 0.99 or len(found) == 16
    assert len(found) == 2 or variances[: 2 * len(found) - 2].sum() < 0.99 * variances.sum(), "no more than that"
    assert all(a != b and (one[1] == b or not {a, b} & set(one)) for one, (a, b) in itertools.pairwise(found))


@settings(max_examples=40)
@given(st.sampled_from([3, 4, 5, 16, 64]), st.data())
def test_every_plane_of_a_turn_is_orthonormal_and_between_its_ends(d, data):
    moments = Moments.of(drawn_codes(d))
    found = stops(moments)
    stop = data.draw(st.integers(0, len(found) - 2))
    steps = data.draw(st.integers(0, STEPS))
    plane = turned(moments, *found[stop], *found[stop + 1], steps)
    assert plane.basis @ plane.basis.T == pytest.approx(np.eye(d), abs=1e-9)
    angle = steps / STEPS * np.pi / 2
    for axis, (one, other) in enumerate(zip(found[stop], found[stop + 1], strict=True)):
        start, end = moments.components[[one, other]]
        expected = start if one == other else np.cos(angle) * start + np.sin(angle) * end
        assert plane.basis[axis] == pytest.approx(expected, abs=1e-12)
    spread = np.einsum("ij,jk,ik->i", plane.basis[2:], moments.covariance, plane.basis[2:])
    assert (np.diff(spread) <= 1e-6 * spread.max()).all(), "the others by their variance"
    assert len(set(plane.names)) == d and turned(moments, *plane.chosen).basis == pytest.approx(plane.basis)
    assert can_turn(d, plane.chosen)


@pytest.mark.parametrize(
    "chosen",
    [(0, 1, 2, 3), (0, 1, 2, 16, 5), (0, 1, 2, 3, STEPS + 1), (0, 1, 1, 0, 5), (0, 0, 2, 3, 5), (0, 1, 2, 2, 5)],
)
def test_what_no_turn_is(deep, chosen):
    assert not can_turn(16, chosen) and deep.plane("turned", chosen) is None


def test_a_workspace_keeps_the_turned_plane(deep, tmp_path):
    state, shared = MapState(deep), SharedState()
    state.use_plane(turned(deep.moments, 2, 3, 4, 5, 1234))
    state.show_view(view.zoomed(state.limits, state.cursor, 3))
    workspace.save(tmp_path / "w.json", workspace.taken(state, shared))
    read, notes = workspace.fitted(workspace.read(tmp_path / "w.json"), deep)
    again = MapState(deep)
    workspace.apply(read, again, shared)
    assert not notes and again.space.projection.chosen == (2, 3, 4, 5, 1234) and again.limits == state.limits
    assert again.code == pytest.approx(state.code, abs=1e-5)
    assert "on the way from two principal components" in axes_in_words.explanation(again.space)


# ---- the drawing ---------------------------------------------------------------------------------


def ends(space, first, second):
    return [MapState(space.on_plane(principal(space.moments, *pair))) for pair in (first, second)]


def a_turn(space, shared=None, pairs=((0, 1), (2, 3))):
    states = ends(space, *pairs)
    return TurnMap(figure_of(), *states, shared or SharedState(), colouring.by_class(space)), states


@pytest.mark.parametrize("chart", ["plain", "quantiles"])
@pytest.mark.parametrize("steps", [0, 1234, 5000, STEPS])
def test_the_dots_are_where_the_plane_shows_them(deep, chart, steps):
    """As on a map of that plane, which multiplies all codes with its directions."""
    space = deep.in_coordinates(chart)
    turn, _ = a_turn(space)
    turn.share = steps / STEPS
    state = MapState(space.on_plane(turned(space.moments, 0, 1, 2, 3, steps)))
    state.show_view(turn.seen(turn.share))
    latent_map = LatentMap(figure_of(), state, SharedState())
    expected = [latent_map.pixel_at(place) for place in state.space.places.tolist()]
    np.testing.assert_allclose(turn.pixels(), expected, atol=0.01)
    row = int(space.rows[7])
    assert turn.pixel_at(turn.place_of(row)) == pytest.approx(expected[7], abs=0.01)
    x, y = expected[7]
    if (place := turn.place_at(x, y)) is not None:
        assert place == pytest.approx(state.space.places[7].tolist(), abs=1e-3)
        assert turn.pixel_at(turn.in_axes(place)) == pytest.approx((x, y))
    assert turn.place_at(1, 1) is None


def test_the_view_goes_from_what_was_seen_to_the_next_plane_and_keeps_its_aspect(deep):
    turn, (first, second) = a_turn(deep)
    aspect = turn.box[2] / turn.box[3]
    assert turn.seen(0.0) == pytest.approx(view.fitted(first.home, aspect))
    assert turn.seen(1.0) == pytest.approx(view.fitted(second.home, aspect))
    zoomed = view.zoomed(first.home, (0.3, 0.1), 20)
    turn.began = 0.2, zoomed
    assert turn.seen(0.2) == pytest.approx(view.fitted(zoomed, aspect))
    found = np.array([turn.seen(share) for share in np.linspace(0.2, 1, 400)])
    sizes = found[:, 1::2] - found[:, ::2]
    assert sizes[:, 0] / sizes[:, 1] == pytest.approx(np.full(400, aspect))
    assert abs(np.diff(sizes, axis=0)).max() < 0.02 * sizes.max(), "without a jump"
    assert found[-1] == pytest.approx(view.fitted(second.home, aspect))


def test_a_frame_equals_a_full_redraw(deep):
    turn, states = a_turn(deep)
    for share in (0.0, 0.35, 0.7):
        turn.share = share
        turn.draw()
    fresh, _ = a_turn(deep)
    fresh.share = 0.7
    fresh.draw()
    assert (pixels(turn.figure) == pixels(fresh.figure)).all()
    turn.show_turn(*ends(deep, (2, 3), (4, 5)))
    turn.draw()
    other, _ = a_turn(deep, pairs=((2, 3), (4, 5)))
    other.share = 0.7
    other.draw()
    assert (pixels(turn.figure) == pixels(other.figure)).all()


@pytest.mark.parametrize("share", [0.0, 0.4, 0.75, 1.0])
def test_dots_fade_by_their_distance_to_the_plane(deep, share):
    faint, anchor = (0.2, 0.5, 1.0), deep.codes[3]
    shared = SharedState()
    turn, _ = a_turn(deep.in_coordinates("quantiles"), shared)
    turn.fade(faint, anchor)
    turn.share = share
    middle = turned(deep.moments, 0, 1, 2, 3, round(share * STEPS))
    bounds = np.quantile(middle.distances(deep.codes), (1 / 3, 2 / 3))
    expected = (middle.through_code(anchor).distances(deep.codes)[:, None] <= bounds).sum(axis=1)
    assert (turn.nearness() != expected).mean() < 0.02 and len(set(expected)) == 3
    shared.toggle_class(4)
    turn.show_rows()
    shown = deep.labels != 4
    assert len(turn.rows) == shown.sum()
    turn.draw()
    faded = pixels(turn.figure)
    turn.fade((), anchor)
    turn.draw()
    assert pixels(turn.figure)[..., :3].mean() < faded[..., :3].mean(), "more ink"


# ---- on a map ------------------------------------------------------------------------------------


class OnAMap:
    """A map that turns in a window, and the codes that it asked to decode."""

    def __init__(self, root, space):
        root.geometry("620x480+0+0")
        self.root, self.shared = root, SharedState()
        engine = SimpleNamespace(encoder_unavailable="", decoder=None)
        self.opened = OpenMap(OpenSpace(engine, SpaceProbe(space, None)))
        self.state, self.decoded, self.said = self.opened.state, [], []
        unheard = dict.fromkeys(("hovered", "changed", "clicked", "selected"), lambda *told: None)
        self.panel = MapPanel(root, self.state, self.shared, **unheard)
        self.panel.pack(fill="both", expand=True)
        self.turning = Turning(self.opened, self.panel, self._decode, self.said.append, Trace(None))
        root.update()

    def _decode(self, code):
        self.decoded.append((self.turn.share if self.turn else None, code))

    @property
    def turn(self):
        return self.turning._turn

    def until(self, condition):
        deadline = time.monotonic() + 60
        while not condition():
            self.root.update()
            assert time.monotonic() < deadline

    def play(self):
        self.turning.play()
        self.until(lambda: not self.turning.playing)


@pytest.fixture
def on_map(root, deep, monkeypatch):
    monkeypatch.setattr(TurnPanel, "seconds", 0.25)
    monkeypatch.setattr(turning, "REST_MS", 20)
    return OnAMap(root, deep)


def test_the_place_under_the_mouse_is_decoded_in_every_frame(on_map, screen):
    """Which is on the plane through the code at which the turn began."""
    anchor, moments = on_map.state.code, on_map.state.space.moments
    on_map.turning.show(0.5)
    settle_turn(on_map)
    left, top, width, height = on_map.turn.morph.box
    x, y = int(left + 0.3 * width), int(top + 0.4 * height)
    on_map.turn.widget.event_generate("<Motion>", x=x, y=y)
    on_map.root.update()
    on_map.decoded.clear()
    for position in (0.55, 0.6, 0.9, 0.123):
        on_map.turning.show(position)
        share, code = on_map.decoded[-1]
        assert share == pytest.approx(position)
        a0, a1, b0, b1 = on_map.turn.limits
        a, b = a0 + (x - left) / width * (a1 - a0), b1 - (y - top) / height * (b1 - b0)
        plane = turned(moments, 0, 1, 2, 3, round(position * STEPS))
        (u, v), away = plane.basis[:2], anchor - moments.mean
        expected = anchor + (a - away @ u) * u + (b - away @ v) * v
        assert code == pytest.approx(expected, abs=1e-4)
    assert len(on_map.decoded) == 4
    on_map.turning.stop()
    assert on_map.turn is None and on_map.state.code == pytest.approx(expected, abs=1e-4)
    assert on_map.panel.map.pixel_at(on_map.state.cursor) == pytest.approx((x, y), abs=0.01), "the cursor stays there"


def settle_turn(on_map):
    for _ in range(5):
        on_map.root.update()


def test_pins_and_crosshair_follow_their_codes(on_map):
    state, shared = on_map.state, on_map.shared
    shared.pin(5)
    shared.select(np.arange(40))
    state.move_cursor((0.4, -0.3))
    code = state.code
    for position in (0.0, 0.3, 1.0, 1.7, 0.2):
        on_map.turning.show(position)
        settle_turn(on_map)
        stop = min(int(position), 6)
        steps = round((position - stop) * STEPS)
        space = state.space.on_plane(
            turned(state.space.moments, *stops(state.space.moments)[stop], *stops(state.space.moments)[stop + 1], steps)
        )
        a0, a1, b0, b1 = on_map.turn.limits
        left, top, width, height = on_map.turn.morph.box
        canvas = on_map.turn.widget
        (text,) = (item for item in canvas.find_all() if canvas.type(item) == "text")
        ring = canvas.coords(on_map.turn.crosshair._ring)
        middle = (ring[0] + ring[2]) / 2, (ring[1] + ring[3]) / 2
        for found, of in ((canvas.coords(text), space.codes[5]), (middle, code)):
            a, b = space.place_of(of)
            expected = left + (a - a0) / (a1 - a0) * width, top + (b1 - b) / (b1 - b0) * height
            assert found == pytest.approx(expected, abs=0.05)
    on_map.turning.stop()
    assert shared.pins == (5,) and len(shared.selection) == 40 and state.code == pytest.approx(code, abs=1e-4)
    assert state.space.projection.kind == "turned" and on_map.turning.position == pytest.approx(0.2)


def test_a_play_goes_to_the_last_stop_and_begins_again(on_map):
    state, found = on_map.state, on_map.turning.stops
    assert len(found) == 6 and on_map.turning.position == 0
    state.zoom(state.cursor, 4)
    positions = []
    on_map.panel.hear(lambda: positions.append(on_map.turning.position), on_map.turning.changed)
    on_map.play()
    assert positions == sorted(positions) and positions[-1] == 5 and {1, 2, 3, 4} <= set(positions)
    assert state.space.projection.chosen == found[-1] and state.limits == state.home
    on_map.turning.play()
    settle_turn(on_map)
    assert on_map.turning.position < 1
    on_map.turning.stop()


@pytest.mark.parametrize("share", [0.0, 0.37])
def test_the_map_looks_as_the_turn_did_where_it_stopped(on_map, share):
    on_map.shared.toggle_layer("labels")
    on_map.turning.show(1 + share)
    settle_turn(on_map)
    before = on_map.turn.morph.pixels()
    on_map.turning.stop()
    assert on_map.turn is None and (on_map.state.limits == on_map.state.home) == (share == 0)
    after = [on_map.panel.map.pixel_at(place) for place in on_map.state.space.places.tolist()]
    np.testing.assert_allclose(before, after, atol=0.02)


def test_everything_that_changes_while_it_plays_is_followed(on_map, monkeypatch):
    monkeypatch.setattr(TurnPanel, "seconds", 60)
    state, shared = on_map.state, on_map.shared
    on_map.turning.play()
    settle_turn(on_map)
    for change in (
        shared.toggle_theme,
        lambda: shared.toggle_class(2),
        lambda: shared.pin(11),
        lambda: on_map.root.geometry("540x500+0+0"),
        lambda: state.move_cursor((0.2, 0.1)),
        lambda: state.hold_rest(np.linspace(-1, 1, 14)),
        lambda: on_map.panel.show_colouring(colouring.by_class(state.space)),
        lambda: state.use_coordinates("quantiles"),
    ):
        change()
        settle_turn(on_map)
        assert on_map.turning.playing and on_map.turn is not None
        before = len(on_map.turn.frame_ms)
        on_map.until(lambda before=before: len(on_map.turn.frame_ms) > before)
        assert on_map.turn.anchor == pytest.approx(state.code, abs=1e-5)
    assert on_map.turn.morph.total == N - (state.space.labels == 2).sum()
    assert 0 < on_map.turn.share < 0.5
    on_map.turning.stop()
    assert state.space.coordinates == "quantiles" and state.space.projection.kind == "turned"


@pytest.mark.parametrize("what", ["plane", "space", "second map", "press", "window"])
def test_what_ends_a_turn(on_map, deep, tmp_path, what):
    state = on_map.state
    on_map.turning.play()
    settle_turn(on_map)
    chosen = axes(state.space.moments, 3, 7)
    if what == "plane":
        state.use_plane(chosen)
    elif what == "space":
        state.show_space(make_space(tmp_path / "flat", n=100))
    elif what == "second map":
        on_map.opened.compare_with(deep)
    elif what == "press":
        on_map.turn.widget.event_generate("<Button-4>")
    else:
        on_map.panel.destroy()
        settle_turn(on_map)
        return
    settle_turn(on_map)
    assert not on_map.turning.playing and on_map.turn is None
    assert not on_map.root.tk.call("after", "info"), "nothing is due"
    on_map.turning.play()
    if what == "space":
        assert on_map.turning.stops == () and on_map.said == [turning.TWO_NUMBERS]
    elif what == "second map":
        assert on_map.said == [turning.TWO_MAPS]
    elif what == "plane":
        assert state.space.projection.is_parallel(chosen) and on_map.turning.position < 0.1, "from the first stop"
    on_map.turning.stop()


def test_the_keyboard_reaches_the_controls_and_goes_from_stop_to_stop(on_map):
    context, root = on_map.opened, on_map.root
    context.turning, context.shared, context.trace = on_map.turning, on_map.shared, Trace(None)
    panel = TurningPanel(root, context)
    panel.pack(fill="x", side="bottom", before=on_map.panel)
    settle_turn(on_map)
    panel._play.focus_force()
    root.update()
    assert str(root.tk.call("tk_focusNext", panel._play)) == str(panel._slider)
    panel._slider.focus_force()
    root.update()
    expected = [1, 2, 1, 0, 0]
    for key, stop in zip(("Right", "Up", "Left", "Down", "Left"), expected, strict=True):
        panel._slider.event_generate(f"<{key}>")
        root.update()
        assert on_map.turning.position == panel._position.get() == stop
    on_map.turning.show(2.4)
    assert panel._position.get() == pytest.approx(2.4) and panel._where.cget("text") == "PC 5/6 → PC 7/8, 40 %"
    for key, stop in (("Left", 2), ("Right", 3)):
        panel._slider.event_generate(f"<{key}>")
        root.update()
        assert on_map.turning.position == stop
        on_map.turning.show(2.4)
    on_map.state.use_plane(axes(on_map.state.space.moments, 3, 7))
    assert panel._where.cget("text") == "another plane"
    panel._play.invoke()
    assert panel._play.cget("text") == "❚❚ Stop"
    panel._play.invoke()
    assert panel._play.cget("text") == "▶ Turn" and not on_map.turning.playing


def test_the_names_of_the_stops_are_whole_and_apart_at_any_width(on_map):
    context, root = on_map.opened, on_map.root
    context.turning, context.shared, context.trace = on_map.turning, on_map.shared, Trace(None)
    panel = TurningPanel(root, context)
    shown = set()
    for width in range(180, 480, 20):
        panel.place(x=0, y=0, width=width, height=80)
        settle(root)
        boxes = [panel._names.bbox(item) for item in panel._names.find_all()]
        assert boxes[0][0] >= 0 and boxes[-1][2] <= panel._names.winfo_width()
        assert all(one[2] < other[0] for one, other in itertools.pairwise(boxes))
        shown.add(len(boxes))
    assert max(shown) == len(on_map.turning.stops) and min(shown) < max(shown)


# ---- in the program ------------------------------------------------------------------------------


@pytest.mark.slow
def test_with_real_keys_and_mouse(start, screen, tmp_path):
    import keras

    random = np.random.default_rng(5)
    weights = [random.normal(scale=0.4, size=(16, 64)).astype("f4"), random.normal(scale=0.2, size=64).astype("f4")]
    network = keras.Sequential([keras.Input((16,)), keras.layers.Dense(64, "sigmoid"), keras.layers.Reshape((8, 8))])
    network.layers[0].set_weights(weights)
    network.save(tmp_path / "decoder.keras")
    deep = make_space(
        tmp_path / "deep", (8, 8), n=N, dimensions=16, network=(tmp_path / "decoder.keras").read_bytes(), prior="normal"
    )
    program = start("ae.py", "--weights", str(deep.folder), "--size", "1280x1400")
    program.expected_stderr = "encoder.keras is missing"
    program.wait_for("live")
    program.settle()
    x, y, width, height = program.layout()["map"]
    pixel = x + width // 3, y + height // 2
    screen.click(*pixel)
    program.settle()
    pins = program.events("pins")

    screen.key("w")
    turn = program.wait(lambda: program.events("turn"), "the first stop")[0]
    assert turn["position"] == 1 and turn["frames"] > 2 and turn["points"] == N
    time.sleep(1.8)  # the next turn has begun
    screen.key("w")
    turn = program.wait(lambda: program.events("turn")[1:], "the stop")[-1]
    program.settle()
    assert 1 < turn["position"] < 2
    found = stops(deep.moments)
    plane = turned(deep.moments, *found[1], *found[2], round((turn["position"] - 1) * STEPS))
    one, other = (np.array(program.hover(*at)["z"]) for at in (pixel, (pixel[0] + 50, pixel[1] + 30)))
    along = plane.basis @ (other - one)
    assert along[2:] == pytest.approx(np.zeros(14), abs=1e-4) and along[0] / -along[1] == pytest.approx(5 / 3, rel=1e-3)
    wanted = 255 / (1 + np.exp(-(other @ weights[0] + weights[1]).reshape(8, 8)))
    assert np.abs(program.picture((8, 8)).astype(float) - wanted).max() <= 1

    tabs = program.layout()["tabs"]
    screen.click(tabs[0] + 40, tabs[1] + 22)  # the tab Space; the click on the map has shown the pins
    program.settle()
    assert [name_of(stop) for stop in found] == [f"PC {k}/{k + 1}" for k in range(1, 2 * len(found), 2)]
    left, top, wide, high = program.events("plane")[-1]["slider"]
    screen.click(left + wide - 4, top + high // 2)
    program.settle()
    assert program.events("turn")[-1]["position"] == len(found) - 1, "the end, where it was clicked"
    screen.press()
    for step in range(0, wide // 2, 6):
        screen.move(left + wide - 4 - step, top + high // 2)
    screen.release()
    program.settle()
    dragged = program.events("turn")[-1]["position"]
    assert 1.5 < dragged < len(found) - 1.5
    screen.click(left + wide - 16, top + high + 8)  # a name below the slider
    program.settle()
    assert program.events("turn")[-1]["position"] == len(found) - 1

    screen.move(*pixel)
    screen.key("w")
    time.sleep(0.5)
    for key in ("t", "3", "q", "h", "plus", "Right"):
        screen.key(key)
        program.handled()
    program.resize(1100, 700)
    screen.key("Escape")
    program.settle()
    assert program.events("pins") == pins
    screen.key("w")
    time.sleep(0.3)
    program.close()  # while it plays
    program.finish()
