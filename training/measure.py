"""How good a space is, beside the linear maps of the same dimension and what others have published."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import data
from explorer import files, grid, metrics
from explorer.decoders import GridDecoder
from explorer.errors import UserError
from explorer.spaces import live
from training.loop import encode

NEIGHBOURS = 12  # of trustworthiness and continuity
MOST_IMAGES = 10_000  # test images for what grows with their square
MOST_PIXELS = 5_000  # of an image, for LDA, whose time grows with their square
PLAIN = "autoencoder-plain"
Figures = dict[str, float | str]

# what the columns of the table are called, and how their values are written
COLUMNS = {
    "mse": ("MSE", "{:.4f}"),
    "psnr_db": ("PSNR dB", "{:.1f}"),
    "knn_1": ("1-NN", "{:.3f}"),
    "knn_5": ("5-NN", "{:.3f}"),
    "knn_10": ("10-NN", "{:.3f}"),
    "trustworthiness_12": ("trust.", "{:.4f}"),
    "continuity_12": ("contin.", "{:.4f}"),
    "silhouette": ("silh.", "{:.3f}"),
    "grid_psnr_db": ("grid dB", "{:.1f}"),
    "grid_psnr_db_p1": ("its p1", "{:.1f}"),
    "parameters": ("params", "{:,.0f}"),
    "training_seconds": ("train s", "{:,.0f}"),
}

# what others report for two dimensions, by the source of the data
SAINBURG = "Sainburg, McInnes, Gentner: Parametric UMAP Embeddings. Neural Computation 33, 2021"
PUBLISHED: dict[str, dict[str, Figures]] = {
    "mnist": {"parametric UMAP with a decoder, convolutional": {"mse": 0.0360, "knn_1": 0.940, "source": SAINBURG}},
    "fashion_mnist": {
        "parametric UMAP with a decoder, convolutional": {"mse": 0.0240, "knn_5": 0.756, "source": SAINBURG}
    },
}


def measure(dataset: data.Dataset, codes: np.ndarray, decode, lattice: grid.Grid | None = None) -> Figures:
    """The figures of one space on the test images.

    Args:
        codes: of every data row, (n_train + n_test, d) float32.
        decode: codes to images, float32.
        lattice: where there is a grid, it is compared with `decode` at the test codes.

    Returns:
        mse and psnr_db (mean over images) of the reconstruction; trustworthiness_12 and continuity_12 of the
        map's neighbourhoods; where the images are labelled, knn_1, knn_5 and knn_10, the share of test codes whose
        nearest training codes vote for their class, and the silhouette of the classes; grid_psnr_db, the mean
        of the grid against `decode`, and grid_psnr_db_p1, its 1st percentile.
    """
    x = data.as_float(dataset.x_test)
    train_codes, test_codes = np.split(codes, [len(dataset.x_train)])
    rebuilt = decode(test_codes)
    figures: Figures = {"mse": metrics.mse(x, rebuilt), "psnr_db": float(metrics.psnr_db(x, rebuilt).mean())}
    few = np.sort(np.random.default_rng(0).permutation(len(x))[:MOST_IMAGES])
    if len(set(dataset.y_test[few].tolist())) > 1:
        for k in (k for k in (1, 5, 10) if k <= len(train_codes)):
            figures[f"knn_{k}"] = metrics.knn_accuracy(train_codes, dataset.y_train, test_codes, dataset.y_test, k)
        if len(set(dataset.y_test[few].tolist())) < len(few):
            figures["silhouette"] = metrics.silhouette(test_codes[few], dataset.y_test[few])
    if len(few) > 2 * NEIGHBOURS:
        flat = x[few].reshape(len(few), -1)
        figures["trustworthiness_12"] = metrics.trustworthiness(flat, test_codes[few], NEIGHBOURS)
        figures["continuity_12"] = metrics.continuity(flat, test_codes[few], NEIGHBOURS)
    if lattice is not None:
        psnr = metrics.psnr_db(rebuilt, GridDecoder(lattice)(test_codes))
        figures |= {"grid_psnr_db": float(psnr.mean()), "grid_psnr_db_p1": float(np.percentile(psnr, 1))}
    return figures


def rows(folder: Path, source: str | None) -> Iterator[tuple[str, Figures]]:
    """Measures a space's folder and what it is compared with; one row at a time, since each takes a while.

    The rows: the space itself; the plain autoencoder, where the repository has one of the same data; PCA and
    LDA of the same dimension, the latter where images are labelled and small; published figures with their `source`.

    Raises:
        UserError: a file is missing or damaged, or the images do not fit the networks.
    """
    space = files.open_space(folder)
    dataset = data.load(source or space.card["data"]["source"])
    yield space.card["kind"], _measure_folder(space, dataset)
    plain = files.shipped_and_trained().get(PLAIN)
    if plain is not None and plain != folder.resolve() and space.card["kind"] != PLAIN:
        beside = files.open_space(plain)
        if beside.card["data"]["fingerprint"] == dataset.fingerprint:
            yield PLAIN, _measure_folder(beside, dataset)
    yield "pca", _measure_pca(dataset, space.codes.shape[1])
    if len(dataset.class_names) > space.codes.shape[1] and math.prod(dataset.image_shape) <= MOST_PIXELS:
        yield "lda", _measure_lda(dataset, space.codes.shape[1])
    yield from PUBLISHED.get(dataset.source, {}).items()


def _measure_folder(space: files.LatentSpace, dataset: data.Dataset) -> Figures:
    files.check_decoder(space)
    if dataset.image_shape != space.image_shape:
        raise UserError(f"{space.folder} was trained on images of {space.image_shape}, not {dataset.image_shape}")
    decode = live.load_decoder(space.folder / files.DECODER, space.image_shape)
    encoder = live.load_network(space.folder / files.ENCODER)
    codes = np.concatenate([encode(encoder, x) for x in (dataset.x_train, dataset.x_test)])
    try:
        lattice = grid.load(space)
    except UserError as error:
        print(f"model.py: {error}: its figures are left out", file=sys.stderr)
        lattice = None
    figures = measure(dataset, codes, decode, lattice)
    seconds = space.card["metrics"].get("training_seconds")
    figures["parameters"] = encoder.count_params() + decode.network.count_params()
    return figures if seconds is None else figures | {"training_seconds": seconds}


def _measure_pca(dataset: data.Dataset, dimensions: int) -> Figures:
    from sklearn.decomposition import PCA

    def fit(x: np.ndarray, y: np.ndarray):
        pca = PCA(dimensions, random_state=0).fit(x)
        return pca.transform, pca.inverse_transform, pca.components_.size + pca.mean_.size

    return _measure_linear(dataset, fit)


def _measure_lda(dataset: data.Dataset, dimensions: int) -> Figures:
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
    from sklearn.linear_model import LinearRegression

    def fit(x: np.ndarray, y: np.ndarray):
        lda = LinearDiscriminantAnalysis(n_components=dimensions).fit(x, y)
        decoder = LinearRegression().fit(lda.transform(x), x)  # LDA has no way back: the least-squares one
        weights = lda.scalings_[:, :dimensions].size + lda.xbar_.size + decoder.coef_.size + decoder.intercept_.size
        return lda.transform, decoder.predict, weights

    return _measure_linear(dataset, fit)


def _measure_linear(dataset: data.Dataset, fit) -> Figures:
    started = time.monotonic()
    flat = [data.as_float(x).reshape(len(x), -1) for x in (dataset.x_train, dataset.x_test)]
    encode_flat, decode_flat, parameters = fit(flat[0], dataset.y_train)
    seconds = time.monotonic() - started
    codes = np.concatenate([encode_flat(x) for x in flat])
    figures = measure(dataset, codes, lambda z: decode_flat(z).reshape(len(z), *dataset.image_shape))
    return figures | {"parameters": parameters, "training_seconds": round(seconds, 1)}


def table(results: dict[str, Figures]) -> str:
    """The figures as text, one space per row, sources below."""
    names = [name for name in COLUMNS if any(name in figures for figures in results.values())]
    sources = list(dict.fromkeys(str(figures["source"]) for figures in results.values() if "source" in figures))
    titles = {
        name: f"{name} [{sources.index(figures['source']) + 1}]" if "source" in figures else name
        for name, figures in results.items()
    }
    width = max(map(len, titles.values()))
    lines = [" " * width + "".join(f"{COLUMNS[name][0]:>11}" for name in names)]
    for name, figures in results.items():
        cells = (COLUMNS[column][1].format(figures[column]) if column in figures else "–" for column in names)
        lines.append(f"{titles[name]:<{width}}" + "".join(f"{cell:>11}" for cell in cells))
    return "\n".join(lines + [f"[{number}] {source}" for number, source in enumerate(sources, 1)])
