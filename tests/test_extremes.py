"""Codes of any size and any lie: what can be drawn opens and zooms, what cannot is refused in one line."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explorer import cli
from explorer.analysis import analyses, backgrounds, colouring
from explorer.analysis.outline import caught
from explorer.analysis.probe import SpaceProbe, number
from explorer.decoding import grid
from explorer.decoding.decoders import GridDecoder
from explorer.drawing.latent_map import LatentMap
from explorer.drawing.morph import MorphMap
from explorer.errors import UserError
from explorer.files.arrays import sha256_of
from explorer.files.writing import write_arrays
from explorer.session import comparison, workspace
from explorer.session.state import DEEPEST, WIDEST, MapState, SharedState
from explorer.spaces import view
from explorer.spaces.card import CODES, DECODER, ENCODER, GRID, write_card
from explorer.spaces.folder import open_space, sums
from explorer.spaces.latent_space import LatentSpace
from explorer.spaces.point_index import PointIndex
from tests.conftest import SHIPPED, run
from tests.spaces import decode, make_space

N = 300
SHAPE = (8, 8)
NORMAL = np.random.default_rng(0).normal(size=(N, 2))


def with_outlier(value: float, n: int = N) -> np.ndarray:
    codes = NORMAL[:n].copy()
    codes[7] = value, -value
    return codes


DRAWN = {
    **{f"spread {size:g}": size * NORMAL for size in (1e-30, 1e-20, 1e-7, 1e7, 1e20, 2e29)},
    "far": 1e6 + NORMAL,
    "far, closer than float32 can tell": 1e6 + 1e-3 * NORMAL,
    "far, a few steps of float32": 1e20 + 1e13 * NORMAL,
    "outlier": with_outlier(1e30),
    "outlier of ten": with_outlier(1e30, 10),
    "identical": np.full((N, 2), 3),
    "identical, huge": np.full((N, 2), 1e30),
    "identical, tiny": np.full((N, 2), 1e-35),
    "zero and minus zero": NORMAL * 0.0,
    "one": NORMAL[:1],
    "one, huge": np.array([[1e30, -1e30]]),
    "two": NORMAL[:2],
    "two identical, one other": NORMAL[[0, 0, 1]],
    "line": NORMAL * (0, 1),
    "line, huge": NORMAL * (1e29, 0),
    "line, tiny": NORMAL * (0, 1e-29),
    "diagonal": NORMAL[:, :1].repeat(2, axis=1),
    "thin": NORMAL * (1, 1e-20),
}
QUICK = ("spread 1e-30", "spread 2e+29", "outlier", "identical, huge", "one", "line")
ALL = [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in DRAWN]
REFUSED = {
    "spread 1e30": (1e30 * NORMAL, "codes reach to 3.9e+30 (scale them: 1e+30 is the most"),
    "spread 3e38": (3e38 * np.tanh(NORMAL), "codes reach to 3e+38 (scale them"),
    "outlier": (with_outlier(3e38), "codes reach to 3e+38 (scale them"),
    "denormal": (1e-40 * NORMAL, "codes lie within 6.84e-40 (scale them: 1e-30 is the least"),
    "a nan": (with_outlier(np.nan), "the code of point 7 is NaN or infinite"),
    "an infinity": (with_outlier(-np.inf), "the code of point 7 is NaN or infinite"),
    "nothing else": (NORMAL * np.nan, "the codes of 300 points, the first of them 0, are NaN or infinite"),
}


def give_codes(space: LatentSpace, codes: np.ndarray) -> LatentSpace:
    """Replaces a space's codes, and its grid where they are finite: its pictures have some waves over the map."""
    codes = codes.astype(np.float32)
    write_arrays(space.folder / CODES, codes=codes, labels=space.labels, rows=space.rows)
    if np.isfinite(codes).all():
        home = view.default_limits(codes)
        wide = max(home[1] - home[0], home[3] - home[2]) / 20
        at = lambda places: (np.asarray(places, np.float64) - view.middle(home)) / wide  # noqa: E731
        fingerprint = sha256_of(space.folder / DECODER)
        made = grid.compute(
            lambda places: decode(at(places), space.image_shape), grid.extent_for(home), 24, fingerprint
        )
        grid.save(space.folder, made)
    write_card(space.folder, space.card | {"files": sums(space.folder)})
    return open_space(space.folder)


