"""The panel of a map of texts, alone in a window: what it lists and marks for a phrase, and for a pin."""

import numpy as np
import pytest

from explorer.analysis.probe import SpaceProbe
from explorer.own_models.building import build
from explorer.spaces import view
from explorer.uses import ratings, texts
from explorer.window.base.workers import Workers
from explorer.window.inspector.panels.phrase import NAMED, PHRASE, PhrasePanel
from explorer.window.inspector.tabs.find import FindTab
from explorer.window.map.marks import Mark
from tests.screen import settle
from tests.spaces import context_of
from tests.test_panels import Marked, Written

N, D = 120, 9
WORDS = [f"text number {number}" for number in range(N)]


class Marks(Marked):
    def of(self, group):
        return self.groups[group]


@pytest.fixture
def encode(monkeypatch):
    """Encodes "3" as the code of text 3, and "3+" far beyond it."""
    codes = np.random.default_rng(5).normal(size=(N, D)).astype(np.float32)
    known = lambda phrase: codes[int(phrase.strip("+ "))] * (30 if "+" in phrase else 1)  # noqa: E731
    monkeypatch.setattr(texts, "encoder", lambda: lambda phrases: np.stack([known(each) for each in phrases]))
    return codes


@pytest.fixture
def panel(root, encode):
    root.geometry("420x600+40+30")

    def made(**card):
        space = build(codes=encode, columns={"text": WORDS}, labels=np.arange(N) % 3)[0].space
        space.card.update(card)
        context = context_of(SpaceProbe(space, None), Workers(root))
        context.marks, context.trace = Marks(), Written()
        context.state.coordinates_changed.connect(lambda state: context.follow_coordinates())  # as the map does
        panel = PhrasePanel(root, context)
        panel.pack(fill="both", expand=True)
        panel.attend(True)
        settle(root)
        panel.space, panel.context, panel.state, panel.shared = space, context, context.state, context.shared
        return panel

    return made


def typed(panel, phrase):
    panel._phrase.set(phrase)
    settle(panel)


def listed(panel):
    return [int(row) for row in panel.canvas.get_children()]


def nearest(codes, code, counts=None):
    distances = np.linalg.norm(codes - code, axis=1)
    if counts is not None:
        distances[~counts] = np.inf
    return np.argsort(distances)[:10].tolist()


def test_a_phrase_is_marked_with_lines_to_its_neighbours(panel, encode):
    panel = panel(**texts.CARD)
    assert not panel.canvas.winfo_ismapped() and "Type a phrase" in panel._to.cget("text")
    typed(panel, " 7 ")
    assert listed(panel) == nearest(encode, encode[7])
    *lines, mark = panel.context.marks.groups[PHRASE]
    places = panel.space.places
    assert mark == Mark(pytest.approx(tuple(places[7])), "?")
    assert [line.to for line in lines] == [pytest.approx(tuple(places[row])) for row in listed(panel)]
    assert [line.words for line in lines] == [*(WORDS[row] for row in listed(panel)[:NAMED]), *[""] * (10 - NAMED)]
    row = listed(panel)[1]
    assert panel.canvas.item(str(row), "values") == (
        WORDS[row],
        panel.context.probe.distance_in_words(np.linalg.norm(encode[row] - encode[7])),
    )
    typed(panel, "")
    assert not panel.context.marks.groups[PHRASE] and not panel.canvas.winfo_ismapped()


def test_the_view_grows_to_a_phrase_beyond_it(panel, encode):
    panel = panel(**texts.CARD)
    before = panel.state.limits
    typed(panel, "7")
    assert panel.state.limits == before
    typed(panel, "7+")
    place = panel.space.places_of(30 * encode[7:8])
    assert not view.inside(place, before)[0] and view.inside(place, panel.state.limits)[0]
    assert view.inside(panel.space.places, panel.state.limits).sum() >= view.inside(panel.space.places, before).sum()


def test_hidden_classes_are_left_out_and_marks_follow_the_plane(panel, encode):
    panel = panel(**texts.CARD)
    typed(panel, "7")
    panel.shared.toggle_class(1)
    settle(panel)
    assert listed(panel) == nearest(encode, encode[7], np.arange(N) % 3 != 1)
    panel.state.use_plane(panel.space.plane("axes", (4, 2)))
    settle(panel)
    assert panel.context.marks.groups[PHRASE][-1].place == pytest.approx(tuple(encode[7, [4, 2]]), abs=1e-5)
    assert panel.context.marks.groups[PHRASE][0].to == pytest.approx(tuple(encode[listed(panel)[0], [4, 2]]), abs=1e-5)


def test_without_an_encoder_it_lists_the_neighbours_of_the_last_pin(panel, encode, screen):
    panel = panel()
    assert not panel._entry.winfo_ismapped() and panel._to.cget("text").startswith("Pin a text")
    panel.shared.pin(3)
    panel.shared.pin(50)
    settle(panel)
    assert listed(panel) == [row for row in np.argsort(np.linalg.norm(encode - encode[50], axis=1)) if row != 50][:10]
    assert panel._to.cget("text") == "to the text pinned last: text number 50"
    assert all(mark.to is not None for mark in panel.context.marks.groups[PHRASE])
    chosen = listed(panel)[4]
    x, y = panel.context.trace.events[-1][1]["at"][4]
    screen.click(x, y)
    settle(panel)
    assert panel.shared.pins == (3, 50, chosen) and panel.shared.passing == chosen
    assert panel.state.cursor == pytest.approx(tuple(panel.space.places[chosen]))
    assert listed(panel)[0] != chosen
    panel.attend(False)
    assert not panel.context.marks.groups[PHRASE]


def test_the_tab_find_lists_texts_and_a_step_moves_no_plane(root, encode):
    space = build(codes=encode, columns={"text": WORDS})[0].space
    context = context_of(SpaceProbe(space, None), Workers(root))
    context.marks = Marks()
    tab = FindTab(root, context)
    tab.pack()
    root.update()
    tab.search("number 11")
    root.update()
    rows = [11, *range(110, 120)]
    assert [tab._table.item(row, "values")[0] for row in tab._table.get_children()] == [WORDS[row] for row in rows]
    assert tab._table.heading("image")["text"] == "text" and "11 points" in tab._note.cget("text")
    assert context.state.cursor == pytest.approx(tuple(space.places[11]))
    assert context.state.space.projection is space.projection  # nothing decodes: other planes would only fade the dots


def test_it_is_for_texts_of_many_dimensions(encode):
    assert PhrasePanel.suits(build(codes=encode, columns={"text": WORDS})[0].space)
    rated = {"title": WORDS, ratings.USUAL: np.ones(N)}
    space = build(codes=encode, columns=rated)[0].space
    assert PhrasePanel.suits(space)
    space.card[ratings.CARD] = {"lowest": 1.0, "highest": 5.0, "rmse": 1.0}
    assert ratings.are_in(space) and not PhrasePanel.suits(space)
    assert not PhrasePanel.suits(build(codes=encode[:, :2], columns={"text": WORDS})[0].space)
    assert not PhrasePanel.suits(build(codes=encode, columns={"year": np.arange(N)})[0].space)
