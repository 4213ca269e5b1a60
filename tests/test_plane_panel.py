"""The panel that chooses the plane of a map, alone in a window."""

import dataclasses

import numpy as np
import pytest

from explorer.analysis.analyses import DIVERGENCES
from explorer.analysis.probe import SpaceProbe
from explorer.drawing import picture
from explorer.signals import Evented, Signal
from explorer.spaces import prior
from explorer.spaces.projection import axes
from explorer.uses import neighbourhood
from explorer.window.base.widgets import box_on_screen
from explorer.window.base.workers import Workers
from explorer.window.inspector.panels.plane import LOADING, ONE_LINE, TOO_FEW, PlanePanel
from explorer.window.inspector.panels.plane_sliders import SHOWN
from tests.screen import settle
from tests.spaces import Waves, context_of, decode, make_space

D, N, SHAPE = 16, 400, (8, 8)


class Still(Evented):
    """A plane that does not turn: `test_turning.py` has one that does."""

    changed = Signal(object)
    stops, position, playing, play, show = (), None, False, None, None


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    sigma = np.random.default_rng(4).uniform(0.1, 0.9, (D, N)).astype(np.float32)
    columns = dict(zip(prior.columns(D), sigma, strict=True))
    folder = tmp_path_factory.mktemp("plane") / "space"
    return make_space(folder, SHAPE, n=N, dimensions=D, prior="normal", columns=columns)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    return make_space(tmp_path_factory.mktemp("many") / "space", SHAPE, n=N, dimensions=40)


@pytest.fixture
def panel(root):
    """Makes a panel alone in a window."""
    root.geometry("420x700+40+30")

    def made(space, decoder=None):
        context = context_of(SpaceProbe(space, decoder or Waves(SHAPE)), Workers(root))
        context.turning = Still()
        context.need = lambda analysis: context.take(analysis, analysis.work_out(context.probe))
        context.state.coordinates_changed.connect(lambda state: context.follow_coordinates())  # as the map does
        panel = PlanePanel(root, context)
        panel.pack(fill="both", expand=True)
        root.update()
        panel.attend(True)
        settle(root)
        panel.context, panel.state, panel.shared = context, context.state, context.shared
        return panel

    return made


def sliders_of(panel) -> dict[str, object]:
    names = panel.state.space.projection.names[2:]
    return {names[each.direction]: each for each in panel.sliders._sliders if each.direction is not None}


def rest_of(panel) -> np.ndarray:
    settle(panel)
    return panel.state.space.projection.rest