def make(folder, codes: np.ndarray, **of_space) -> LatentSpace:
    given = {"image_shape": SHAPE, "classes": ("a", "b", "c"), "n": len(codes), "images": N} | of_space
    return give_codes(make_space(folder, **given), codes)


@pytest.fixture(scope="module")
def spaces(tmp_path_factory):
    """A space of each kind, made when it is asked for; all of the same images."""
    home, made = tmp_path_factory.mktemp("extremes"), {}

    def space(name: str) -> LatentSpace:
        if name not in made:
            made[name] = make(home / f"space {len(made)}", DRAWN[name])
        return made[name]

    return space


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


# ---- what is drawn ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_a_snapshot_is_drawn_without_a_word(spaces, tmp_path, capfd, name):
    """With every background that a grid can have, and each colouring that is worked out."""
    for background, colour in (("density", "spread"), ("sensitivity", "error"), ("error", "split")):
        out = tmp_path / f"{background}.png"
        arguments = ["--weights", str(spaces(name).folder), "--snapshot", str(out), "--size", "640x400"]
        status = cli.main_grid([*arguments, "--background", background, "--colour", colour])
        assert (status, capfd.readouterr().err) == (0, "") and out.stat().st_size > 5000


@pytest.mark.parametrize("name", DRAWN)
def test_every_point_that_is_no_outlier_can_be_seen(spaces, name):
    space = spaces(name)
    seen = view.inside(space.places, view.default_limits(space.places))
    assert (~seen).sum() <= (1 if name.startswith("outlier") else 0.004 * N + 1)
    a0, a1, b0, b1 = view.default_limits(space.places)
    assert a0 < a1 and b0 < b1 and (a0, a1, b0, b1) == view.drawable((a0, a1, b0, b1))
    spread = np.ptp(space.places[seen].astype(np.float64), axis=0).max()
    assert spread == 0 or max(a1 - a0, b1 - b0) < max(1.3 * spread, 3e-6 * np.abs(space.places[seen]).max())


def pixels(draw, *arguments) -> np.ndarray:
    """What a class of `explorer.drawing` draws, without what names places: ticks and the lines at them."""
    figure = Figure((6, 5), dpi=100)
    canvas = FigureCanvasAgg(figure)
    drawn = draw(figure, *arguments)
    drawn.axes.set(xticks=[], yticks=[])
    drawn.axes.grid(False)
    if isinstance(drawn, MorphMap):
        drawn.share = 0.4
    canvas.draw()
    return np.array(canvas.buffer_rgba())


@pytest.mark.parametrize(
    "power", [-99, *(pytest.param(power, marks=pytest.mark.slow) for power in (-66, -23, 23, 66)), 97]
)
def test_a_scaled_space_looks_the_same(spaces, power):
    """By a power of two, which changes no digit: the map, its backgrounds, a morph, words, neighbours, selections."""
    space = spaces("spread 1e-07")
    factor = 2.0**power
    plain = dataclasses.replace(space, codes=(space.codes * 2**23).astype(np.float32))
    scaled = dataclasses.replace(plain, codes=(plain.codes * np.float64(factor)).astype(np.float32))

    def looks(space, factor):
        state, shared = MapState(space), SharedState()
        probe = SpaceProbe(space, Scaled(factor))
        probe.encoder = lambda images: (factor * images.reshape(len(images), -1)[:, :2]).astype(np.float32)
        groups = colouring.groups(space, "spread", {analyses.SPREAD: analyses.SPREAD.work_out(probe)})
        whole = LatentMap(Figure((6, 5), dpi=100), state, shared)
        found = [pixels(LatentMap, state, shared)]
        state.zoom(whole.place_at(200, 150), 7)
        found.append(pixels(LatentMap, state, shared))
        found.append(pixels(MorphMap, MapState(space), state, shared, groups))
        found += [np.concatenate(groups.members), np.cumsum([len(each) for each in groups.members])]
        for name in ("density", "sensitivity", "round_trip_error"):
            field = getattr(backgrounds, name)(probe, print, bool)
            low, high = colouring.robust_limits(field.values)
            with np.errstate(invalid="ignore"):
                found.append(np.round(np.clip(field.values / high, low / high, 1), 3))
        all_points = PointIndex(space.places)
        found += [np.array(all_points.closest((factor, 0), 20)[0]), np.array(all_points.usual_distance() / factor)]
        lasso = factor * np.array([(-1, -1), (1, -0.5), (0, 1)])
        found.append(caught(space, lasso, state.home, None))
        found.append(np.array(state.cursor) / factor)
        return found

    for one, other in zip(looks(plain, 1.0), looks(scaled, factor), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-3)


