"""`make bench`: ours beside the naive way, in one run, as a table and as JSON."""
