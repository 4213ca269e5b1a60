"""Trains and measures latent spaces from the command line.

python model.py train      a new space, in weights/my-<name>/
python model.py evaluate   its measured quality, beside the linear map of the same dimension
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import platform
import shutil
import sys
import time
from importlib import metadata
from pathlib import Path

import numpy as np

import data
from explorer import files, grid, metrics, view
from explorer.decoders import GridDecoder
from explorer.errors import UserError
from explorer.spaces import KINDS, kind, live

ENCODE_BATCH = 4096
PACKAGES = ("keras", "tensorflow", "numpy", "scikit-learn")


# ---- training ------------------------------------------------------------------------------------


def fit(space, config, x: np.ndarray, seed: int):
    """Trains an encoder and a decoder on images, with AdamW and one pass over them per epoch.

    Args:
        space: a module of `explorer.spaces`.
        config: its `Config`.
        x: images, (n, height, width) float32 in [0, 1].
        seed: of the weights and of the order of the images.

    Returns:
        (encoder, decoder), Keras models.

    Raises:
        UserError: the loss is no longer a number.
    """
    keras = live.import_keras()
    import tensorflow as tf
    from tqdm import tqdm

    keras.utils.set_random_seed(seed)
    tf.config.experimental.enable_op_determinism()
    encoder, decoder = space.networks(config, x.shape[1:])
    weights = encoder.trainable_variables + decoder.trainable_variables
    batch_size = min(config.batch_size, len(x))
    steps = len(x) // batch_size
    warmup_steps = min(int(config.warmup_epochs * steps), config.epochs * steps - 1)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            0.0, config.epochs * steps - warmup_steps, warmup_target=config.learning_rate, warmup_steps=warmup_steps
        ),
        weight_decay=config.weight_decay,
    )
    optimizer.build(weights)
    images = tf.constant(x)

    @tf.function(jit_compile=True)
    def step(rows):
        batch = tf.gather(images, rows)
        with tf.GradientTape() as tape:
            parts = space.losses(batch, decoder(encoder(batch, training=True), training=True))
            loss = tf.add_n(list(parts.values()))
        optimizer.apply(tape.gradient(loss, weights), weights)
        return parts

    order = np.random.default_rng(seed)
    with tqdm(total=config.epochs * steps * batch_size, unit=" images", unit_scale=True, disable=None) as bar:
        for epoch in range(1, config.epochs + 1):
            rows = order.permutation(len(x))[: steps * batch_size].reshape(steps, batch_size)
            history = []
            bar.set_description(f"epoch {epoch}/{config.epochs}")
            for batch_rows in rows:
                history.append(step(tf.constant(batch_rows, tf.int32)))
                bar.update(batch_size)
            means = {name: float(np.mean([parts[name] for parts in history])) for name in history[0]}
            if not np.isfinite(list(means.values())).all():
                raise UserError(f"training diverged in epoch {epoch}: try a lower --learning-rate")
            words = ", ".join(f"{name} {value:.5f}" for name, value in means.items())
            bar.write(f"epoch {epoch:>{len(str(config.epochs))}}/{config.epochs}  {words}")
    return encoder, decoder


def encode(encoder, x: np.ndarray) -> np.ndarray:
    """Codes, (n, d) float32, of images, (n, height, width) float32 in [0, 1]."""
    batches = (x[start : start + ENCODE_BATCH] for start in range(0, len(x), ENCODE_BATCH))
    return np.concatenate([encoder(batch, training=False).numpy() for batch in batches])


def train(space_name: str, source: str, out: Path, seed: int, **settings) -> Path:
    """Trains a space on a data set and puts its folder in place, complete or not at all.

    Args:
        space_name: one of `explorer.spaces.KINDS`.
        source: what `data.load` takes.
        out: the folder; one that is there is replaced once the new one is complete.
        seed: of everything random.
        settings: fields of the space's `Config` that differ from the defaults.

    Returns:
        The folder.

    Raises:
        UserError: the data or the folder cannot be used, or training diverged.
    """
    partial = out.with_name(out.name + ".partial")
    for folder in (out, partial, _previous(out)):
        _check_replaceable(folder)
    dataset = data.load(source)
    _make_empty(partial)
    try:
        _train_into(partial, space_name, dataset, seed, settings)
        _put_in_place(partial, out)
    except OSError as error:
        raise UserError(f"cannot write {out}: {error.strerror or error}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return out


def _train_into(folder: Path, space_name: str, dataset: data.Dataset, seed: int, settings: dict) -> None:
    """Trains, measures, and writes everything that belongs into a space's folder, the card last."""
    space = kind(space_name)
    config = dataclasses.replace(space.Config(), **settings)

    started = time.monotonic()
    x_train, x_test = data.as_float(dataset.x_train), data.as_float(dataset.x_test)
    encoder, decoder = fit(space, config, x_train, seed)
    seconds = time.monotonic() - started

    encoder.save(folder / files.ENCODER)
    decoder.save(folder / files.DECODER)
    codes = np.concatenate([encode(encoder, x_train), encode(encoder, x_test)])
    rows = np.arange(len(codes), dtype=np.int32)
    files.write_arrays(folder / files.CODES, codes=codes, labels=dataset.labels, rows=rows)
    fingerprint = files.sha256_of(folder / files.DECODER)
    decode = live.LiveDecoder(decoder, dataset.image_shape)
    lattice = grid.compute(decode, grid.extent_for(view.default_limits(codes)), grid.resolution_for(dataset.image_shape), fingerprint)
    grid.save(folder, lattice)
    files.write_card(
        folder,
        {
            "kind": space_name,
            "title": space.TITLE,
            "config": dataclasses.asdict(config),
            "seed": seed,
            "data": {
                "source": dataset.source,
                "title": dataset.title,
                "fingerprint": dataset.fingerprint,
                "image_shape": dataset.image_shape,
                "classes": dataset.class_names,
            },
            "metrics": measure(dataset, codes, decode, lattice) | {"training_seconds": round(seconds, 1)},
            "versions": {"python": platform.python_version()} | {name: metadata.version(name) for name in PACKAGES},
            "files": files.sums(folder),
        },
    )


