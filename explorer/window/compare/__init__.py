"""Two maps side by side.

controller  opens and closes the second map
comparison  the second map, and everything about both
"""
