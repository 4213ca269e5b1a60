"""Colours that can be told apart, measured: normal vision and three kinds of colour blindness."""

from tkinter import ttk
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.colors import XKCD_COLORS

from explorer.drawing.themes import ALL_COLOURS, CLASS_COLOURS, THEMES, class_colour
from explorer.session.state import SharedState
from explorer.trace import Trace
from explorer.window.base import style
from explorer.window.pane import dialogs
from explorer.window.pane.bars import Choice
from tests.screen import settle

# Machado, Oliveira, Fernandes: A Physiologically-based Model for Simulation of Color Vision
# Deficiency. IEEE TVCG 15(6), 2009; severity 1.0, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
# Ottosson: A perceptual color space for image processing. 2020.
TO_LMS = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip
PETROFF = "3f90da ffa90e bd1f01 94a4a2 832db6 a96b59 e76300 b9ac70 717581 92dadd"  # arXiv:2107.02270


def linear(colours) -> np.ndarray:
    rgb = np.array([[int(colour.lstrip("#")[i : i + 2], 16) / 255 for i in (0, 2, 4)] for colour in colours])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def closest_pair(colours, vision: str) -> float:
    """Smallest OKLab distance between two of the colours, times 100."""
    seen = np.clip(linear(colours) @ VISION[vision].T, 0, 1)
    lab = np.cbrt(seen @ TO_LMS.T) @ TO_LAB.T
    distances = np.linalg.norm(lab[:, None] - lab[None], axis=-1)
    return 100 * distances[np.triu_indices(len(colours), 1)].min()