def _previous(out: Path) -> Path:
    return out.with_name(out.name + ".previous")


def _check_replaceable(out: Path) -> None:
    """Raises UserError for a path that holds anything else than an earlier result."""
    ours = {files.CARD, files.CODES, files.GRID, files.ENCODER, files.DECODER}
    if out.exists() and not (out.is_dir() and {path.name for path in out.iterdir()} <= ours):
        raise UserError(f"{out} holds something else than a trained space: choose another folder with --out")


def _make_empty(folder: Path) -> None:
    try:
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
    except OSError as error:
        raise UserError(f"cannot make {folder}: {error.strerror}; choose another folder with --out") from None


def _put_in_place(partial: Path, out: Path) -> None:
    """Renames `partial` to `out`; what was there stays until then, and comes back if that fails."""
    previous = _previous(out)
    if out.exists():
        shutil.rmtree(previous, ignore_errors=True)
        out.rename(previous)
    try:
        partial.rename(out)
    except OSError:
        if previous.exists():
            previous.rename(out)
        raise
    shutil.rmtree(previous, ignore_errors=True)


# ---- measuring -----------------------------------------------------------------------------------


def measure(dataset: data.Dataset, codes: np.ndarray, decode, lattice: grid.Grid | None = None) -> dict[str, float]:
    """The figures of one space on the test images.

    Args:
        codes: of every data row, (n_train + n_test, d) float32.
        decode: codes to images, float32.
        lattice: where there is a grid, it is compared with `decode` at the test codes.

    Returns:
        mse and psnr_db (mean over images) of the reconstruction; knn_1 and knn_10, the share of
        test codes whose nearest training codes vote for their class; grid_psnr_db, its mean, and
        grid_psnr_db_p1, its 1st percentile.
    """
    x = data.as_float(dataset.x_test)
    train_codes, test_codes = np.split(codes, [len(dataset.x_train)])
    rebuilt = decode(test_codes)
    figures = {"mse": metrics.mse(x, rebuilt), "psnr_db": float(metrics.psnr_db(x, rebuilt).mean())}
    for k in (1, 10):
        figures[f"knn_{k}"] = metrics.knn_accuracy(train_codes, dataset.y_train, test_codes, dataset.y_test, k)
    if lattice is not None:
        psnr = metrics.psnr_db(rebuilt, GridDecoder(lattice)(test_codes))
        figures |= {"grid_psnr_db": float(psnr.mean()), "grid_psnr_db_p1": float(np.percentile(psnr, 1))}
    return figures


