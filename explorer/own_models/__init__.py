"""Somebody's own models and codes as a space: found out, built in memory, and kept in a folder if wanted.

building  a space in memory from models, images and codes
tables    codes and columns from .npz, .csv and .parquet files
ratings   ratings in a table, as codes of titles
keeping   writes such a space into a folder, with its models, its card and a grid
options   the options of the command line
"""
