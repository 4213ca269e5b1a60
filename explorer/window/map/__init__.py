"""The canvas of one map.

map_panel  mouse, crosshair, redraws
marks      pins, arrows, rings and outlines over the map
lasso      the outline of lasso and rectangle under the mouse
legend     the classes in one row
"""
