"""Text that is laid out once has the pixels that Matplotlib gives it."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import Normal, Stroke
from matplotlib.text import Text

from explorer.drawing import kept_text
from explorer.drawing.fonts import drawable, fonts_for
from explorer.drawing.kept_text import KeepingCanvas
from explorer.drawing.latent_map import LatentMap
from explorer.session.state import MapState, SharedState

TEXTS = ("Trouser", "−2.5", "漢字 and ábc", "  spaces ", "two\nlines", "$\\alpha^2$", "fi ffl AV", " ", "")


def pixels(canvas) -> np.ndarray:
    canvas.draw()
    return np.array(canvas.buffer_rgba())


def written(canvas_class, dpi: float, shift: float):
    figure = Figure((5, 4), dpi=dpi)
    canvas = canvas_class(figure)
    for number, text in enumerate(TEXTS):
        families, missing = fonts_for(text)
        style = {"fontfamily": families, "fontsize": 8 + number, "rotation": 30 * (number % 3)}
        drawn = figure.text(0.1 + 0.3 * (number % 3) + shift, 0.1 + 0.1 * number, drawable(text, missing), **style)
        if number % 2:
            drawn.set_path_effects([Stroke(linewidth=3, foreground="red"), Normal()])
    return canvas


@pytest.mark.parametrize("dpi", [72, 100, 133.3])
def test_texts_have_the_same_pixels(dpi):
    for shift in (0.0, 0.0037):
        ours, theirs = written(KeepingCanvas, dpi, shift), written(FigureCanvasAgg, dpi, shift)
        expected = pixels(theirs)
        assert (expected[..., :3] != 255).any(axis=2).sum() > 1000
        for _ in range(2):  # the second time from what is kept
            assert (pixels(ours) == expected).all()
        for canvas in (ours, theirs):
            canvas.figure.set_size_inches(4, 5)
        assert (pixels(ours) == pixels(theirs)).all()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_map_has_the_same_pixels(space, theme):
    found = []
    for canvas_class in (KeepingCanvas, FigureCanvasAgg):
        state = MapState(space)
        canvas = canvas_class(Figure((5.3, 4.1), dpi=100))
        shown = LatentMap(canvas.figure, state, SharedState(theme))
        pictures = []
        for zoom in (1, 3, 0.1):
            state.zoom(state.cursor, zoom)
            shown.fit()
            pictures.append(pixels(canvas))
        found.append(np.stack(pictures))
    assert (found[0] == found[1]).all()


def test_a_text_is_laid_out_once():
    figure = Figure()
    canvas = KeepingCanvas(figure)
    text = figure.add_artist(Text(0.5, 0.5, "laid out once"))
    before = kept_text._glyphs.cache_info()
    for place in (0.5, 0.2, 0.7):
        text.set_x(place)
        canvas.draw()
        figure.set_size_inches(4 + place, 3)
    after = kept_text._glyphs.cache_info()
    assert (after.misses - before.misses, after.hits - before.hits) == (1, 2)


@pytest.fixture
def tried_anew():
    kept_text.can_keep.cache_clear()
    yield
    kept_text.can_keep.cache_clear()


def gone(*arguments):
    raise AttributeError


CHANGED = {  # as if a later Matplotlib had no such function, or gave other values
    "_glyphs": lambda *arguments: [],
    "_outline": lambda *arguments: (np.empty((0, 2)), np.empty(0, np.uint8)),
    "_size": lambda *arguments: (1.0, 1.0, 0.0),
    "_heights": lambda *arguments: (30.0, 10.0, 5.0),
}


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("is_gone", [True, False])
def test_where_something_is_not_as_expected_matplotlib_draws_all_text(name, is_gone, monkeypatch, tried_anew):
    monkeypatch.setattr(kept_text, name, gone if is_gone else CHANGED[name])
    ours, theirs = written(KeepingCanvas, 100, 0.0), written(FigureCanvasAgg, 100, 0.0)
    assert (pixels(ours) == pixels(theirs)).all()
    assert not isinstance(ours.get_renderer(), kept_text.KeepingRenderer)


def test_otherwise_text_is_kept(tried_anew):
    assert isinstance(KeepingCanvas(Figure()).get_renderer(), kept_text.KeepingRenderer)
