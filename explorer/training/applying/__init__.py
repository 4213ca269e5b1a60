"""`python model.py apply NAME`: measures what spaces are good for.

bench        the spaces and images that an application is measured on
run          measures one application, prints the table, and keeps the numbers in the cards
compression  bytes and PSNR of codes, PCA, JPEG and WebP
anomaly      how well the novelty score and others find images that are odd
generation   how real, varied and new images are that are drawn
transfer     accuracy with a few labels, and on another data set
denoising    the PSNR of denoised images over the strength of the noise, of spaces, filters and PCA
archiving    `python model.py compress` and `decompress`

Each application has `measure(bench)`, which yields its rows, and `COLUMNS`, the headings of its table.
"""
