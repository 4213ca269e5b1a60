"""The tabs below the picture, one file for each.

space: describes the space, and shows its source and its metrics.
pins: the pinned images, a card for each.
find: search results, and lists of images that stand out; uses unusual.
unusual: the threshold and the ROC curve of the list of unusual images.
draw: a drawing pad, and where the drawing lands on the map; uses landing.
selection: the selected images and their export; uses selection_summary.
late: room for each of these, which is built when it is first needed.
compare: the metrics of two spaces, and the morph between them.
"""
