"""The Tk window. No other code uses tkinter. From top to bottom, each imports only from those below it:

app        the window itself: commands, help, dialogs
compare    two maps side by side
inspector  what lies beside the map: pictures, nearest images, tabs
tour       the card of the tour, and the way from stop to stop
pane       one map with its bars and its engine
map        the canvas of one map: mouse, crosshair, marks, legend, lasso
base       workers, widgets, style, keys
"""
