"""Where images come from: readers, data sets, handwriting, noise."""
