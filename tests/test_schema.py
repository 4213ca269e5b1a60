"""Cards and workspaces from outside: what opens, what is refused in one line, and one bad neighbour among all."""

import json
import math
import os
import shutil

import numpy as np
import pytest

from explorer.analysis.metrics import METRICS, in_words, is_number
from explorer.errors import UserError, printable
from explorer.files import schema
from explorer.session import workspace
from explorer.session.state import MapState, SharedState
from explorer.spaces import following
from explorer.spaces.card import CARD, CODES, DECODER, GRID, MOST_CARD, read_card, write_card
from explorer.spaces.catalogue import Catalogue
from explorer.spaces.folder import WEIGHTS, open_space
from tests.spaces import make_space

HUGE = 10**400


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """Two small spaces beside each other, the first with all that a card can have."""
    home = tmp_path_factory.mktemp("home")
    more = {"metrics": {"mse": 0.1, "knn_10": 1}, "config": {"noise": 1.0}, "seed": 3, "about": "It is.", "paper": "P"}
    run = {"run": {"epoch": 2, "epochs": 5, "losses": {"rebuilt": [0.5, 0.25]}}}
    make_space(home / "first", (8, 8), tuple("ab"), n=40, columns={"weight": np.arange(40.0)}, more=more | run)
    make_space(home / "second", (8, 8), tuple("ab"), n=40)
    return home


@pytest.fixture
def home(sample, tmp_path, monkeypatch):
    home = shutil.copytree(sample, tmp_path / "home")
    monkeypatch.setattr("explorer.spaces.folder.WEIGHTS", tmp_path / "none")
    return home


def written(content) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def refused(folder, content) -> str:
    """What is said about a card, which is one printable line; beside another space it is greyed out alone."""
    (folder / CARD).write_bytes(written(content))
    with pytest.raises(UserError) as caught:
        open_space(folder)
    said = str(caught.value)
    assert said == printable(said) and str(folder / CARD) in said and len(said) < 600
    catalogue = Catalogue(folder.parent / "second", makes_grids=False)
    catalogue.check()
    entries = {entry.folder.name: entry for entry in catalogue.entries()}
    assert entries["first"].wrong and len(entries["first"].wrong) <= 60 and not entries["second"].wrong
    assert printable(entries["first"].wrong) == entries["first"].wrong
    return said


@pytest.mark.parametrize("name", sorted(path.name for path in WEIGHTS.iterdir()))
def test_the_cards_that_were_shipped_open_and_stay_as_they_are(name, tmp_path):
    before = (WEIGHTS / name / CARD).read_bytes()
    (tmp_path / CARD).write_bytes(before)
    write_card(tmp_path, read_card(tmp_path))
    assert json.loads((tmp_path / CARD).read_bytes()) == json.loads(before)


@pytest.mark.parametrize("missing", ["kind", "metrics", "about", "paper", "prior", "seed", "config", "versions"])
def test_cards_of_earlier_versions_open(home, missing):
    path = home / "first" / CARD
    card = json.loads(path.read_bytes())
    card.pop(missing, None)
    path.write_bytes(written(card))
    space = open_space(home / "first")
    assert (space.card["kind"], type(space.card["metrics"])) == ("" if missing == "kind" else "test", dict)
    assert (space.about, space.paper) == ("" if missing == "about" else "It is.", "" if missing == "paper" else "P")
    assert following.run_of(space.card).epoch == 2


def test_unknown_members_are_kept(home):
    card = read_card(home / "second")
    more = {"note": {"by": ["me", 1, None]}, "größe": "ü"}
    write_card(home / "second", card | more | {"data": card["data"] | {"licence": "CC0"}})
    read = read_card(home / "second")
    write_card(home / "second", read)
    again = read_card(home / "second")
    assert again == read and again["note"] == more["note"] and again["data"]["licence"] == "CC0"


def test_numbers_that_json_does_not_have_are_read_and_written_as_none(home):
    write_card(home / "second", read_card(home / "second") | {"metrics": {"mse": float("nan"), "a": 1.5}})
    assert read_card(home / "second")["metrics"] == {"mse": None, "a": 1.5}
    path = home / "second" / CARD  # as earlier versions wrote it
    path.write_bytes(path.read_bytes().replace(b'"mse": null', b'"mse": Infinity'))
    assert open_space(home / "second").card["metrics"] == {"mse": None, "a": 1.5}


