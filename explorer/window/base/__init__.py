"""Building blocks that all parts of the window share.

workers    threads, and the queue that the Tk thread polls
widgets    tooltips, buttons, frames that scroll, texts that fit
style      theme and fonts
sun_valley the theme's files, at any scale
scale      pixels on this screen
mouse      mouse wheel and trackpad
focus      Tab, and keys that operate controls
keys       the one table of keys
tk_thread  the window's Tcl interpreter, for use in the Tk thread only
rest       writes to the trace when all events are handled; the tests wait for that
"""
