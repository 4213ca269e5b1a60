"""What lies beside the map.

inspector        the column itself: picture, words, nearest images, tabs
search           the search field above it
part             what tabs and panels have in common
picture_panel    the decoded picture and its readings
pair_panel       the pictures of two maps
neighbour_strip  the real images nearest to the cursor
redraw           pictures and labels that are drawn again only where they have changed
contact_sheet    thumbnails that scroll
training_panel   how far a run has come, and its losses
tabs             one file for each tab
panels           what only some kinds of space have
"""
