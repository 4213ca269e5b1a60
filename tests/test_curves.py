"""The small plot of a few curves."""

import itertools

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from explorer.drawing.curves import Curve, CurvePlot


@pytest.mark.parametrize("x", [(2, 30, 430), (1, 900), (1e-4, 0.01, 1), (1e-3, 1.0)])
def test_numbers_along_a_logarithmic_axis_do_not_overlap(x):
    figure = Figure((3.7, 1.9), dpi=100)
    canvas, plot = FigureCanvasAgg(figure), CurvePlot(figure, "light")
    plot.show([Curve("code", x, x, first=True)], "bytes", "found", log_x=True)
    canvas.draw()
    low, high = plot.axes.get_xlim()
    labels = [label for label in plot.axes.get_xticklabels() if low <= label.get_position()[0] <= high]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.x0)
    assert len(boxes) > 2
    assert all(left.x1 < right.x0 for left, right in itertools.pairwise(boxes))
