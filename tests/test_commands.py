"""Undo, the menu bar, freezing, help, messages and first steps, with real X events."""

import tkinter as tk
from tkinter import ttk

import numpy as np
import pytest
from Xlib import X

from explorer.analysis.metrics import METRICS
from explorer.decoding.engines import GridEngine, Progress
from explorer.drawing.themes import THEMES
from explorer.files import preferences
from explorer.session.open_map import open_space
from explorer.session.state import MapState, SharedState
from explorer.trace import Trace
from explorer.window.app import menus
from explorer.window.app.help import NOTHING, HelpWindow
from explorer.window.app.hint import TEXT
from explorer.window.app.window import ExplorerWindow
from explorer.window.base.keys import GROUPS, KEYS
from explorer.window.pane import message
from explorer.window.pane.message import Message
from tests.screen import settle
from tests.spaces import make_space

LINE, SEPARATOR = 20, 17  # pixels of the lines of a menu
MARGIN = 1


class DroppedDown:
    """A menu of the bar, opened with the mouse."""

    def __init__(self, program, name: str) -> None:
        self._program, self._name = program, name
        before = self._windows()
        x, y, width, height = program.layout()["bar"][list(menus.MENUS).index(name)]
        program.screen.click(x + width // 2, y + height // 2)
        self._box = program.wait(lambda: [box for box in self._windows() if box not in before], "the menu")[0]
        program.settle()

    def _windows(self) -> list[tuple[int, int, int, int]]:
        shown = []
        for window in self._program.screen.display.screen().root.query_tree().children:
            if window.get_attributes().map_state == X.IsViewable:
                place = window.get_geometry()
                shown.append((place.x, place.y, place.width, place.height))
        return shown

    def choose(self, label: str) -> None:
        top = self._box[1] + MARGIN
        for line in menus.MENUS[self._name]:
            if line is not None and line.label == label:
                self._program.screen.click(self._box[0] + 40, top + LINE // 2)
                self._program.settle()
                return
            top += SEPARATOR if line is None else LINE
        raise AssertionError(f"there is no '{label}'")


def pins(program) -> list[int]:
    return [event["rows"] for event in program.events("pins")][-1:][0]


def said(program) -> str:
    program.settle()
    return program.events("said")[-1]["text"]


def pin_two(program) -> list[int]:
    x, y, width, height = program.layout()["map"]
    for share in (0.5, 0.4):
        program.screen.click(int(x + share * width), int(y + share * height))
        program.settle()
    assert len(set(pins(program))) == 2
    return pins(program)


def test_one_escape_too_many_loses_nothing(program):
    screen, rows = program.screen, pin_two(program)
    screen.key("Escape")
    program.settle()
    assert pins(program) == []
    screen.key("z", "Control_L")
    assert said(program) == "undone: 2 pins removed" and pins(program) == rows
    screen.key("z", "Control_L", "Shift_L")
    assert said(program) == "redone: 2 pins removed" and pins(program) == []
    for _ in range(3):
        screen.key("z", "Control_L")
        program.settle()
    assert pins(program) == []
    screen.key("y", "Control_L")
    screen.key("y", "Control_L")
    program.settle()
    assert pins(program) == rows


def test_hidden_classes_come_back(program):
    program.catch_up()
    before = program.screen.grab(program.layout()["map"])
    program.screen.key("3")
    program.catch_up()
    program.screen.key("z", "Control_L")
    assert said(program) == "undone: 1 class hidden"
    program.screen.key("3")
    program.screen.key("z", "Control_L")
    program.screen.key("Escape")
    program.wait(lambda: (program.screen.grab(program.layout()["map"]) == before).all(), "all classes, no message")


def test_menus_do_what_keys_do(program):
    rows = pin_two(program)
    DroppedDown(program, "Edit").choose("Remove all pins")
    assert pins(program) == []
    DroppedDown(program, "Edit").choose("Undo")
    assert pins(program) == rows and said(program) == "undone: 2 pins removed"
    program.catch_up()
    before = program.screen.grab(program.layout()["map"])
    DroppedDown(program, "View").choose("Points")
    program.catch_up()
    assert (program.screen.grab(program.layout()["map"]) != before).any()
    DroppedDown(program, "View").choose("Points")
    count = len(program.events("pins"))
    DroppedDown(program, "Compare").choose("Play morph")  # greyed out with one map
    program.screen.key("Escape")
    program.screen.key("Escape")
    program.settle()
    assert len(program.events("pins")) == count + 1, "the menu, and then the pins"


def test_alt_and_a_letter_open_a_menu_and_press_no_key(program):
    before = len(program.events())
    for letter in ("c", "v", "h"):
        program.screen.key(letter, "Alt_L")
        program.handled()
        program.screen.key("Escape")
        program.settle()
    changed = {event["event"] for event in program.events()[before:]}
    assert not changed & {"colouring", "compare", "tour"}


def test_every_line_of_the_menus_leads_to_something_and_shows_its_key():
    keyed = {(key.action, arguments) for key in KEYS for arguments in key.arguments if key.action}
    lines = [line for lines in menus.MENUS.values() for line in lines if isinstance(line, menus.Item)]
    for line in lines:
        assert bool(line.key) == ((line.action, line.arguments) in keyed), line.label
    assert sum(bool(line.key) for line in lines) > 25
    assert {"Undo": "Ctrl + z", "Quit": "Ctrl + q", "Zoom out": "-"}.items() <= {
        line.label: line.key for line in lines
    }.items()


def test_the_cursor_is_frozen_by_a_button_that_shows_it(program):
    x, y, width, height = program.layout()["map"]
    left, top, wide, high = program.layout()["menus"][1]
    button = left + wide + 30, top + high // 2
    program.hover(x + 100, y + 100)
    before = program.screen.grab([button[0] - 15, top, 40, high])
    program.screen.click(*button)
    program.screen.move(x + 200, y + 200)
    program.settle()
    assert program.events("hover")[-1]["px"] == [x + 100, y + 100]
    assert (program.screen.grab([button[0] - 15, top, 40, high]) != before).any(), "the button does not show it"
    program.screen.key("space")
    program.settle()
    assert program.events("hover")[-1]["px"] == [x + 200, y + 200]
    assert (program.screen.grab([button[0] - 15, top, 40, high]) == before).all()


# ---- parts in a window of our own ------------------------------------------------------------------


def type_text(screen, text: str) -> None:
    for letter in text:
        screen.key({" ": "space", "-": "minus"}.get(letter, letter))


def test_help_is_grouped_and_searched_while_one_types(root, screen, space):
    root.geometry("1000x700+0+0")
    root.update()
    window = HelpWindow(root, SharedState(), space)
    settle(root)
    assert [*GROUPS] == ["Look", "Compare", "Mark", "Save"]
    everything = window.found
    assert {key.shown for key in KEYS} <= set(everything) and {"MSE", "10-NN", "trustworthiness"} <= set(everything)
    window.search.focus_force()
    settle(root)
    type_text(screen, "morph")
    settle(root)
    assert window.search.get() == "morph" and window.found == ["m", "Esc"]
    window.search.delete(0, "end")
    type_text(screen, "metrics test")
    settle(root)
    assert window.found and set(window.found) <= {metric.title for metric in METRICS.values()}
    type_text(screen, "qqq")
    settle(root)
    assert not window.found and window._nothing.winfo_ismapped() and window._nothing.cget("text") == NOTHING
    window.search.delete(0, "end")
    type_text(screen, " ")
    settle(root)
    assert window.found == everything
    screen.key("Escape")
    settle(root)
    assert not window.winfo_exists()


@pytest.fixture
def card(root):
    """A message over a frame, and a list that grows when its work is cancelled."""
    root.geometry("800x400+0+0")
    frame = tk.Frame(root)
    frame.pack(fill="both", expand=True)
    root.update()
    cancelled = []
    made = Message(frame, lambda: cancelled.append(True))
    made.cancelled = cancelled
    return made


def texts(widget) -> list[str]:
    """What is to be read in a widget."""
    own = [str(widget.cget("text"))] if widget.winfo_ismapped() and "text" in widget.keys() else []  # noqa: SIM118
    return own + [text for child in widget.winfo_children() for text in texts(child)]


def test_what_is_said_during_a_computation_is_not_lost(root, card):
    card.working(Progress("measuring errors", 0.3))
    card.say("the images cannot be read")
    card.working(Progress("measuring errors", 0.4))
    settle(root)
    assert {"the images cannot be read", "measuring errors …", "Cancel", "Dismiss"} <= set(texts(card))
    card.done()
    settle(root)
    assert "the images cannot be read" in texts(card) and "Cancel" not in texts(card)
    card.say("the encoder is damaged")
    settle(root)
    assert "the images cannot be read\nthe encoder is damaged" in texts(card)
    assert card.dismiss() and not card.dismiss()
    settle(root)
    assert not card.winfo_ismapped()


def test_good_news_leave_by_themselves_and_warnings_stay(root, card, monkeypatch):
    monkeypatch.setattr(message, "PASSING_MS", 30)
    card.say_in_passing("saved map.png")
    settle(root)
    card.say("the encoder is damaged")
    gone = tk.BooleanVar(root)
    root.after(200, gone.set, True)
    root.wait_variable(gone)
    settle(root)
    assert "the encoder is damaged" in texts(card) and not any("saved" in text for text in texts(card))


def test_good_news_can_be_taken_away_and_need_no_answer(root, card):
    card.say_in_passing("saved map.png")
    settle(root)
    assert "saved map.png" in texts(card)
    assert not card.dismiss(), "it would take an Escape that is meant for something else"
    settle(root)
    assert not card.winfo_ismapped()


def test_two_sentences_that_leave_are_both_read_and_a_narrow_card_has_its_button_below(root, card):
    for text in ("one", "saved map.png", "undone: 1 pin added", "saved map.png"):
        card.say_in_passing(text)
    settle(root)
    assert "undone: 1 pin added\nsaved map.png" in texts(card)
    (button,) = card._buttons.winfo_children()
    assert button.winfo_rooty() < card._text.winfo_rooty() + card._text.winfo_height()
    root.geometry("300x400")
    card.say("a sentence that is too long for one line over so narrow a map")
    settle(root)
    assert button.winfo_rooty() >= card._text.winfo_rooty() + card._text.winfo_height()
    assert card.winfo_rootx() >= root.winfo_rootx() and card.winfo_width() <= 300


@pytest.fixture
def first_start(screen, tmp_path, monkeypatch):
    """A window as it is when the program is started for the first time."""
    monkeypatch.setenv("DISPLAY", screen.name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "configuration"))
    opened = open_space(make_space(tmp_path / "space", n=300).folder, GridEngine)
    state, shared = MapState(opened.probe.space), SharedState()
    services = {"engine_for": GridEngine, "trace": Trace(None), "size": (1000, 700)}
    window = ExplorerWindow(opened, state, shared, offer_tour=True, **services)
    window.open()
    settle(window.root)
    yield window
    window.close()


def hint(window) -> str:
    canvas = window.pane.panel.widget
    return " ".join(
        canvas.itemcget(item, "text") for item in canvas.find_withtag("hint") if canvas.type(item) == "text"
    )


def test_the_first_start_says_what_to_do_and_invites_to_the_tour(first_start, screen):
    window = first_start
    assert preferences.read().tour_offered
    (button,) = [each for each in window.pane.message._buttons.winfo_children() if each.cget("text") == "Take the tour"]
    assert hint(window) == TEXT
    x, y, width, height = window.pane.panel.box_on_screen()
    screen.click(x + width // 2, y + height // 2)
    settle(window.root)
    assert len(window.shared.pins) == 1 and hint(window) == ""
    screen.click(button.winfo_rootx() + 10, button.winfo_rooty() + 10)
    settle(window.root)
    assert window.tour is not None and "Not now" not in texts(window.pane.message)


def test_the_hint_makes_way_for_the_scale_of_a_background(first_start):
    canvas, state = first_start.pane.panel.widget, first_start.pane.state
    shown = lambda: {canvas.itemcget(item, "state") for item in canvas.find_withtag("hint")}  # noqa: E731
    state.paint("density")
    settle(first_start.root)
    assert shown() == {"hidden"}
    state.paint("none")
    settle(first_start.root)
    assert shown() == {"normal"}


def test_after_a_switch_of_theme_what_adds_to_it_has_its_colours(first_start):
    style = ttk.Style(first_start.root)
    for name in ("dark", "light"):
        first_start.shared.toggle_theme()
        settle(first_start.root)
        assert style.lookup("RangeCard.TLabel", "background") == THEMES[name].canvas
        assert style.lookup("Hint.TEntry", "foreground") == THEMES[name].faint


def test_controls_of_the_bars_can_be_reached_by_tab_and_explain_themselves(first_start):
    top, reached = first_start.top, set()
    widget = top.spaces
    for _ in range(20):
        reached.add(widget)
        widget = widget.tk_focusNext()
    controls = [child for child in top.winfo_children() if child.winfo_class() in ("TMenubutton", "TCheckbutton")]
    assert len(controls) == 5 and set(controls) <= reached
    for child in top.winfo_children():
        assert child.bind("<Motion>"), child


def test_tks_own_dialog_for_files_is_left_alone_while_it_is_open(first_start):
    """Numbers that are computed meanwhile are shown, and a switch of theme does not close it."""
    window, call = first_start, first_start.root.tk.call
    call("toplevel", ".__tk_filedialog", "-class", "TkFDialog")
    settle(window.root)
    call("focus", "-force", ".__tk_filedialog")
    settle(window.root)
    assert str(call("focus")) == ".__tk_filedialog"
    window.shared.colour_by("spread")
    settle(window.root)
    assert window.pane.colouring.card.winfo_ismapped()
    window.shared.toggle_theme()
    settle(window.root)
    assert call("winfo", "exists", ".__tk_filedialog")


def test_space_and_enter_are_the_controls_own_and_letters_the_windows(first_start, screen):
    window = first_start
    freeze = next(child for child in window.top.winfo_children() if child.winfo_class() == "TCheckbutton")
    for control, held in ((freeze, True), (window.inspector.notebook, True), (freeze, False)):
        control.focus_force()
        settle(window.root)
        screen.key("space")
        settle(window.root)
        assert window.pane.panel.held is held, control
    window.inspector.notebook.focus_force()
    settle(window.root)
    screen.key("Return")
    screen.key("h")
    settle(window.root)
    assert not window.shared.pins and "points" not in window.shared.layers
    screen.key("Escape")
    settle(window.root)
    assert window.root.focus_get() is window.pane.panel.widget
    screen.key("slash")
    type_text(screen, "h7t")
    settle(window.root)
    assert window.search.entry.get() == "h7t" and "points" not in window.shared.layers and not window.shared.hidden


def test_nothing_in_the_bar_moves_when_what_is_chosen_changes(first_start):
    window = first_start

    def places():
        settle(window.root)
        return [(child.winfo_x(), child.winfo_width()) for child in window.top._fixed]

    before = places()
    for name in ("error", "spread", "split", "class"):
        window.shared.colour_by(name)
        assert places() == before
    window.pane.state.paint("sensitivity")
    assert places() == before
    assert np.all([width > 0 for _, width in before])
