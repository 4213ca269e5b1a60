"""The canvas of one map.

map_panel  the map: mouse, redraws
crosshair  the cursor
morph      points on their way from one map to another
turn       points on a plane that turns
marks      pins, arrows, rings and outlines over the map
lasso      selecting with a lasso or a rectangle
legend     the classes and their colours
range_card the colours of numbers: a histogram with two ends to drag
"""
