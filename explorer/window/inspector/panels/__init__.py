"""What only some kinds of space have to play with, below what is said about the space."""