def test_sliders_hold_the_other_directions(screen, panel, space):
    panel = panel(space)
    sliders = sliders_of(panel)
    assert list(sliders) == [f"PC {each}" for each in range(3, 15)]
    slider = sliders["PC 4"]
    deviation = np.sqrt(space.moments.covariance @ space.projection.basis[3] @ space.projection.basis[3])
    assert float(slider.scale.cget("to")) == pytest.approx(3 * deviation, rel=1e-4)
    slider.scale.focus_force()
    slider.scale.event_generate("<Right>")
    assert rest_of(panel)[:3] == pytest.approx((0, 6 * deviation / 50, 0), abs=1e-6)
    assert slider.value.cget("text") == panel.context.probe.number_in_words(6 * deviation / 50)
    assert panel.context.probe.space is panel.state.space
    slider.scale.event_generate("<Delete>")
    assert rest_of(panel) == pytest.approx(0, abs=1e-6)
    panel.state.hold_rest(np.full(D - 2, 9.0))  # beyond the ends
    settle(panel)
    assert float(slider.scale.get()) == pytest.approx(9) and float(slider.scale.cget("to")) == pytest.approx(9)
    left, top, width, height = box_on_screen(slider.scale)
    screen.click(left + width // 4, top + height // 2, times=2)
    assert rest_of(panel)[1] == pytest.approx(0, abs=1e-6) and rest_of(panel)[0] == 9


def test_buttons_hold_the_mean_zero_or_an_image(panel, space):
    panel = panel(space)
    head = panel.sliders.master.winfo_children()[0]
    buttons = {each.cget("text"): each for each in head.winfo_children() if each.winfo_class() == "TButton"}
    plane = space.projection
    buttons["Zero"].invoke()
    assert rest_of(panel) == pytest.approx(plane.rest_of(np.zeros(D)))
    buttons["Mean"].invoke()
    assert rest_of(panel) == pytest.approx(0, abs=1e-6)
    panel.state.move_cursor(tuple(space.places[8]))
    buttons["Image"].invoke()
    assert rest_of(panel) == pytest.approx(plane.rest_of(space.codes[8]))
    panel.shared.pin(int(space.rows[21]))
    buttons["Image"].invoke()
    settle(panel)
    assert panel.state.code == pytest.approx(space.codes[21], abs=1e-4)
    image = panel.context.probe.decode(panel.state.cursor).image
    assert image == pytest.approx(decode(space.codes[21:22], SHAPE)[0], abs=1e-3)


def test_other_directions_are_found_by_their_names(panel, many, space):
    panel = panel(many)
    entry = panel.sliders._others.winfo_children()[1]
    assert len(sliders_of(panel)) == SHOWN and entry.winfo_ismapped()
    for typed, wanted in (("PC 30", ["PC 30"]), ("pc3", ["PC 3"] + [f"PC {each}" for each in range(30, 40)])):
        entry.delete(0, "end")
        entry.insert(0, typed)
        settle(panel)
        assert list(sliders_of(panel)) == wanted
    sliders_of(panel)["PC 33"].scale.set(0.01)
    assert rest_of(panel)[30] == pytest.approx(0.01) and np.count_nonzero(panel.state.space.projection.rest) == 1
    entry.delete(0, "end")
    entry.insert(0, "no such name")
    settle(panel)
    assert not sliders_of(panel)


def test_planes_are_chosen(panel, space):
    panel = panel(space)
    radios, (first, second), state = panel._radios, panel._axes, panel.state
    state.move_cursor((0.4, 0.3))
    code = state.code
    assert panel._kl.winfo_ismapped() and radios["through"].instate(["disabled"])
    radios["axes"].invoke()
    settle(panel)
    assert state.space.projection.kind == "axes" and state.code == pytest.approx(code, abs=1e-4)
    nats = panel.context.probe.known(DIVERGENCES)
    chosen = state.space.projection.chosen
    assert first.get() == f"z{chosen[0] + 1}: {nats[chosen[0]]:.2f}"
    assert not panel._kl.winfo_ismapped() and sliders_of(panel)[state.space.projection.names[5]].bar.winfo_ismapped()
    first.current(9)
    first.event_generate("<<ComboboxSelected>>")
    settle(panel)
    assert state.space.projection.chosen == (9, chosen[1])
    second.current(9)  # as the other one: they change places
    second.event_generate("<<ComboboxSelected>>")
    settle(panel)
    assert state.space.projection.chosen == (chosen[1], 9) and state.code == pytest.approx(code, abs=1e-4)

    for row in (5, 17):
        panel.shared.pin(row)
        assert panel._why_not("through") == TOO_FEW
    panel.shared.pin(40)
    assert not panel._why_not("through") and radios["through"].instate(["!disabled"])
    radios["through"].invoke()
    settle(panel)
    plane = state.space.projection
    assert plane.kind == "through" and plane.distances(space.codes[[5, 17, 40]]) == pytest.approx(0, abs=1e-3)
    assert state.code == pytest.approx(space.codes[40], abs=1e-4) and panel.shared.pins == (5, 17, 40)
    radios["principal"].invoke()
    settle(panel)
    assert state.space.projection.names[:2] == ("PC 1", "PC 2") and radios["principal"].instate(["selected"])
    state.use_plane(space.plane("principal", (2, 3)))  # by a turn
    settle(panel)
    assert not any(radio.instate(["selected"]) or radio.instate(["alternate"]) for radio in radios.values())
    assert state.code == pytest.approx(space.codes[40], abs=1e-4)


def test_three_pins_on_one_line_make_no_plane(panel, space):
    codes = space.codes.copy()
    codes[2] = (codes[0] + codes[1]) / 2
    panel = panel(dataclasses.replace(space, codes=codes))
    panel.shared.set_pins((0, 1, 2))
    assert panel._why_not("through") == ONE_LINE and panel._radios["through"].instate(["disabled"])


def test_strips_show_what_the_axes_do(panel, space):
    panel = panel(space)
    panel.state.move_cursor((0.4, -0.3))
    settle(panel)
    plane, code = space.projection, panel.state.code
    for axis, levels in enumerate(panel.strips._levels):
        deviation = np.sqrt(space.moments.covariance @ plane.basis[axis] @ plane.basis[axis])
        codes = [code + step * deviation * plane.basis[axis] for step in range(-3, 4)]
        assert np.abs(np.stack(levels).astype(int) - picture.to_bytes(decode(np.array(codes), SHAPE))).max() <= 1
    assert np.array_equal(panel.strips._levels[0][3], panel.strips._levels[1][3])
    before = panel.strips._levels
    panel.attend(False)
    panel.state.move_cursor((0.0, 0.0))
    settle(panel)
    assert panel.strips._levels is before


def test_dots_stop_fading_by_a_switch(panel, space):
    panel = panel(space)
    changed = []
    panel.state.fades_changed.connect(lambda state: changed.append(state.fades))
    panel._fades.set(False)
    panel._fade()
    panel.state.fades = True
    assert changed == [False, True] and panel._fades.get()


def test_until_a_live_decoder_comes_the_grid_is_named(panel, space):
    grid_like = Waves(SHAPE)
    grid_like.source = "grid"
    panel = panel(space, grid_like)
    assert panel._why.cget("text") == LOADING and panel._why.winfo_ismapped()
    panel.context.hear(Waves(SHAPE))
    settle(panel)
    assert not panel._why.winfo_ismapped() and panel._choices.winfo_ismapped()


def test_after_a_space_of_two_dimensions_was_chosen_the_theme_changes(panel, space, tmp_path):
    shown = panel(space)
    shown.state.use_plane(axes(space.moments, 0, 1))
    assert shown.context.probe.result(DIVERGENCES) is not None
    flat = make_space(tmp_path / "flat", SHAPE, n=N)
    shown.context.show(dataclasses.replace(shown.context.opened, probe=SpaceProbe(flat, Waves(SHAPE))))
    shown.shared.toggle_theme()
    settle(shown)
    shown.shared.toggle_theme()


def test_it_says_how_many_neighbours_the_plane_keeps(panel, space):
    panel = panel(space)
    first = panel._kept.cget("text")
    assert first == neighbourhood.in_words(neighbourhood.kept(space.codes, space.places))
    plane = space.plane("axes", (3, 9))
    panel.state.use_plane(plane)
    settle(panel)
    wanted = neighbourhood.in_words(neighbourhood.kept(space.codes, space.codes[:, [3, 9]]))
    assert panel._kept.cget("text") == wanted != first
