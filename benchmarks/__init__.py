"""`make bench`: measures the program and a naive one in one run. Prints a table and writes JSON."""