class Scaled:
    """Decodes as the grid of another scale does."""

    source = "live"

    def __init__(self, factor: float) -> None:
        self._factor = factor

    def __call__(self, codes):
        return decode(codes.astype(np.float64) / self._factor, SHAPE)

    def outside(self, codes):
        return np.zeros(len(codes), bool)


@pytest.mark.parametrize("name", ALL)
def test_the_view_zooms_as_far_as_it_goes_and_comes_back(spaces, name):
    """At a point, at a corner, at the cursor; whatever is asked for, there is a view of some size that can be drawn."""
    space = spaces(name)
    state, shared = MapState(space), SharedState()
    latent_map = LatentMap(Figure((6, 5), dpi=100), state, shared)
    decoder = GridDecoder(grid.load(space))
    for place in (tuple(space.places[0].tolist()), (state.home[0], state.home[3]), state.cursor):
        for factor in (1.25, 1 / 1.25):
            for _ in range(50):
                state.zoom(place, factor)
            latent_map.fit()
            a0, a1, b0, b1 = latent_map.limits
            assert a0 < a1 and b0 < b1 and np.isfinite(latent_map.limits).all()
            x, y = latent_map.pixel_at(latent_map.place_at(123, 234))
            assert (x, y) == pytest.approx((123, 234), abs=0.01)
            images = decoder(space.codes_at(np.array([latent_map.place_at(*at) for at in ((100, 100), (500, 400))])))
            assert np.isfinite(images).all()
            latent_map.figure.canvas.draw()
        state.reset_view()
        assert state.limits == state.home
    width = state.home[1] - state.home[0]
    state.zoom(state.cursor, 1e9)
    depth = width / (state.limits[1] - state.limits[0])
    assert depth == pytest.approx(DEEPEST)
    state.zoom(state.cursor, 1e-9)
    assert width / (state.limits[1] - state.limits[0]) == pytest.approx(WIDEST)


@pytest.mark.parametrize("name", ["outlier", "outlier of ten"])
def test_an_outlier_is_beyond_the_view_until_somebody_goes_there(spaces, tmp_path, name):
    space = spaces(name)
    state, shared = MapState(space), SharedState()
    probe = SpaceProbe(space, GridDecoder(grid.load(space)))
    probe.know_points(PointIndex(space.places))
    whereabouts = probe.locate(state.cursor)
    assert whereabouts.on_map and whereabouts.nearest != 7
    assert "e" not in probe.code_in_words(space.codes[0])  # its digits are those of the others
    a0, a1, b0, b1 = state.home
    assert not probe.locate((a1 + (a1 - a0), b1)).on_map

    place = tuple(space.places[7].tolist())
    state.show_place(place)
    there = state.limits
    assert view.inside(np.array([place]), there)[0] and not view.inside(space.places[:7], there).any()
    words = probe.words(probe.decode(state.cursor), probe.locate(state.cursor))
    assert words["z"] == "(1.000000e30, −1.000000e30)" and words["cue"] == "● on the map"
    for factor in (1.25, 1 / 1.25, 1e9, 1e-9):
        state.zoom(place, factor)
        assert view.inside(np.array([place]), state.limits)[0]
    state.show_view(there)

    path = tmp_path / "workspace.json"
    workspace.save(path, workspace.taken(state, shared))
    kept, notes = workspace.fitted(workspace.read(path), space)
    other = MapState(space)
    workspace.apply(kept, other, shared)
    assert notes == [] and other.limits == there and other.cursor == place

    state.show_place(tuple(space.places[0].tolist()), least=1.0)  # as Find does
    assert view.inside(space.places[:1], state.limits)[0]
    assert state.limits[1] - state.limits[0] == pytest.approx(a1 - a0)
    state.reset_view()
    assert state.limits == state.home


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=40),
    st.integers(0, 3),
    st.sampled_from((1e-20, 1e-3, 1.0, 1e12)),
    st.sampled_from((0.0, 1.0, 1e12)),
)
def test_any_codes_have_a_view_that_can_be_drawn(numbers, outliers, size, middle):
    codes = np.array(numbers).repeat(2).reshape(-1, 2) * (size, -size) + middle
    codes[:outliers] = 1e30
    a0, a1, b0, b1 = limits = view.default_limits(codes.astype(np.float32))
    assert a0 < a1 and b0 < b1 and view.drawable(limits) == limits
    deepest = view.zoomed(limits, view.middle(limits), DEEPEST)
    assert view.drawable(deepest) == deepest
    inside = view.inside(codes.astype(np.float32), limits).sum()
    assert inside >= len(codes) - 2 * np.ceil(0.01 * len(codes)) - 1


