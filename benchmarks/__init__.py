"""`make bench`: measures this program, a competent one and a naive one in one run. Prints tables and writes JSON.

hovering, starting, acting, learning   the topics
competent, naive, bare, training       what they compare with
driving    runs programs on a virtual screen
figures    the results, and tables of them
"""
