"""The window itself.

window: puts the parts together, follows its maps, and runs.
commands: what keys and buttons do.
dialogs: the table of keys; saving a picture of the map; saving a workspace, and opening one.
"""
