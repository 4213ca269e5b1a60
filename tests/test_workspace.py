"""Workspaces: any state comes back as it was; whatever is wrong with a file is one line, and changes nothing."""

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from explorer.analysis import backgrounds, colouring
from explorer.errors import UserError
from explorer.session import workspace
from explorer.session.state import LAYERS, MapState, SharedState
from explorer.spaces import view
from explorer.spaces.folder import WEIGHTS, open_space
from explorer.spaces.latent_space import LatentSpace
from tests.spaces import make_space


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A space of 300 images with a column."""
    folder = tmp_path_factory.mktemp("spaces") / "small"
    return make_space(folder, (8, 8), tuple("abcd"), n=300, columns={"weight": np.arange(300.0)})


@pytest.fixture
def kept(small):
    """A workspace of that space in which everything differs from the start."""
    state, shared = MapState(small), SharedState()
    state.zoom((1.0, 2.0), 3.0)
    state.move_cursor((0.5, -0.25))
    state.paint("density")
    for row in (7, 3):
        shared.pin(row)
    shared.toggle_class(2)
    shared.toggle_theme()
    shared.toggle_layer("labels")
    shared.colour_by("column weight")
    shared.select(np.array([1, 5, 9]))
    return workspace.taken(state, shared)


def read_again(kept, path, space):
    workspace.save(path, kept)
    return workspace.fitted(workspace.read(path), space)


rows = st.lists(st.integers(0, 299), unique=True, max_size=20)


@given(
    pins=rows,
    selection=rows,
    hidden=st.sets(st.integers(0, 3)),
    layers=st.sets(st.sampled_from(LAYERS)),
    theme=st.sampled_from(("light", "dark")),
    chosen=st.sampled_from(("class", "error", "split", "column weight")),
    background=st.sampled_from(("none", *backgrounds.NAMES)),
    zooms=st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9), st.floats(0.1, 20)), max_size=5),
    cursor=st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)),
)
def test_any_state_comes_back(
    small, tmp_path_factory, pins, selection, hidden, layers, theme, chosen, background, zooms, cursor
):
    state, shared = MapState(small), SharedState(theme)
    for row in pins:
        shared.pin(row)
    shared.select(np.array(selection, int))
    for index in hidden:
        shared.toggle_class(index)
    for layer in set(LAYERS) - layers:
        shared.toggle_layer(layer)
    shared.colour_by(chosen)
    state.paint(background)
    for a, b, factor in zooms:
        state.zoom((a, b), factor)
    state.move_cursor(cursor)
    before = workspace.taken(state, shared)
    after, notes = read_again(before, tmp_path_factory.getbasetemp() / "any.json", small)
    assert after == before and notes == []

    other_state, other_shared = MapState(small), SharedState()
    workspace.apply(after, other_state, other_shared)
    assert workspace.taken(other_state, other_shared) == before
    assert other_state.limits == state.limits and other_state.cursor == cursor
    assert other_shared.selection.tolist() == sorted(selection) and other_shared.pins == tuple(pins)


def test_each_signal_is_sent_once_and_only_for_what_differs(small, kept):
    state, shared = MapState(small), SharedState()
    heard = []
    for owner, name in [
        *((shared, f"{part}_changed") for part in ("hidden", "theme", "pins", "selection", "colouring", "layers")),
        *((state, name) for name in ("limits_changed", "cursor_moved", "background_changed")),
    ]:
        getattr(owner, name).connect(lambda sender, name=name: heard.append(name))
    workspace.apply(kept, state, shared)
    assert len(heard) == len(set(heard)) == 9
    heard.clear()
    workspace.apply(kept, state, shared)
    assert heard == ["cursor_moved"]


def test_another_space_of_the_same_images_gets_what_is_of_images(small, kept, tmp_path):
    card = small.card | {"title": "Other"}
    some = np.arange(0, 300, 3)
    other = LatentSpace("other", tmp_path, card, small.codes[some], small.labels[some], small.rows[some])
    found, notes = read_again(kept, tmp_path / "w.json", other)
    assert found.view is None and found.cursor is None
    assert found.pins == (3,) and found.selection == (9,) and found.hidden == {2}
    assert found.colouring == "class", "a column that the other space lacks"
    assert len(notes) == 3 and all("\n" not in note for note in notes)
    state, shared = MapState(other), SharedState()
    limits, cursor = state.limits, state.cursor
    workspace.apply(found, state, shared)
    assert (state.limits, state.cursor) == (limits, cursor) and shared.pins == (3,)


def test_what_is_not_known_here_falls_back(small, kept, tmp_path):
    path = tmp_path / "w.json"
    workspace.save(path, kept)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"colouring": "smell", "background": "fog"}))
    found, notes = workspace.fitted(workspace.read(path), small)
    assert (found.colouring, found.background) == ("class", "none")
    assert "smell" in notes[0] and "fog" in notes[1]
    assert found.view == kept.view and found.pins == kept.pins
    assert "smell" not in colouring.names(small)


DAMAGES = {
    "beside": [1, "a/b", "..", None],
    "format": [2, "1", None, True],
    "space": [None, 3],
    "data": [None, [], "0" * 64],
    "chart": [None, "quantiles", "round", 1, []],
    "view": [None, [0, 1, 0], [1, 0, 0, 1], [0, 0, 0, 1], [0, 1e-300, 0, 1], ["0", 1, 0, 1], [0, 1e300, 0, 1], {}],
    "cursor": [None, [1], [1, None], [True, 1], [1, 1e300], 5],
    "pins": [None, [300], [-1], [1.5], [True], [1, 1], {"1": 1}, ["1"], [10**30]],
    "hidden": [None, [4], [-1], [0.0], "0"],
    "colouring": [None, 1, ["class"]],
    "background": [None, 1],
    "layers": [None, ["points", "clouds"], [[]], "points"],
    "theme": [None, "pink", 1],
    "selection": [None, [300], [-1], [2, 1], [1, 1], [None], "1"],
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in DAMAGES.items() for value in values])
def test_a_damaged_member_is_refused(small, kept, tmp_path, name, value):
    path = tmp_path / "w.json"
    workspace.save(path, kept)
    path.write_text(json.dumps(json.loads(path.read_text()) | {name: value}))
    with pytest.raises(UserError) as error:
        workspace.fitted(workspace.read(path), small)
    assert "\n" not in str(error.value)


def test_a_workspace_cut_anywhere_is_refused(kept, tmp_path):
    path = tmp_path / "w.json"
    workspace.save(path, kept)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 7):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError):
            workspace.read(path)
    members = json.loads(whole)
    for name in members.keys() - {"chart", "beside", "plane"}:
        path.write_text(json.dumps({key: value for key, value in members.items() if key != name}))
        with pytest.raises(UserError):
            workspace.read(path)


def test_a_workspace_from_before_there_were_charts_is_of_the_plain_one(small, kept, tmp_path):
    path = tmp_path / "w.json"
    workspace.save(path, kept)
    members = json.loads(path.read_text())
    del members["chart"], members["beside"]
    path.write_text(json.dumps(members))
    assert workspace.fitted(workspace.read(path), small) == (kept, [])


def test_the_chart_comes_back_with_view_and_cursor_in_it(small, tmp_path):
    """Another space of the same images is seen through it as well, where it can be."""
    card = small.card | {"prior": "normal"}
    space = dataclasses.replace(small, card=card)
    state, shared = MapState(space), SharedState()
    state.use_coordinates("quantiles")
    state.zoom((0.2, 0.9), 5.0)
    state.move_cursor((0.25, 0.75))
    kept = workspace.taken(state, shared)
    found, notes = read_again(kept, tmp_path / "w.json", space)
    assert found == kept and notes == []
    other = MapState(space)
    workspace.apply(found, other, SharedState())
    assert (other.space.coordinates, other.limits, other.cursor) == ("quantiles", state.limits, (0.25, 0.75))
    for member, chart in ((space, "quantiles"), (small, "plain")):
        found, notes = read_again(kept, tmp_path / "w.json", dataclasses.replace(member, name="other"))
        assert (found.chart, found.view, found.cursor) == (chart, None, None)
        assert len(notes) == (1 if chart == "quantiles" else 2)
        other = MapState(member)
        workspace.apply(found, other, SharedState())
        assert other.space.coordinates == chart and other.limits == view.home(other.space)


@pytest.mark.parametrize("content", [b"", b"[]", b"nonsense", b"\xff\xfe", b"null", b"[" * 100_000, b'{"format": NaN}'])
def test_what_is_no_workspace(tmp_path, content):
    path = tmp_path / "w.json"
    path.write_bytes(content)
    with pytest.raises(UserError):
        workspace.read(path)
    for missing in (tmp_path / "none.json", tmp_path):
        with pytest.raises(UserError):
            workspace.read(missing)


def test_a_folder_that_cannot_be_written(kept, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write"):
        workspace.save(tmp_path / "file" / "w.json", kept)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


# ---- on the command line -----------------------------------------------------------------------------


def test_the_command_line_refuses_in_one_line(call, small, space, kept, tmp_path):
    def refused(*arguments) -> str:
        result = call("ae_precomp.py", *arguments)
        assert result.returncode == 2 and result.stdout == "" and result.stderr.count("\n") == 1, result.stderr
        return result.stderr

    path, out = tmp_path / "w.json", tmp_path / "out.png"
    workspace.save(path, kept)
    arguments = ("--workspace", path, "--snapshot", out)
    assert "other images" in refused(*arguments)
    assert "no workspace" in refused("--workspace", tmp_path / "none.json")
    whole = path.read_text()
    path.write_text(whole[: len(whole) // 2])
    assert "incomplete" in refused(*arguments, "--weights", small.folder)
    path.write_text(json.dumps(json.loads(whole) | {"hidden": [9]}))
    assert "class 9" in refused(*arguments, "--weights", small.folder)
    assert not out.exists()


def test_a_snapshot_of_a_workspace_is_what_was_looked_at(call, small, kept, tmp_path):
    """Other arguments count more than what the workspace says."""
    path, out = tmp_path / "w.json", tmp_path / "out.png"
    workspace.save(path, kept)
    arguments = ["--workspace", path, "--weights", small.folder, "--snapshot", out]
    pictures = {}
    for more in ((), ("--theme", "light"), ("--at", "2,2")):
        result = call("ae_precomp.py", *arguments, *more)
        assert result.returncode == 0 and result.stderr == "", result.stderr
        pictures[more] = out.read_bytes()
    assert len(set(pictures.values())) == 3


def test_a_workspace_opens_the_space_that_it_is_of(call, space, tmp_path):
    state, shared = MapState(space), SharedState()
    plain = open_space(WEIGHTS / "autoencoder-plain")
    path, out = tmp_path / "w.json", tmp_path / "out.png"
    workspace.save(path, workspace.taken(MapState(plain), shared))
    result = call("ae_precomp.py", "--workspace", path, "--snapshot", out)
    assert result.returncode == 0 and result.stderr == "", result.stderr
    result = call("ae_precomp.py", "--workspace", path, "--snapshot", out, "--space", "autoencoder")
    assert result.returncode == 0 and "autoencoder-plain" in result.stderr
    assert view.inside(space.places, state.home).any()
