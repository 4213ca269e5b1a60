"""Tools for those who work on the program: run with `python -m tools.NAME` in the project folder."""
