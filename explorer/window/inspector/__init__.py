"""The column beside the map.

inspector        the column: picture, texts, nearest images, tabs
frames           what is shown at once at a place of the mouse, and what follows
search           the search field above it
part             base classes of tabs and panels
picture_panel    the decoded picture and the texts beside it
pair_panel       the pictures of two maps
neighbour_strip  the real images nearest to the cursor
redraw           pictures and labels that are redrawn only if they have changed
contact_sheet    thumbnails that scroll
curve_view       a small plot with a marker
training_panel   the progress and the losses of a training run
tabs             one file for each tab
panels           panels for some kinds of space
"""
