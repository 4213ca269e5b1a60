"""The canvas of one map.

map_panel  mouse, crosshair, redraws
marks      pins, arrows, rings and outlines over the map
lasso      the outline of lasso and rectangle under the mouse
legend     the classes and their colours
range_card the colours of numbers: a histogram with two ends to drag
"""