def contrast(one: str, other: str) -> float:
    """WCAG 2.2 contrast ratio, 1..21."""
    bright, dark = sorted(linear([one, other]) @ [0.2126, 0.7152, 0.0722], reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", VISION)
def test_ten_classes_can_be_told_apart(vision):
    assert len(CLASS_COLOURS) == 10
    assert closest_pair(CLASS_COLOURS, vision) >= 11
    assert closest_pair(CLASS_COLOURS, vision) > 1.3 * closest_pair(PETROFF.split(), vision)


# What 222,500 people called the colours that they saw (blog.xkcd.com/2010/05/03/color-survey-results). A name stands
# for all shades, but for light blue, which is among the most frequent answers.
SHADES = ("", "light ", "dark ", "bright ", "deep ", "pale ")
NAMES = {
    "red": ("red", "crimson", "scarlet", "maroon"),
    "orange": ("orange",),
    "yellow": ("yellow", "gold", "mustard"),
    "green": ("green", "lime", "olive"),
    "teal": ("teal", "turquoise", "aqua", "cyan"),
    "light blue": ("light blue", "sky blue", "light sky blue", "bright sky blue"),
    "blue": ("blue", "navy", "royal blue"),
    "purple": ("purple", "violet", "lavender", "lilac", "indigo", "plum", "mauve"),
    "pink": ("pink", "hot pink", "magenta", "fuchsia"),
    "brown": ("brown", "tan", "beige"),
    "grey": ("grey",),
}


def called(colours) -> list[str]:
    """The name of each colour: that of the nearest one in the survey, in OKLab."""
    answers: dict[str, str] = {}
    for name, words in NAMES.items():
        for answer in (f"xkcd:{shade}{word}" for word in words for shade in SHADES):
            if answer in XKCD_COLORS:
                answers.setdefault(answer, name)
    named, lab = list(answers.values()), oklab([XKCD_COLORS[answer] for answer in answers])
    return [named[np.linalg.norm(lab - each, axis=1).argmin()] for each in oklab(colours)]


def oklab(colours) -> np.ndarray:
    return np.cbrt(linear(colours) @ TO_LMS.T) @ TO_LAB.T


def test_no_two_of_ten_classes_share_a_colour_name():
    assert called(["#ff0000", "#fd8d00", "#00ff00", "#808080", "#600080", "#000080", "#add8e6"]) == (
        ["red", "orange", "green", "grey", "purple", "blue", "light blue"]
    )
    names = called(CLASS_COLOURS)
    assert len(set(names)) == 10 and "grey" not in names, names


@pytest.mark.parametrize("theme", THEMES)
def test_classes_and_texts_stand_out(theme):
    theme = THEMES[theme]
    assert min(contrast(colour, theme.canvas) for colour in CLASS_COLOURS) >= 1.8
    assert contrast(theme.dots, theme.canvas) >= 4.5
    assert contrast(theme.ink, theme.paper) >= 12
    assert min(contrast(each, theme.paper) for each in (theme.faint, theme.good, theme.warning)) >= 4.5


def test_further_classes_get_colours_that_can_be_told_apart_as_long_as_there_are_any():
    colours = [class_colour(index) for index in range(256)]
    assert tuple(colours[:10]) == CLASS_COLOURS and len(set(colours)) == len(ALL_COLOURS) == 256
    for classes, distance in ((20, 13), (47, 9), (100, 6), (200, 4.5)):
        assert closest_pair(colours[:classes], "normal") >= distance
    for theme in THEMES.values():
        assert min(contrast(colour, theme.canvas) for colour in colours[10:]) >= 2.2
    assert class_colour(256 + 13) == class_colour(13)


def test_further_colours_are_always_the_one_farthest_from_all_before():
    levels = np.arange(0, 256, 17)
    candidates = np.stack(np.meshgrid(levels, levels, levels), axis=-1).reshape(-1, 3)
    names = np.array(["#{:02x}{:02x}{:02x}".format(*candidate) for candidate in candidates])

    def lab_of(colours) -> np.ndarray:
        return np.cbrt(linear(colours) @ TO_LMS.round(4).T) @ TO_LAB.round(4).T

    lab, luminance = lab_of(names), linear(names) @ [0.2126, 0.7152, 0.0722] + 0.05
    dark, light = (linear([THEMES[name].canvas]) @ [0.2126, 0.7152, 0.0722] + 0.05 for name in ("dark", "light"))
    usable = (luminance >= 2.3 * dark) & (luminance <= light / 2.3) & (np.hypot(lab[:, 1], lab[:, 2]) >= 0.05)
    names, lab = names[usable], lab[usable]
    distances = np.linalg.norm(lab[:, None] - lab_of(CLASS_COLOURS), axis=-1).min(axis=1)
    for colour in ALL_COLOURS[10:]:
        farthest = distances.argmax()
        assert names[farthest] == colour
        distances = np.minimum(distances, np.linalg.norm(lab - lab[farthest], axis=1))


def test_menus_have_the_colours_of_the_theme(root):
    """Also one that is made later, as in a tab that nobody has opened, and after the theme is switched."""
    shared, menus = SharedState(), []
    for theme in ("light", "dark", "light"):
        if shared.theme != theme:
            shared.toggle_theme()
            style.apply(root, theme)
        menus.append(Choice(root, shared, "Colour").menu)
        settle(root)
        ink = THEMES[theme].ink
        assert {str(menu.cget(name)) for menu in menus for name in ("foreground", "selectcolor")} == {ink}


def test_fields_and_drop_downs_have_the_colours_of_their_style(root):
    fields = [ttk.Label(root), ttk.Entry(root), ttk.Combobox(root)]
    for theme in ("dark", "light"):
        style.apply(root, theme)
        settle(root)
        assert {str(field.cget(name)) for field in fields for name in ("foreground", "background")} == {""}


def test_fields_have_one_font(root):
    """Those made before a theme is first used, as the search field, and those made later, as in a late tab."""
    widths = []
    for theme in ("light", "dark", "light"):
        fields = ttk.Entry(root, width=22), ttk.Combobox(root, width=22), ttk.Spinbox(root, width=22)
        style.apply(root, theme)
        settle(root)
        widths.append([field.winfo_reqwidth() for field in fields])
        later = ttk.Entry(root, width=22), ttk.Combobox(root, width=22), ttk.Spinbox(root, width=22)
        widths.append([field.winfo_reqwidth() for field in later])
    assert widths == widths[:1] * 6


def test_the_edge_of_a_dialog_follows_the_theme(root):
    """Whether or not the dialog has the keyboard."""
    shared = SharedState()
    root.update()
    shown = dialogs.Dialog(root, shared, "a dialog", padding=8)
    for _ in range(3):
        settle(root)
        edges = {str(shown.cget(name)) for name in ("highlightbackground", "highlightcolor")}
        assert edges == {THEMES[shared.theme].faint}, shared.theme
        shared.toggle_theme()
        style.apply(root, shared.theme)
    shown.close()


def path_of_list(box: ttk.Combobox) -> str:
    """Drops down the list of a combobox. Returns Tk's name of it."""
    root = box.winfo_toplevel()
    root.tk.call("ttk::combobox::Post", box)
    settle(root)
    root.tk.call("ttk::combobox::Unpost", box)
    return f"{root.tk.call('ttk::combobox::PopdownWindow', box)}.f.l"


def colour(root, path: str, *words: str) -> str:
    """A colour that Tk tells of a widget, as #rrggbb."""
    return "#{:02x}{:02x}{:02x}".format(*(each // 256 for each in root.winfo_rgb(str(root.tk.call(path, *words)))))


def is_readable(root, path: str, theme: str) -> bool:
    """Whether the text of a classic widget, selected or not, stands out, on a ground of the theme."""
    pairs = (("-foreground", "-background"), ("-selectforeground", "-selectbackground"))
    shown = [[colour(root, path, "cget", option) for option in pair] for pair in pairs]
    return contrast(shown[0][1], THEMES[theme].paper) < 1.3 and min(contrast(*pair) for pair in shown) > 4.5


def test_lists_that_drop_down_follow_the_theme(root):
    """Those dropped down before a switch, and those dropped down first after it; both ways, twice."""
    boxes = []
    for theme in ("light", "dark", "light", "dark"):
        style.apply(root, theme)
        boxes.append(ttk.Combobox(root, values=["one", "two"], state="readonly"))
        boxes[-1].pack()
        settle(root)
        for box in boxes:
            assert is_readable(root, path_of_list(box), theme), theme


def test_the_file_dialog_follows_the_theme(root, tmp_path):
    """Each question has a new one."""
    context = SimpleNamespace(trace=Trace(None))
    (tmp_path / "a file").touch()
    root.update()
    seen = []

    def look() -> None:
        everything = everything_in(root, ".__tk_filedialog")
        kinds = {path: str(root.tk.call("winfo", "class", path)) for path in everything}
        (icons,) = [path for path, kind in kinds.items() if kind == "Canvas"]
        items = root.tk.splitlist(root.tk.call(icons, "find", "all"))
        names = [item for item in items if root.tk.call(icons, "type", item) == "text"]
        ground = colour(root, icons, "cget", "-background")
        own = [path for path, kind in kinds.items() if kind in ("TEntry", "TLabel", "TCombobox")
               if str(root.tk.call(path, "cget", "-foreground"))]  # fmt: skip
        seen.append((own, [contrast(colour(root, icons, "itemcget", name, "-fill"), ground) for name in names]))
        root.tk.call("set", "::tk::Priv(selectFilePath)", "")

    for theme in ("light", "dark", "light", "dark"):
        style.apply(root, theme)
        settle(root)
        root.after(600, look)
        assert dialogs.ask_to_open(context, root, "Open", [("all", "*")], str(tmp_path)) is None
        assert not root.tk.call("winfo", "exists", ".__tk_filedialog"), "Tk would keep it, and may show it again"
    assert len(seen) == 4
    for own, contrasts in seen:
        assert own == [], "colours of their own hide those of the theme"
        assert contrasts and min(contrasts) > 4.5


def everything_in(root, path: str) -> list[str]:
    """Tk's names of all widgets within one."""
    children = list(map(str, root.tk.splitlist(root.tk.call("winfo", "children", path))))
    return children + [each for child in children for each in everything_in(root, child)]
