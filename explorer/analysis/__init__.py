"""What is computed about a space. Arrays and spaces in, numbers out; nothing is drawn here.

probe         reads one place: its decoded image and how near real images are
analyses      results that take longer than a frame and are computed when needed
axes          what the axes of a map are, in words
backgrounds   a number for each place of the map: density, error, sensitivity, round-trip error
best_places   where the decoder draws an image best
colouring     which points get the same colour
displacement  k-NN overlap of two spaces: which images have other neighbours in one than in the other
exporting     tables of selected images as CSV and NPZ
fading        how near the map's plane codes of more than two numbers lie
metrics       how good a space is: MSE, PSNR, k-NN accuracy and others, and how they are shown
novelty       how unusual an image is, compared with the test images
outline       which points a lasso holds
pixels        exact nearest neighbours in pixel space
"""
