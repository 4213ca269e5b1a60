"""A space: its arrays and its folder.

latent_space  codes, labels, rows, and how they lie on the map
folder        where spaces are, which files they have, and how one is opened
card          `card.json`: what a space is, and the SHA-256 of its files
catalogue     the list of spaces, and why some cannot be shown
following     the folder of a training run while it is being written
in_memory     spaces that no folder holds
point_index   the nearest points, and up to which distance a place is on the map
projection    a plane through codes of more than two numbers
prior         codes drawn from a normal prior
view          rectangles of the plane: the default view, zoom, aspect
"""
