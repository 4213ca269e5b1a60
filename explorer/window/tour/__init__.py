"""The tour.

card     what a stop says, and its buttons
touring  the tour under way, from stop to stop
"""
