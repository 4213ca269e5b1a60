"""How a latent space is trained and evaluated.

cli        the command line of `model.py`: train, evaluate and apply
loop       the training loop: compiled steps, epochs, several machines
run        the folder of a run: settings, checkpoint, snapshots, history
need       estimates the memory of a run before it starts
places     the folders of a run and its result, safe against being killed
evaluate   metrics of spaces, of PCA and LDA, and published ones; their table
embedding  the neighbour embedding, the target of the encoder's neighbour loss
augment    small random affine transformations of images
terminal   printing that never stops the training; Ctrl-C
applying   measures what spaces are good for
models     one file for each kind of space
"""
