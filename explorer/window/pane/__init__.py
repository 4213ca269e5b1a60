"""One map with its bars and its engine."""