def test_a_cluster_and_its_surroundings_are_no_outliers():
    """Most codes of a collapsed space lie at one place: the others are not cut off."""
    codes = 1e-4 * np.random.default_rng(1).normal(size=(1000, 2))
    codes[:100] *= 1e5
    assert view.inside(codes, view.default_limits(codes)).mean() >= 0.99


MOST = np.finfo(np.float64).max
COLUMNS = (
    [MOST] * 5,
    [-MOST] * 5,
    [MOST, -MOST, 0],
    [5e-324] * 5,
    [5e-324, MOST, 1],
    [np.inf, -np.inf, 1, np.nan],
    [0, -0.0],
)


@pytest.mark.parametrize("values", COLUMNS)
def test_a_column_of_any_numbers_has_colours(spaces, values):
    values = np.resize(values, N)
    space = dataclasses.replace(spaces("far"), columns={"x": values})
    groups = colouring.groups(space, "column x", {})
    low, high = groups.limits
    assert np.isfinite(groups.limits).all() and low < high
    assert sorted(np.concatenate([*groups.members, groups.rest]).tolist()) == list(range(N))
    assert set(groups.rest) == set(np.flatnonzero(np.isnan(values)))
    pixels(LatentMap, MapState(space), SharedState())


@pytest.fixture(scope="module")
def live(tmp_path_factory):
    """A space of each kind with the networks of the shipped one, and no grid yet."""

    def live(name: str) -> LatentSpace:
        space = make(tmp_path_factory.mktemp("live") / "space", DRAWN[name], image_shape=(28, 28))
        for file in (DECODER, ENCODER):
            (space.folder / file).write_bytes((SHIPPED / file).read_bytes())
        (space.folder / GRID).unlink()
        write_card(space.folder, space.card | {"files": sums(space.folder)})
        return space

    return live


@pytest.mark.slow
@pytest.mark.parametrize("name", ["spread 1e-30", "spread 2e+29", "outlier", "far"])
def test_real_networks_decode_and_encode_there(live, tmp_path, name):
    space, out = live(name), tmp_path / "out.png"
    for more in (["--background", "drift", "--colour", "error"], ["--background", "sensitivity", "--at", "1e30,-1e30"]):
        result = run("ae.py", "--weights", space.folder, "--snapshot", out, *more)
        assert result.returncode == 0 and result.stdout == ""
        assert all("grid.npz" in line for line in result.stderr.splitlines()), result.stderr
        out.unlink()
    result = run("ae_precomp.py", "--weights", space.folder, "--snapshot", out, tensorflow=False)  # with the new grid
    assert (result.returncode, result.stderr) == (0, "") and out.exists()


@pytest.mark.parametrize("name", ["spread 2e+29", "spread 1e-30", "outlier", "one"])
def test_codes_that_are_not_normal_at_all_are_seen_through_the_quantiles(tmp_path, capfd, name):
    space, out = make(tmp_path / "space", DRAWN[name], prior="normal"), tmp_path / "out.png"
    for background in ("density", "sensitivity", "error"):
        arguments = ["--weights", str(space.folder), "--snapshot", str(out), "--chart", "quantiles"]
        assert cli.main_grid([*arguments, "--background", background]) == 0
        assert capfd.readouterr().err == "" and out.exists()


# ---- two maps --------------------------------------------------------------------------------------------------------

PAIRS = (
    ("spread 1e-30", "spread 2e+29"),
    ("outlier", "identical, huge"),
    ("far", "outlier"),
    ("one", "one, huge"),
    ("two", "line, tiny"),
)


