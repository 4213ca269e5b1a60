"""What all parts of the window are made of.

workers    threads, and the queue that the Tk thread polls
widgets    tooltips, buttons, frames that scroll, texts that fit
style      theme and fonts
sun_valley the theme's files, at any scale
scale      pixels on this screen
mouse      wheel and trackpad
focus      Tab, and what keys do to controls
keys       the one table of keys
tk_thread  the window's Tcl interpreter, which only the Tk thread may use
rest       tells the trace when everything is handled, for the tests
"""
