"""One map with its bars and its engine.

map_pane   the map, its probe and its engine
context    the open map that its parts share; runs analyses one by one
switching  opens another space, and keeps recent ones
turning    turns the plane of the map through the principal components
late_decoding  a slow decoder works in a worker
styling    applies the chosen colouring and background
bars       the bar of menus and buttons above the map, the status bar below it
message    the card over the map: messages, and work in progress
dialogs    dialog windows, and the file dialog
"""
