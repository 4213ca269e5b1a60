"""`python model.py apply NAME`: measures what spaces are good for.

bench      the spaces and images that an application is measured on
run        measures one application, prints the table, and keeps the numbers in the cards
archiving  `python model.py compress` and `decompress`

denoising  the PSNR of denoised images over the strength of the noise, of spaces, filters and PCA

Each other file is one application: `measure(bench)` yields its rows, and `COLUMNS` has the headings of its table.
"""
