"""The tour.

card     the texts of a stop, and the buttons
touring  the steps from stop to stop
"""
