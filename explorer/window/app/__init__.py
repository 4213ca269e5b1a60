"""The window itself.

window: puts the parts together, and follows its maps.
shown: the window on the screen, until it is closed.
commands: what keys, menus and buttons do.
menus: the menu bar.
help: keys and mouse, axes and metrics, with a search; about the program.
hint: what to do first, on the map.
returning: where a person was before the tour, and the way back.
dialogs: saving a picture of the map; saving and opening a workspace; opening the folder of a space.
"""
