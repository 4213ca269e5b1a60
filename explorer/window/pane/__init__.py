"""One map with its bars and its engine.

map_pane   the map, its probe and its engine
context    what the parts of one map work with; has analyses worked out one by one
switching  from one space to another, and the spaces that are kept
styling    colouring and background, from being chosen to being shown
bars       menus and buttons above the map, status below it
message    the card over the map: sentences, and work in progress
dialogs    windows over the main one; at most one asks for a file
"""
