"""How files from outside are opened: every one is untrusted, and what is wrong with it is said in one line."""
