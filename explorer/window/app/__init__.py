"""The window itself.

window: builds the parts of the window and reacts to its maps.
shown: shows the window, handles its events, closes it.
commands: what keys, menus and buttons do.
menus: the menu bar.
help: the help window, with a search, and the window about the program.
hint: the line on the map that tells beginners what to do.
returning: restores what was shown before the tour.
dialogs: save a picture, save and open a workspace, open the folder of a space.
"""