def evaluate(folder: Path, source: str | None) -> dict[str, dict[str, float]]:
    """Measures a space's folder and, beside it, PCA of the same dimension on the same images.

    Raises:
        UserError: a file is missing or damaged, or the images do not fit the networks.
    """
    space = files.open_space(folder)
    files.check_decoder(space)
    dataset = data.load(source or space.card["data"]["source"])
    if dataset.image_shape != space.image_shape:
        raise UserError(f"{folder} was trained on images of {space.image_shape}, not {dataset.image_shape}")
    decode = live.load_decoder(folder / files.DECODER, space.image_shape)
    encoder = live.load_network(folder / files.ENCODER)
    images = [data.as_float(dataset.x_train), data.as_float(dataset.x_test)]
    codes = np.concatenate([encode(encoder, x) for x in images])
    try:
        lattice = grid.load(space)
    except UserError as error:
        print(f"model.py: {error}: its figures are left out", file=sys.stderr)
        lattice = None
    return {
        space.card["kind"]: measure(dataset, codes, decode, lattice),
        "pca": _measure_pca(dataset, images, codes.shape[1]),
    }


def _measure_pca(dataset: data.Dataset, images: list[np.ndarray], dimensions: int) -> dict[str, float]:
    from sklearn.decomposition import PCA

    flat = [x.reshape(len(x), -1) for x in images]
    pca = PCA(dimensions, svd_solver="covariance_eigh").fit(flat[0])
    codes = np.concatenate([pca.transform(x) for x in flat])
    return measure(dataset, codes, lambda z: pca.inverse_transform(z).reshape(len(z), *dataset.image_shape))


def table(results: dict[str, dict[str, float]]) -> str:
    """The figures as text, one space per row."""
    names = list(next(iter(results.values())))  # the first row, the space itself, has them all
    lines = ["".join(f"{name:>17}" for name in ["", *names])]
    for row, figures in results.items():
        cells = (f"{figures[name]:.4g}" if name in figures else "–" for name in names)
        lines.append("".join(f"{cell:>17}" for cell in [row, *cells]))
    return "\n".join(lines)


# ---- the command line ----------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    """Runs `train` or `evaluate`; returns the exit status, 2 for a user's mistake."""
    options = _parser().parse_args(arguments)
    try:
        if not live.available():
            raise UserError(f"TensorFlow is not installed: {live.INSTALL}")
        options.run(options)
    except UserError as error:
        print(f"model.py: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("model.py: stopped; nothing was changed", file=sys.stderr)
        return 130
    return 0


def _train(options: argparse.Namespace) -> None:
    out = (options.out or files.WEIGHTS / f"my-{options.space}").absolute()
    settings = {name: getattr(options, name) for name in ("epochs", "batch_size") if getattr(options, name)}
    train(options.space, options.data, out, options.seed, **settings)
    print(f"python ae.py --weights {out}")


def _evaluate(options: argparse.Namespace) -> None:
    results = evaluate(options.weights or files.folder_of(options.space), options.data)
    print(json.dumps(results, indent=2) if options.json else table(results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="model.py", description="Trains and measures latent spaces.")
    commands = parser.add_subparsers(required=True, metavar="train | evaluate")

    run = commands.add_parser("train", help="train a space")
    run.add_argument("--space", default="autoencoder", choices=list(KINDS), help="kind of space (%(default)s)")
    run.add_argument("--data", default="mnist", choices=list(data.SOURCES), help="images (%(default)s)")
    run.add_argument("--epochs", type=_positive, metavar="N", help="passes over the images")
    run.add_argument("--batch-size", type=_positive, metavar="N", help="images per step")
    run.add_argument("--seed", type=_seed, default=0, metavar="N", help="of everything random (%(default)s)")
    run.add_argument("--out", type=Path, metavar="DIR", help="folder to write (weights/my-<space>)")
    run.set_defaults(run=_train)

    check = commands.add_parser("evaluate", help="measure a trained space on the test images")
    which = check.add_mutually_exclusive_group()
    which.add_argument("--space", default="autoencoder", metavar="NAME", help="a space in weights/ (%(default)s)")
    which.add_argument("--weights", type=Path, metavar="DIR", help="the folder of a space")
    check.add_argument("--data", choices=list(data.SOURCES), help="images (those it was trained on)")
    check.add_argument("--json", action="store_true", help="print one JSON object")
    check.set_defaults(run=_evaluate)
    return parser


def _positive(text: str) -> int:
    number = int(text) if text.isdecimal() else 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number above 0")
    return number


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= 2**32:
        raise argparse.ArgumentTypeError(f"'{text}' is no whole number from 0 to {2**32 - 1}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
