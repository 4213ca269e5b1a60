"""The Tk window. No other code uses tkinter. Each part imports only from those below it:

app        the window itself: commands, help, dialogs
compare    two maps side by side
inspector  the column beside the map: pictures, nearest images, tabs
tour       the card of the tour, and its steps
pane       one map with its bars and its engine
map        the canvas of one map: mouse, crosshair, marks, legend, lasso
base       workers, widgets, style, keys
"""