CONTENTS = {
    "empty": b"",
    "cut": b'{"format": 1,',
    "bytes": b"\x00\xff\xfe\x80" * 50,
    "byte order mark": b'\xef\xbb\xbf{"format": 1}',
    "utf-16": '{"format": 1}'.encode("utf-16"),
    "latin": '{"format": 1, "title": "ü"}'.encode("latin-1"),
    "list": b"[]",
    "number": b"1",
    "nested lists": b"[" * 200_000,
    "nested objects": b'{"a":' * 200_000,
    "closed": b"[" * 900 + b"]" * 900,
    "digits": b"1" * 100_000,
    "too large": b" " * (MOST_CARD + 1),
    "many lists": b"[" + b"[]," * 2_000_000 + b"1]",
    "twice": b'{"format": 1, "format": 1}',
}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_is_no_card(home, content):
    refused(home / "first", content)


def changed(card: dict, place: str, value) -> dict:
    """The card with another value at a place like "data.title"."""
    card = json.loads(json.dumps(card))
    *way, last = place.split(".")
    inner = card
    for name in way:
        inner = inner[name]
    inner[last] = value
    return card


TEXTS = [None, 3, ["x"], "x" * 100_000, "a\0b", "\x1b[31m"]
HARMS = {
    "format": [None, True, "1", 2, HUGE],
    "title": TEXTS,
    "kind": TEXTS,
    "about": TEXTS,
    "paper": TEXTS,
    "prior": [3, ["normal"]],
    "seed": ["0", -1, HUGE, 0.5],
    "config": [[], "x", 3],
    "metrics": [[], "x", 3, {"mse": {}}, {"mse": [1]}, {"mse": HUGE}],
    "data": [None, [], {}],
    "data.title": TEXTS,
    "data.source": [None, 3, "x" * 100_000],
    "data.fingerprint": [3, []],
    "data.image_shape": [None, "28", [28], [28, 28, 4], [0, 28], [28.5, 28], [HUGE, 28], [2**16, 2**16], ["28", 28]],
    "data.classes": [None, "ab", [1], ["x" * 100_000], ["a\0"], ["a"] * 10_001, {"0": "a"}],
    "data.columns": [None, "weight", [3], ["weight", "weight"], ["a\0"]],
    "files": [None, [], {}, {"codes.npz": 3}, {"codes.npz": "0"}],
    "run": [None, [], {}, "x"],
    "run.epoch": [None, "2", HUGE, -1, 2.5, float("inf")],
    "run.epochs": [None, HUGE, float("inf")],
    "run.losses": [None, [], {"a": 3}, {"a": ["1"]}, {"a": [HUGE]}, {"a": [1e300]}, {"a": [float("nan")]}],
}


@pytest.mark.parametrize("place, value", [(place, value) for place, values in HARMS.items() for value in values])
def test_members_that_do_not_fit_are_named(home, place, value):
    card = json.loads((home / "first" / CARD).read_bytes())
    said = refused(home / "first", changed(card, place, value))
    assert place.split(".")[-1] in said


@pytest.mark.parametrize("text", [b'"\\ud800"', b'"\\udfff x"', b'{"\\ud800": 1}', b"1e400", b"-1e999"])
@pytest.mark.parametrize("where", [b"more", b"title", b"about"])
def test_what_could_not_be_written_again_is_refused_wherever_it_is(home, text, where):
    path = home / "second" / CARD
    content = path.read_bytes().strip()
    (home / "first" / CARD).write_bytes(content[:-1] + b', "' + where + b'": ' + text + b"}")
    refused(home / "first", (home / "first" / CARD).read_bytes())


@pytest.mark.parametrize("value", [HUGE, -HUGE, 1e300, float("nan"), True, "1", None, [1]])
def test_a_metric_that_cannot_be_told_is_left_out(value):
    assert not is_number(value) and in_words({"mse": value}) == {}
    assert list(in_words(dict.fromkeys(METRICS, 0.5))) == list(METRICS)


