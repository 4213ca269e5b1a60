"""How a latent space is trained and evaluated.

cli        the command line of `model.py`: train and evaluate
loop       the compiled step, epochs, several machines
run        the folder of a run: settings, checkpoint, snapshots, history
need       how much memory a run takes, before anything is built
places     where a run writes and where its result goes, even if it is killed
evaluate   the metrics of spaces, of PCA and LDA, published ones; the table
embedding  the neighbour embedding that the encoder is drawn to
augment    small random affine moves of images
terminal   printing that never ends the work; Ctrl-C
models     one file for each kind of space
"""
