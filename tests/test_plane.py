"""Maps of codes of more than two numbers: the plane, and what is about it."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explorer.analysis import axes
from explorer.analysis.analyses import DIVERGENCES
from explorer.analysis.backgrounds import BACKGROUNDS
from explorer.analysis.best_places import BEST_PLACES
from explorer.analysis.fading import NEARNESS, STEPS
from explorer.analysis.probe import SpaceProbe
from explorer.api import given as api_given
from explorer.cli import main_grid
from explorer.decoding import keras_runtime
from explorer.decoding.engines import LiveEngine
from explorer.drawing.latent_map import LatentMap
from explorer.errors import UserError
from explorer.session import workspace
from explorer.session.open_map import OpenMap, open_space
from explorer.session.state import MapState, SharedState
from explorer.spaces import prior
from tests.spaces import Waves, context_of, decode, make_space

D, N, SHAPE = 16, 400, (8, 8)


@pytest.fixture(scope="module")
def space(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plane")
    sigma = np.random.default_rng(4).uniform(0.1, 0.9, (D, N)).astype(np.float32)
    columns = dict(zip(prior.columns(D), sigma, strict=True))
    return make_space(folder / "space", SHAPE, n=N, dimensions=D, prior="normal", columns=columns)


def open_map(space) -> OpenMap:
    return OpenMap(context_of(SpaceProbe(space, Waves(SHAPE)), None).opened)


KINDS = st.one_of(
    st.tuples(st.just("principal"), st.permutations(range(D)).map(lambda each: each[:2])),
    st.tuples(st.just("axes"), st.permutations(range(D)).map(lambda each: each[:2])),
    st.tuples(st.just("through"), st.permutations(range(N)).map(lambda each: each[:3])),
)


@given(KINDS, st.integers(0, N - 1), st.lists(st.floats(-3, 3), min_size=D - 2, max_size=D - 2))
def test_every_plane_keeps_the_code_and_decodes_what_the_formula_says(space, plane, index, rest):
    shown, shared = open_map(space), SharedState()
    shared.pin(3)
    shown.show_code(space.codes[index])
    state = shown.state
    assert state.code == pytest.approx(space.codes[index], abs=1e-4)
    found = space.plane(*plane)
    state.use_plane(found)
    shown.follow_coordinates()
    assert state.code == pytest.approx(space.codes[index], abs=1e-4) and shared.pins == (3,)
    state.hold_rest(np.array(rest))
    (a, b), made = state.cursor, state.space.projection
    code = made.origin + a * made.basis[0] + b * made.basis[1] + np.array(rest) @ made.basis[2:]
    assert shown.probe.space is state.space
    decoding = shown.probe.decode(state.cursor)
    assert decoding.code == pytest.approx(code, abs=1e-4)
    assert decoding.image == pytest.approx(decode(code[None], SHAPE)[0], abs=1e-3)


def test_no_plane_where_there_is_none(space, tmp_path):
    assert space.plane("axes", (0, D)) is None and space.plane("axes", (3, 3)) is None
    assert space.plane("principal", (0,)) is None and space.plane("through", (0, 1, N)) is None
    codes = space.codes.copy()
    codes[2] = (codes[0] + codes[1]) / 2
    assert dataclasses.replace(space, codes=codes).plane("through", (0, 1, 2)) is None
    assert make_space(tmp_path / "flat", SHAPE, n=20).plane("axes", (0, 1)) is None


def test_without_tensorflow_the_plane_is_that_of_the_grid_and_the_reason_is_told(space, monkeypatch):
    monkeypatch.setattr(keras_runtime, "available", lambda: False)
    opened = open_space(space.folder, LiveEngine)
    assert opened.plane_fixed.startswith("the grid holds this plane only, because TensorFlow is not installed: ")


def test_another_epoch_is_seen_on_the_same_kind_of_plane(space):
    later = dataclasses.replace(space, codes=space.codes[::-1])  # its moments are the same
    chosen = space.on_plane(space.plane("axes", (4, 7)).with_rest(np.arange(D - 2.0))).in_coordinates("quantiles")
    seen = later.seen_like(chosen)
    assert seen.coordinates == "quantiles" and seen.projection.chosen == (4, 7)
    assert seen.projection.rest == pytest.approx(np.arange(D - 2.0))
    assert later.seen_like(space).projection.kind == "principal"


def test_only_what_is_about_the_plane_is_computed_anew(space):
    shown = open_map(space)
    for each, analysis in enumerate((NEARNESS, BEST_PLACES, *BACKGROUNDS.values(), DIVERGENCES)):
        shown.take(analysis, each)
    of_codes = {BACKGROUNDS["density"], BACKGROUNDS["error"], DIVERGENCES}
    shown.state.hold_rest(np.ones(D - 2))
    assert len(shown.probe.results) == 7
    shown.forget_plane()
    assert set(shown.probe.results) == of_codes
    shown.take(BEST_PLACES, 0)
    shown.state.use_coordinates("plain")
    shown.use_probe(shown.probe.through(space.on_plane(space.projection.with_rest(np.zeros(D - 2)))))
    assert set(shown.probe.results) == of_codes
    shown.use_probe(shown.probe.through(space.on_plane(space.plane("axes", (0, 1)))))
    assert set(shown.probe.results) == {DIVERGENCES}


@given(KINDS)
def test_dots_fade_in_equal_parts_around_the_mean_and_all_far_from_it(space, plane):
    middle = space.plane(*plane).through_code(space.moments.mean)
    steps = NEARNESS.work_out(SpaceProbe(space.on_plane(middle), None))
    assert np.abs(np.bincount(steps, minlength=STEPS) - N / STEPS).max() <= 2
    distances = middle.distances(space.codes)
    assert (np.diff(steps[np.argsort(distances)].astype(int)) <= 0).all()
    far = middle.with_rest(np.full(D - 2, 50.0))
    assert not NEARNESS.work_out(SpaceProbe(space.on_plane(far), None)).any()


def test_a_faded_map_has_every_dot_once_and_the_nearest_on_top(space):
    shared, state = SharedState(), MapState(space)
    drawn = LatentMap(Figure((4, 4)), state, shared)
    FigureCanvasAgg(drawn.figure).draw()
    plain, before = np.asarray(drawn.figure.canvas.buffer_rgba()).copy(), drawn.axes.lines[:]
    steps = NEARNESS.work_out(SpaceProbe(space, None))
    drawn.show_nearness(steps)
    shared.toggle_class(2)
    drawn.show_classes()
    found = np.concatenate([line.get_xydata() for lines in drawn._lines for line in lines])
    wanted = space.places[space.labels != 2]
    assert sorted(map(tuple, found.tolist())) == sorted(map(tuple, wanted.tolist()))
    by_step = [np.concatenate([lines[step].get_xydata() for lines in drawn._lines]) for step in range(STEPS)]
    for step, places in enumerate(by_step):
        assert len(places) == ((steps == step) & (space.labels != 2)).sum()
    opacities = [lines[step].get_alpha() for lines in drawn._lines for step in range(STEPS)]
    assert opacities == [0.2, 0.5, 1.0] * 10
    shared.toggle_class(2)
    drawn.show_classes()
    drawn.show_nearness(None)
    drawn.figure.canvas.draw()
    assert drawn.axes.lines[:] == before
    assert np.array_equal(np.asarray(drawn.figure.canvas.buffer_rgba()), plain)


def test_axes_are_named_and_explained(space):
    variances = np.diag(space.moments.covariance)
    share = 100 * variances[4] / variances.sum()
    on_axes = space.on_plane(space.plane("axes", (4, 7)))
    (long, short), (_, second) = axes.names(on_axes)
    assert long == f"z5 ({share:.0f} % of the variance)" and (short, second) == ("z5", "z8")
    assert axes.names(on_axes.in_coordinates("quantiles"))[0] == ("quantile of z5", "quantile z5", "z5")
    assert "z5 and z8" in axes.explanation(on_axes) and "16 numbers" in axes.explanation(on_axes)
    assert "PC 1 and PC 2" in axes.explanation(space)
    through = space.on_plane(space.plane("through", (0, 1, 2)))
    assert "three images" in axes.explanation(through) and axes.names(through)[1][1] == "second direction"


def test_kl_per_dimension_is_that_of_kingma_and_welling(space):
    found = DIVERGENCES.work_out(SpaceProbe(space, None))
    for axis in (0, D - 1):
        total = 0.0
        for point in range(N):
            mean, variance = float(space.codes[point, axis]), float(prior.deviations(space, point)[axis]) ** 2
            total += 0.5 * (mean**2 + variance - 1 - np.log(variance))
        assert found[axis] == pytest.approx(total / N, rel=1e-6)


# ---- a workspace, the command line and the API -----------------------------------------------------------------------


@pytest.mark.parametrize("kind, chosen", [("principal", (0, 1)), ("axes", (5, 2)), ("through", (7, 1, 30))])
def test_a_workspace_brings_the_plane_back(space, tmp_path, kind, chosen):
    state, shared = MapState(space), SharedState()
    state.use_plane(space.plane(kind, chosen))
    state.hold_rest(np.linspace(-1, 1, D - 2))
    state.move_cursor((0.5, 0.25))
    workspace.save(tmp_path / "w.json", workspace.taken(state, shared))
    other = MapState(space)
    kept, notes = workspace.fitted(workspace.read(tmp_path / "w.json"), space)
    workspace.apply(kept, other, shared)
    assert not notes and other.cursor == (0.5, 0.25) and other.limits == state.limits
    assert other.code == pytest.approx(state.code, abs=1e-5)
    assert (other.space.projection.kind, other.space.projection.chosen) == (kind, chosen)
    kept, notes = workspace.fitted(kept, space, "the grid holds this plane only")
    assert kept.plane is None and kept.cursor is None and "the grid holds this plane only" in notes[0]


def test_a_workspace_without_a_plane_or_with_an_impossible_one(space, tmp_path):
    path = tmp_path / "w.json"
    workspace.save(path, workspace.taken(MapState(space), SharedState()))
    members = json.loads(path.read_text())
    del members["plane"]
    path.write_text(json.dumps(members))
    assert workspace.fitted(workspace.read(path), space)[1] == []
    for plane in (
        {"kind": "axes", "chosen": [0, D], "rest": [0.0] * (D - 2)},
        {"kind": "principal", "chosen": [0, 1], "rest": [0.0]},
        {"kind": "through", "chosen": [0, 1, N], "rest": [0.0] * (D - 2)},
    ):
        path.write_text(json.dumps(members | {"plane": plane}))
        with pytest.raises(UserError, match="its plane is not one of this map"):
            workspace.fitted(workspace.read(path), space)
    path.write_text(json.dumps(members | {"plane": {"kind": "curved", "chosen": [], "rest": []}}))
    with pytest.raises(UserError, match="damaged"):
        workspace.read(path)


def test_the_cursor_is_put_on_a_place_or_a_code(space, tmp_path, capfd):
    arguments = ["--weights", str(space.folder), "--size", "640x400", "--snapshot"]
    code = ",".join(f"{number:.3f}" for number in space.codes[3])
    for at in ("0.5,-1", code):
        assert main_grid([*arguments, str(tmp_path / "out.png"), f"--at={at}"]) == 0
    capfd.readouterr()
    assert main_grid([*arguments, str(tmp_path / "no.png"), "--at=1,2,3"]) == 2
    assert "give 2 numbers, a place on the map, or 16, a code" in capfd.readouterr().err
    assert not (tmp_path / "no.png").exists()

    shown = open_map(space)
    a, b = api_given.place_of(space.codes[3], shown)
    assert shown.probe.decode((a, b)).code == pytest.approx(space.codes[3], abs=1e-4)
    assert api_given.place_of((0.5, -1), shown) == (0.5, -1)
    with pytest.raises(UserError, match="two numbers, or the 16 of a code"):
        api_given.place_of((1, 2, 3), shown)
