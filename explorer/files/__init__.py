"""Files of any origin. Those from outside may be damaged or hostile, and cost one clear line.

untrusted    opens files from outside: regular ones of bounded size
arrays       the arrays of an `.npz`, checked before they are inflated; hashes
schema       JSON from outside: what cards and workspaces must hold
writing      files that appear complete or not at all
preferences  what is remembered between starts
desktop      the entry in the menu of a Linux desktop
locations    where bundled files and trained spaces are, in a checkout or installed
"""
