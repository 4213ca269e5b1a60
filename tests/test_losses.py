"""The plot of a run's losses: what lines there are, that all of it fits, any values and any number of epochs."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explorer.drawing.losses import LossPlot
from explorer.spaces.following import Run

FALLING = {"mse": [0.2 / (1 + epoch) for epoch in range(30)], "neighbours": [2 / (1 + epoch) for epoch in range(30)]}


def drawn(run, size=(3.4, 1.1), theme="light"):
    canvas = FigureCanvasAgg(Figure(size, dpi=100))
    plot = LossPlot(canvas.figure, theme)
    plot.show_run(run)
    canvas.draw()
    return canvas, plot


def test_a_line_per_loss_with_its_latest_value():
    _, plot = drawn(Run(30, 150, FALLING))
    texts = [text.get_text() for text in plot.axes.get_legend().get_texts()]
    assert texts == ["mse 0.00667", "neighbours 0.0667"]
    for line, values in zip(plot.axes.lines, FALLING.values(), strict=True):
        assert (line.get_xdata() == np.arange(1, 31)).all() and list(line.get_ydata()) == values
    assert plot.axes.get_yscale() == "log" and plot.axes.get_xlim() == (1, 150)
    assert len({line.get_color() for line in plot.axes.lines}) == 2


@pytest.mark.parametrize(
    "run",
    [
        Run(0, 1, {}),
        Run(0, 150, {}),
        Run(1, 1, {"mse": [0.5]}),
        Run(3, 3, {"mse": [0.0, 0.0, 0.0]}),
        Run(3, 9, {"elbo": [-1e9, 5.0, 1e9]}),
        Run(2, 9, {"tiny": [1e-12, 3e-15]}),
        Run(2, 4, {f"a loss of a longer name {index}": [1.0, 2.0] for index in range(3)}),
        Run(30, 30, FALLING, complete=True),
    ],
    ids=str,
)
@pytest.mark.parametrize("size", [(2.5, 0.9), (3.64, 1.1), (7.0, 2.3), (0.01, 0.01)])
def test_any_run_fits(run, size):
    canvas, plot = drawn(run, size)
    if size[0] > 1:
        box = plot.axes.get_tightbbox()
        assert box.x0 >= 0 and box.y0 >= 0 and box.y1 <= 100 * size[1]
    ticks = [tick for tick in plot.axes.get_xticks() if 1 <= tick <= run.epochs]
    assert all(tick == int(tick) for tick in ticks)
    assert len(plot.axes.lines) == len(run.losses)


def test_showing_step_by_step_looks_like_showing_at_once():
    canvas, plot = drawn(Run(0, 30, {}), theme="dark")
    for epoch in (1, 2, 30):
        plot.show_run(Run(epoch, 30, {name: values[:epoch] for name, values in FALLING.items()}))
    plot.apply_theme("light")
    canvas.draw()
    other, _ = drawn(Run(30, 30, FALLING))
    assert (np.asarray(canvas.buffer_rgba()) == np.asarray(other.buffer_rgba())).all()
