"""Tools for developers. Run them with `python -m tools.NAME` in the project folder."""
