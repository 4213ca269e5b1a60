"""The tabs below the picture, one for each thing to do with the map.

space: what the space is, where it comes from, and how good it is.
pins: the pinned images, a card for each.
find: images by index, and lists of those that stand out.
draw: a drawing, and where it lands on the map; made with landing.
selection: the selected images, and files of them; made with selection_summary.
compare: two spaces in numbers, and the morph between them.
"""
