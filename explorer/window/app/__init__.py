"""The window itself.

window: puts the parts together, follows its maps, and runs.
commands: what keys and buttons do.
help: the window with the table of keys.
save_picture: the dialog that saves a picture of the map.
workspace_dialogs: save a workspace, open one.
"""