@pytest.mark.parametrize("first, second", PAIRS)
def test_two_maps_are_compared_whatever_their_sizes(spaces, tmp_path, capfd, first, second):
    one, other = spaces(first), spaces(second)
    out = tmp_path / "out.png"
    arguments = ["--weights", str(one.folder), "--compare", str(other.folder), "--snapshot", str(out)]
    assert cli.main_grid([*arguments, "--background", "density"]) == 0
    assert capfd.readouterr().err == "" and out.stat().st_size > 5000

    shared, states = SharedState(), (MapState(one), MapState(other))
    links = comparison.LinkedViews(*states, shared)
    links.link(states[0])
    for place in (states[0].cursor, tuple(one.places[-1].tolist())):
        for factor in (4.0, 1e9, 1e-9):
            states[0].zoom(place, factor)
            assert all(view.drawable(state.limits) == state.limits for state in states)
            assert np.isfinite(pixels(MorphMap, *states, shared, colouring.by_class(one))).all()
    if min(len(one.rows), len(other.rows)) > 1:
        found = comparing_of(one, other)
        assert np.isfinite(found.scatter[: len(other.rows)]).all()


def comparing_of(one, other):
    probe = SpaceProbe(one, None)
    probe.compare_with(other)
    return analyses.displaced(probe, lambda share: None, lambda: False)


# ---- words -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value, decimals, text",
    [
        (1.2345, 2, "1.23"),
        (-0.001, 2, "0.00"),
        (-1234567.891, 1, "−1234567.9"),
        (1.5e30, 2, "1.500000e30"),
        (-1.5e30, -28, "−1.50e30"),
        (1.5e28, -28, "1.50e28"),
        (1.0000006e20, -12, "1.000001e20"),
        (-2.5e-31, 32, "−2.50e−31"),
        (0.0, 32, "0"),
        (float("inf"), 2, "inf"),
        (float("nan"), 40, "nan"),
    ],
)
def test_numbers_of_any_size_are_short(value, decimals, text):
    assert number(value, decimals) == text


# ---- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSED)
def test_other_codes_are_refused_in_one_line(tmp_path, capfd, name):
    codes, why = REFUSED[name]
    folder = tmp_path / "space"
    with pytest.raises(UserError), np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        make(folder, codes)
    for program in (cli.main_live, cli.main_grid):
        status = program(["--weights", str(folder), "--snapshot", str(tmp_path / "out.png")])
        said = capfd.readouterr().err
        assert status == 2 and said.count("\n") == 1 and why in said and str(folder / CODES) in said


# ---- arguments -------------------------------------------------------------------------------------------------------

PLACES = ("1e30,-1e30", "-1e30,1e-30", "0,1e30", "1e-320,-0.0", "-1e5,7")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ["spread 1e-30", "spread 2e+29", "outlier", "two"])
def test_any_place_of_the_range_can_be_looked_at(spaces, tmp_path, capfd, name, place):
    out = tmp_path / "out.png"
    arguments = ["--weights", str(spaces(name).folder), "--snapshot", str(out), "--size", "640x400"]
    assert cli.main_grid([*arguments, "--at", place]) == 0
    assert capfd.readouterr().err == "" and out.exists()


ARGUMENTS = {
    "--at": ("1e31,0", "nan,0", "0,inf", "1,2,3", "1", "", ",", "a,b", "1e400,0", "−1,2", "٣,x", "1,\n2x"),
    "--size": ("640x399", "0x0", "-800x600", "800", "axb", "8193x800", "1e3x800", "800x600x2", "", "9" * 400 + "x1"),
    "--resolution": ("0", "1", "513", "-5", "1e2", "", "²", "9" * 5000, "12.0", "0x10"),
    "--colour": ("", "klass", "a\nb", "\x1b[31m", "\udcff", "x" * 5000, "column ", "None"),
}


@pytest.mark.parametrize("option, value", [(option, value) for option, values in ARGUMENTS.items() for value in values])
def test_any_other_argument_is_refused_in_one_line(spaces, tmp_path, capfd, option, value):
    folder = spaces("two").folder
    arguments = ["--weights", str(folder), "--snapshot", str(tmp_path / "out.png"), f"{option}={value}"]
    try:
        status = cli.main_grid(arguments)
    except SystemExit as end:  # argparse
        status = end.code
    said = capfd.readouterr().err.removesuffix("\n").split("\n")
    assert status == 2 and said[-1].startswith("ae_precomp.py: ") and len(said[-1]) < 4300 and said[-1].isprintable()
    assert all(line.startswith(("usage:", " ")) for line in said[:-1]) and not (tmp_path / "out.png").exists()