def test_long_titles_are_shown_shortened(home):
    card = read_card(home / "first")
    write_card(home / "first", card | {"title": "word " * 150, "data": card["data"] | {"title": "d" * 255}})
    space = open_space(home / "first")
    assert len(space.title) <= 80 and len(space.data_title) <= 80
    entry = next(entry for entry in Catalogue(home / "second", False).entries() if entry.folder.name == "first")
    assert len(entry.note) < 200 and not entry.wrong


# ---- neighbours ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [CARD, CODES, GRID, DECODER])
@pytest.mark.parametrize("what", ["folder", "pipe", "loop", "device", "nothing"])
def test_a_neighbour_with_something_else_in_the_place_of_a_file(home, name, what):
    catalogue = Catalogue(home / "second", makes_grids=False)
    path = home / "first" / name
    for_run = read_card(home / "first")
    for_run.pop("run")
    write_card(home / "first", for_run)
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what != "nothing":
        path.symlink_to({"loop": name, "device": "/dev/zero"}[what])
    catalogue.check()
    wrong = {entry.folder.name: entry.wrong for entry in catalogue.entries()}
    assert wrong["first"].startswith(name) and wrong["second"] == "" and not catalogue.unchecked()


def test_folders_beside_a_space_with_names_that_are_no_text(home):
    for name in (b"\xff\xfe", b"a\x1b\n", b"x" * 255):
        shutil.copytree(os.fsencode(home / "second"), os.path.join(os.fsencode(home), name))
    (home / "loop").symlink_to("loop")
    (home / "up").symlink_to("..")
    catalogue = Catalogue(home / "second", makes_grids=False)
    catalogue.check()
    entries = catalogue.entries()
    assert len(entries) == 5 and not any(entry.wrong for entry in entries)
    for entry in entries:
        assert len(entry.label) <= 80 and printable(entry.label + entry.note) == entry.label + entry.note
        space = open_space(entry.folder)
        workspace.save(home / "w.json", workspace.taken(MapState(space), SharedState()))


# ---- workspaces ----------------------------------------------------------------------------------


@pytest.fixture
def kept(home):
    """The members of a sound workspace."""
    workspace.save(home / "w.json", workspace.taken(MapState(open_space(home / "second")), SharedState()))
    return json.loads((home / "w.json").read_bytes())


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_what_is_no_workspace(home, content):
    (home / "w.json").write_bytes(content)
    with pytest.raises(UserError, match="w.json") as caught:
        workspace.read(home / "w.json")
    assert str(caught.value) == printable(str(caught.value)) and len(str(caught.value)) < 600


@pytest.mark.parametrize(
    "value", [None, HUGE, float("nan"), float("inf"), "\ud800", "x" * 100_000, "\0", [[]], {"a": 1}]
)
def test_no_member_of_a_workspace_takes_everything(home, kept, value):
    is_null = value is None or (isinstance(value, float) and not math.isfinite(value))  # JSON has only null
    for name in (name for name in kept if not (name == "plane" and is_null)):  # which a flat map lacks
        (home / "w.json").write_bytes(written(kept | {name: value}))
        with pytest.raises(UserError) as caught:
            workspace.read(home / "w.json")
        said = str(caught.value)
        assert said == printable(said) and (name in said or "is no workspace, or incomplete" in said)


def test_a_workspace_may_lack_what_older_ones_lack_and_have_more(home, kept):
    for name in ("chart", "beside"):
        kept.pop(name)
    (home / "w.json").write_bytes(written(kept | {"more": [1, 2]}))
    found = workspace.read(home / "w.json")
    assert (found.chart, found.beside) == ("plain", "")


def test_messages_name_the_member_and_what_it_must_be():
    with pytest.raises(ValueError) as caught:
        schema.checked({"title": "a", "files": {}, "data": {"title": "x", "source": "y", "classes": []}}, schema.Card)
    assert str(caught.value) == "'data': object missing required field 'image_shape'"
    with pytest.raises(ValueError, match=r"'run.losses\[\.\.\.\]\[0\]': expected number, got text"):
        data = {"title": "x", "source": "y", "classes": [], "image_shape": [4, 4]}
        run = {"epoch": 1, "epochs": 1, "losses": {"a": ["1"]}}
        schema.checked({"title": "a", "files": {}, "data": data, "run": run}, schema.Card)
