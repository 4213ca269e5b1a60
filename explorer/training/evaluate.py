"""Metrics of spaces, with linear maps of the same dimension and published results for comparison."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from explorer.analysis import metrics, pixels
from explorer.decoding import grid, keras_runtime
from explorer.decoding.decoders import GridDecoder
from explorer.decoding.model_files.own_classes import Trust
from explorer.errors import UserError
from explorer.files import locations
from explorer.images import datasets
from explorer.progress import at_once, batches
from explorer.spaces import following
from explorer.spaces.card import DECODER, ENCODER, TRAIN
from explorer.spaces.catalogue import BUNDLED
from explorer.spaces.folder import check_decoder, check_network, open_space, shipped_and_trained
from explorer.spaces.latent_space import LatentSpace
from explorer.training import need
from explorer.training.loop import Fit, encode, encode_rows
from explorer.training.models import KINDS, kind
from explorer.training.terminal import PROGRAM, say

NEIGHBOURS = 12  # neighbours for trustworthiness and continuity
MOST_IMAGES = 10_000  # test images for metrics whose cost grows with their square
PLAIN, LINEAR = "autoencoder-plain", ("pca", "lda")  # kinds that others are compared with
SHUFFLED = "labels shuffled"  # the row of the permutation control
UNAVAILABLE = "unavailable"  # the key of the reason, in a row without metrics
Metrics = dict[str, float | str]
NEEDED = {
    "sklearn": "scikit-learn",
    "openTSNE": "openTSNE",
}  # modules besides TensorFlow, and the names of their packages

# the heading of each column of the table, and the format of its values
COLUMNS = {
    "mse": ("MSE", "{:.4f}"),
    "psnr_db": ("PSNR dB", "{:.1f}"),
    "knn_1": ("1-NN", "{:.3f}"),
    "knn_5": ("5-NN", "{:.3f}"),
    "knn_10": ("10-NN", "{:.3f}"),
    "one_label": ("1 label", "{:.3f}"),
    "trustworthiness_12": ("trust.", "{:.4f}"),
    "continuity_12": ("contin.", "{:.4f}"),
    "silhouette": ("silh.", "{:.3f}"),
    "grid_psnr_db": ("grid dB", "{:.1f}"),
    "grid_psnr_db_p1": ("its p1", "{:.1f}"),
    "parameters": ("params", "{:,.0f}"),
    "training_seconds": ("train s", "{:,.0f}"),
    "elbo": ("ELBO", "{:.2f}"),
    "reconstruction_nats": ("rec. nats", "{:.2f}"),
    "kl_nats": ("KL nats", "{:.2f}"),
    "noisy_psnr_db": ("noisy dB", "{:.1f}"),
    "denoised_psnr_db": ("decoded dB", "{:.1f}"),
    "classes_made": ("classes", "{:.0f}"),
    "least_class_share": ("rarest", "{:.3f}"),
    "confidence": ("confid.", "{:.3f}"),
    "judge_accuracy": ("judge", "{:.4f}"),
}

# published results for two dimensions, by data set
SAINBURG = "Sainburg, McInnes, Gentner: Parametric UMAP Embeddings. Neural Computation 33, 2021"
KERAS_VAE = "Chollet: Variational AutoEncoder. Keras code examples, 2020"
PUBLISHED: dict[str, dict[str, Metrics]] = {
    "mnist": {
        "parametric UMAP with a decoder, convolutional": {"mse": 0.0360, "knn_1": 0.940, "source": SAINBURG},
        "VAE, convolutional": {"elbo": -134.24, "source": SAINBURG},
        "VAE, convolutional, of Keras's examples": {"elbo": -146.95, "source": KERAS_VAE},
    },
    "fashion_mnist": {
        "parametric UMAP with a decoder, convolutional": {"mse": 0.0240, "knn_5": 0.756, "source": SAINBURG}
    },
}


def check_installed(*modules: str) -> None:
    """Raises UserError if some of these modules, which `NEEDED` lists, are not installed; imports nothing."""
    if missing := [NEEDED[module] for module in modules if importlib.util.find_spec(module) is None]:
        raise UserError(f"{', '.join(missing)} not installed: run '{locations.INSTALL}'")


def evaluate_codes(dataset: datasets.Dataset, codes: np.ndarray, decode, lattice: grid.Grid | None = None) -> Metrics:
    """Evaluates the codes of one space on the test images.

    Args:
        codes: codes of all data rows, (n_train + n_test, d) float32.
        decode: decodes codes to images, float32.
        lattice: a grid to compare with `decode` at the test codes, if there is one.

    Returns:
        mse and psnr_db (mean over images) of the reconstruction; trustworthiness_12 and continuity_12 of the
        map's neighbourhoods (large images are compared as thumbnails); for labelled images, what `of_labels` returns;
        grid_psnr_db, the mean PSNR of the grid against `decode`, and grid_psnr_db_p1, its 1st percentile, both where
        the codes lie on the grid's plane.
    """
    train_codes, test_codes = np.split(codes, [len(dataset.x_train)])
    psnr, errors, of_grid = [], [], []
    for some in batches(len(test_codes), at_once(dataset.image_shape, MOST_IMAGES)):
        x, rebuilt = datasets.as_float(dataset.x_test[some]), decode(test_codes[some])
        errors.append(metrics.mse(x, rebuilt) * len(x))
        psnr.append(metrics.psnr_db(x, rebuilt))
        if lattice is not None:
            there = lattice.on_plane(test_codes[some])
            exact = rebuilt if lattice.plane is None else decode(there)
            of_grid.append(metrics.psnr_db(exact, GridDecoder(lattice)(there)))
    found: Metrics = {"mse": sum(errors) / len(test_codes), "psnr_db": float(np.concatenate(psnr).mean())}
    found |= of_labels(train_codes, dataset.y_train, test_codes, dataset.y_test)
    few = _few(len(test_codes))
    if len(few) > 2 * NEIGHBOURS:
        flat = pixels.comparable(dataset.x_test[few])
        found["trustworthiness_12"] = metrics.trustworthiness(flat, test_codes[few], NEIGHBOURS)
        found["continuity_12"] = metrics.continuity(flat, test_codes[few], NEIGHBOURS)
    if of_grid:
        each = np.concatenate(of_grid)
        found |= {"grid_psnr_db": float(each.mean()), "grid_psnr_db_p1": float(np.percentile(each, 1))}
    return found


def of_labels(
    train_codes: np.ndarray, train_labels: np.ndarray, test_codes: np.ndarray, test_labels: np.ndarray
) -> Metrics:
    """Evaluates codes by labels that the training need not have seen.

    Returns:
        knn_1, knn_5 and knn_10, the accuracy of a nearest-neighbour classifier on the codes; one_label, that with one
        labelled image of each class; and the silhouette of the classes. Empty without labels.
    """
    found: Metrics = {}
    few = _few(len(test_codes))
    classes = len(set(test_labels[few].tolist()))
    if classes > 1:
        for k in (k for k in (1, 5, 10) if k <= len(train_codes)):
            found[f"knn_{k}"] = metrics.knn_accuracy(train_codes, train_labels, test_codes, test_labels, k)
        found["one_label"] = metrics.one_label_accuracy(train_codes, train_labels, test_codes, test_labels)
        if classes < len(few):
            found["silhouette"] = metrics.silhouette(test_codes[few], test_labels[few])
    return found


def _few(count: int) -> np.ndarray:
    """The test images for metrics whose cost grows with the square of their number, (n,) integers."""
    return np.sort(np.random.default_rng(0).permutation(count)[:MOST_IMAGES])


def rows(folder: Path, given: datasets.Dataset | None, trust: Trust = False) -> Iterator[tuple[str, Metrics]]:
    """Evaluates a space and its baselines. Yields one row at a time, because each takes a while.

    The rows: the space itself, and with labels in random order, which is chance; PCA and LDA of the same dimension; in
    two dimensions, also the bundled plain autoencoder, if it has the same data, and published metrics with their
    `source`. If a row other than the first cannot be computed, its only entry is `UNAVAILABLE`, the reason.

    Args:
        given: images to evaluate the space on; None for those that it was trained on.
        trust: whether the networks of `folder` may contain code, or the Python file with their own classes.

    Raises:
        UserError: a file is missing or damaged, the images do not fit the networks, or scikit-learn is not installed.
    """
    space = following.opened(folder, open_space)
    if space.has_own_models:
        raise UserError(f"{folder} holds a model of your own: only spaces that {TRAIN} made can be measured")
    dataset = given or datasets.load_again(space.card["data"])
    d = space.dimensions
    yield named(space.card["kind"], d), _evaluate_space(space, dataset, trust)
    if control := _with_shuffled_labels(space, dataset, trust):
        yield SHUFFLED, control
    plain = shipped_and_trained().get(PLAIN)
    if plain is not None and plain != folder.resolve() and space.card["kind"] != PLAIN and d == 2:
        beside = open_space(plain)
        if beside.card["data"]["fingerprint"] == dataset.fingerprint:
            yield PLAIN, _row(_evaluate_space, beside, dataset)
    for name in LINEAR:
        if name != space.card["kind"]:
            yield named(name, d), _row(_evaluate_fitted, name, dataset, d)
    yield from PUBLISHED.get(dataset.source, {}).items() if d == 2 else ()


def named(kind: str, dimensions: int) -> str:
    """The name of a row: that of the kind, with the dimensions if they are not two."""
    return kind if dimensions == 2 else f"{kind}-{dimensions}"


def rows_of_all(given: datasets.Dataset | None) -> Iterator[tuple[str, Metrics]]:
    """Evaluates every bundled space, in historical order, then the published metrics; like `rows`.

    Raises:
        UserError: the images cannot be read, scikit-learn is not installed, or no space could be evaluated.
    """
    check_installed("sklearn")
    folders = shipped_and_trained()
    dataset = given or datasets.load()
    found = {}
    for name in BUNDLED:
        if name in folders:
            found[name] = _row(lambda name=name: _evaluate_space(open_space(folders[name]), dataset))
            yield name, found[name]
    if found and all(UNAVAILABLE in metrics for metrics in found.values()):
        raise UserError(str(next(iter(found.values()))[UNAVAILABLE]))
    yield from PUBLISHED.get(dataset.source, {}).items()


def _row(measure: Callable[..., Metrics], *arguments: Any) -> Metrics:
    """The result of `measure`, or a row with the reason if it fails."""
    try:
        return measure(*arguments)
    except UserError as error:
        return {UNAVAILABLE: str(error)}


def networks_of(space: LatentSpace, trust: Trust = False) -> tuple[Any, keras_runtime.LiveDecoder]:
    """The encoder of a space, a Keras model, and its decoder. Raises UserError if a file is missing or damaged."""
    check_decoder(space)
    check_network(space, ENCODER)
    folder, shape, d = space.folder, space.image_shape, space.dimensions
    decoder = keras_runtime.load_decoder(folder / DECODER, shape, trust, d)
    return keras_runtime.load_encoder_network(folder / ENCODER, shape, trust, d), decoder


def _evaluate_space(space: LatentSpace, dataset: datasets.Dataset, trust: Trust = False) -> Metrics:
    check_installed("sklearn")
    encoder, decode = networks_of(space, trust)
    if dataset.image_shape != space.image_shape:
        raise UserError(f"{space.folder} was trained on images of {space.image_shape}, not {dataset.image_shape}")
    try:
        lattice = grid.load(space)
    except UserError as error:
        say(f"{PROGRAM}: {error}: its metrics are left out", error=True)
        lattice = None
    found = evaluated(space.card["kind"], dataset, encoder, decode, lattice)
    seconds = space.card["metrics"].get("training_seconds")
    return found if seconds is None else found | {"training_seconds": seconds}


def _with_shuffled_labels(space: LatentSpace, dataset: datasets.Dataset, trust: Trust) -> Metrics:
    """The metrics of `of_labels` with labels in random order: what chance reaches. Empty without labels."""
    encoder = keras_runtime.load_encoder_network(space.folder / ENCODER, space.image_shape, trust, space.dimensions)
    codes = encode_rows(encoder, dataset, np.arange(len(dataset.labels)))
    labels = np.random.default_rng(0).permutation(dataset.labels)
    first = len(dataset.x_train)
    return of_labels(codes[:first], labels[:first], codes[first:], labels[first:])


def evaluated(
    name: str,
    dataset: datasets.Dataset,
    encoder: Any,
    decode: keras_runtime.LiveDecoder,
    lattice: grid.Grid | None = None,
    codes: np.ndarray | None = None,
) -> Metrics:
    """The metrics of `evaluate_codes`, those of this kind of space only, and its `parameters`.

    Args:
        name: name of the kind; an unknown kind has no metrics of its own.
        encoder: Keras model.
        codes: codes of all data rows, if already known.
    """
    if codes is None:
        codes = np.concatenate([encode(encoder, x) for x in (dataset.x_train, dataset.x_test)])
    found = evaluate_codes(dataset, codes, decode, lattice)
    if name in KINDS:
        found |= kind(name).extra_metrics(dataset, encoder, decode.network)
    return found | {"parameters": encoder.count_params() + decode.network.count_params()}


def _evaluate_fitted(name: str, dataset: datasets.Dataset, dimensions: int) -> Metrics:
    """The metrics of a linear map, fitted to these images. Raises UserError if they do not suit it."""
    fitted = kind(name)
    started = time.monotonic()
    config = fitted.Config(latent_dim=dimensions)
    fitted.check(config, dataset)
    need.check(need.of(fitted, config, dataset), fitted, config, dataset)
    fit = Fit(fitted, config, dataset)
    fit.epoch(1, lambda images, losses: None)
    seconds = round(time.monotonic() - started, 1)
    decode = keras_runtime.LiveDecoder(fit.decoder, dataset.image_shape)
    return evaluated(name, dataset, fit.encoder, decode) | {"training_seconds": seconds}


def table(results: dict[str, Metrics]) -> str:
    """The metrics as a text table, one space per row, with sources below. A row without metrics has the reason."""
    names = [name for name in COLUMNS if any(name in found for found in results.values())]
    sources = list(dict.fromkeys(str(found["source"]) for found in results.values() if "source" in found))
    titles = {
        name: f"{name} [{sources.index(found['source']) + 1}]" if "source" in found else name
        for name, found in results.items()
    }
    width = max(map(len, titles.values()))
    lines = [" " * width + "".join(f"{COLUMNS[name][0]:>11}" for name in names)]
    for name, found in results.items():
        if UNAVAILABLE in found:
            lines.append(f"{titles[name]:<{width}}  {found[UNAVAILABLE]}")
            continue
        cells = (COLUMNS[column][1].format(found[column]) if column in found else "–" for column in names)
        lines.append(f"{titles[name]:<{width}}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines + [f"[{number}] {source}" for number, source in enumerate(sources, 1)])
