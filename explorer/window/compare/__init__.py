"""Two maps side by side.

controller  from one map to two, and back
comparison  the second map, and what it shares with the first
morph       points on their way from one map to the other, played by the clock
"""
