"""Anomaly detection: how well the novelty score finds images that are no digits, beside baselines without a space.

`--train` also trains the plain autoencoder without one digit, and on one digit alone.
"""

from __future__ import annotations

import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

from explorer.analysis import novelty
from explorer.analysis.pixels import NearestPixels
from explorer.decoding.keras_runtime import in_batches
from explorer.files.writing import write_arrays
from explorer.images import datasets
from explorer.training.applying.bench import Bench
from explorer.uses import anomaly, measured
from explorer.uses.measured import Row

COLUMNS = {"auroc": ("AUROC", "{:.4f}"), "false_alarms_95": ("false alarms at 95 % found", "{:.2%}")}
PLAIN = "autoencoder-plain"
PROTOCOLS = {  # the digits that are trained on, by what the odd ones are
    "4, trained without 4": (0, 1, 2, 3, 5, 6, 7, 8, 9),
    "others, trained on 8 alone": (8,),
}
COMPONENTS = 32  # of the PCA that is compared with
BATCH = 500  # images that are compared with all training images at once
Images = dict[str, np.ndarray]  # arrays by the kind of odd image; first the usual ones, by ""


def measure(bench: Bench) -> Iterator[Row]:
    """Rows of the AUROC for each space, score and kind of odd image, then rows of the curve of the novelty score.

    Raises:
        UserError: a space cannot be opened, Fashion-MNIST is not there, or a training fails.
    """
    usual = datasets.as_float(bench.x_test)
    odd, size, other = {}, bench.dataset.image_shape, "fashion_mnist"
    if size == (28, 28) and bench.dataset.source != other:
        odd[datasets.SOURCES[other]] = datasets.as_float(datasets.load(other).x_test[: len(usual)])
    yield from _compared(bench, {"": usual} | odd | anomaly.altered(usual, bench.seed))
    if bench.train is not None:
        yield from _trained(bench)
    elif PLAIN in bench.folders:  # what an earlier `--train` has measured stays
        kept = measured.rows(bench.open(PLAIN).space, "anomaly")
        yield from (row for row in kept if row.get("odd") in PROTOCOLS)


def _trained(bench: Bench, **settings: object) -> Iterator[Row]:
    """Rows for both protocols: the plain autoencoder is trained on some digits, and the others are odd.

    Args:
        settings: of the training, where they differ from those of the kind.
    """
    assert bench.train is not None
    for title, digits in PROTOCOLS.items():
        x, y = bench.dataset.x_train, bench.dataset.y_train
        is_usual = np.isin(bench.y_test, digits)
        with tempfile.TemporaryDirectory() as folder:
            source, out = Path(folder) / "digits.npz", Path(folder) / PLAIN
            write_arrays(source, x_train=x[np.isin(y, digits)], x_test=bench.x_test[is_usual])
            with contextlib.redirect_stdout(sys.stderr):  # standard output is for the table
                bench.train(out, space=PLAIN, source=str(source), seed=bench.seed, **settings)
            some = Bench(datasets.load(str(source)), {PLAIN: out}, bench.seed)
            images = {"": some.x_test, title: bench.x_test[~is_usual]}
            rows = [*_compared(some, {kind: datasets.as_float(each) for kind, each in images.items()})]
        yield from (row for row in rows if "auroc" in row)


def _compared(bench: Bench, images: Images) -> Iterator[Row]:
    """Rows for the baselines and each space of the bench."""
    train, shape = len(bench.dataset.x_train), (-1, *bench.dataset.image_shape)
    pixels = NearestPixels(bench.dataset.images, len(bench.dataset.labels))
    nearest = lambda x: in_batches(lambda some: pixels.likely(some, novelty.LIKELY, train)[1], x, BATCH)  # noqa: E731
    apart = {kind: np.square(nearest(x)) / x[0].size for kind, x in images.items()}
    relative = {kind: novelty.relative(x, apart[kind]) for kind, x in images.items()}
    flat = datasets.as_float(bench.dataset.x_train).reshape(train, -1)
    pca = PCA(min(COMPONENTS, *flat.shape), random_state=0).fit(flat)
    linear = lambda x: pca.inverse_transform(pca.transform(x.reshape(len(x), -1))).reshape(shape)  # noqa: E731
    yield from _rows("", "distance", apart)
    yield from _rows("", "distance / ink", relative)
    errors = {kind: novelty.squared_error(x, linear(x)) for kind, x in images.items()}
    yield from _rows("", f"error of PCA, {pca.n_components_} numbers", errors)
    for name in bench.folders:
        opened = bench.open(name)
        score = novelty.calibrated(opened.space, bench.dataset, pixels, opened.decoder)
        errors = {kind: novelty.squared_error(x, opened.rebuilt(x)) for kind, x in images.items()}
        of_errors = {kind: novelty.relative(x, errors[kind]) for kind, x in images.items()}
        scores = {kind: score.scores(np.column_stack([of_errors[kind], relative[kind]])) for kind in images}
        yield from _rows(name, "error", errors)
        yield from _rows(name, "error / ink", of_errors)
        yield from _rows(name, "novelty score", scores)
        for kind in [*scores][1:]:
            for point in anomaly.roc(scores[""], scores[kind]).tolist():
                yield {"space": name, "odd": kind} | dict(zip(anomaly.POINT, point, strict=True))


def _rows(space: str, method: str, scores: Images) -> Iterator[Row]:
    """A row for each kind of odd image, from the scores (n,) of all kinds."""
    for kind in [*scores][1:]:
        area, alarms = (measure(scores[""], scores[kind]) for measure in (anomaly.auroc, anomaly.false_alarms))
        yield {"space": space, "method": method, "odd": kind, "auroc": area, "false_alarms_95": alarms}
