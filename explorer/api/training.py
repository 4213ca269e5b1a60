"""Training a space, and measuring one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from explorer.api.given import NameOrFolder
from explorer.api.opened import Space, open  # noqa: A004
from explorer.errors import UserError
from explorer.files import untrusted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from explorer.files.schema import Reading


def train(
    kind: str = "autoencoder",
    data: NameOrFolder | ArrayLike | tuple[ArrayLike | None, ...] = "mnist",
    *,
    out: NameOrFolder | None = None,
    latent_dim: int | None = None,
    epochs: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    neighbour_weight: float | None = None,
    hidden: Sequence[int] | None = None,
    beta: float | None = None,
    noise: float | None = None,
    seed: int | None = None,
    resize: tuple[int, int] | None = None,
    transpose: bool = False,
    skip_damaged: bool = False,
    resume: bool = False,
) -> Space:
    """Trains a space and opens it. Prints what the data contain and a line for each epoch, like `python model.py
    train`. Needs TensorFlow.

    Args:
        kind: kind of space: "pca", "lda", "autoencoder", "autoencoder-plain", "denoising", "vae", "gan",
            "convolutional", "transformer" or "classifier".
        data: the name of a data set, such as "mnist"; the path of an .npz, of IDX files or of a folder of pictures; or
            arrays: images x, (x, y), or (x_train, y_train, x_test, y_test). Images are (n, height, width[, 3]), uint8
            or floats from 0 to 1; labels are (n,) integers or strings, or None. Arrays are kept in a file beside the
            folder; the space shows the images in it.
        out: the folder; by default `my-<kind>` in `weights/` of a checkout, or of the working folder. An older space
            there is replaced when the new one is complete.
        latent_dim: numbers in a code, 1 to 512; by default 2. Of more than two, the map shows a plane.
        epochs: passes over the images.
        batch_size: images per step.
        learning_rate: peak learning rate.
        neighbour_weight: weight of the neighbour loss, which pulls codes to a neighbour embedding; 0: reconstruction
            only.
        hidden: widths of the encoder's layers.
        beta: "vae" only: the weight of the KL divergence from the prior.
        noise: "denoising" only: the standard deviation of the noise.
        seed: random seed. The same seed on the same machine gives the same weights.
        resize: (height, width) to resize images to. Proportions are kept; the colour of an image's border fills
            the rest.
        transpose: whether to exchange rows and columns of each image, for EMNIST's files.
        skip_damaged: whether to leave out pictures that cannot be read.
        resume: whether to continue an interrupted run with the same settings.

    Raises:
        UserError: the data, the folder or an option cannot be used, TensorFlow is not installed, or training diverged.
        KeyboardInterrupt: the run can be continued with `resume`.
    """

    from explorer.decoding import keras_runtime
    from explorer.images import datasets
    from explorer.spaces.folder import homes
    from explorer.training import cli

    if not keras_runtime.available():
        raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}")
    given = {
        "seed": seed,
        "latent_dim": latent_dim,
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "neighbour_weight": neighbour_weight,
        "hidden": hidden if hidden is None else ",".join(map(str, hidden)),
        "beta": beta,
        "noise": noise,
    }
    choices = {name: cli.checked(name, str(value)) for name, value in given.items() if value is not None}
    reading = _reading(resize, transpose, skip_damaged)
    if reading.choices:
        choices["reading"] = reading
    folder = Path(out) if out is not None else homes()[-1] / f"my-{kind}"
    is_named = isinstance(data, str | os.PathLike)
    source = datasets.check(str(data)) if is_named else _keep_arrays(folder, data)
    if cli.train(folder, resume, space=kind, source=source, **choices) is None:
        raise UserError("this machine was a worker: another machine writes the space")
    return open(folder)


def evaluate(space: Space | NameOrFolder, data: NameOrFolder | None = None) -> dict[str, float]:
    """Measures a space on test images; needs TensorFlow, and takes up to a minute.

    Args:
        space: an opened space, or what `open` takes.
        data: the data set, as in `train` but not arrays; by default, the data set of the space.

    Returns:
        Metrics by name, such as `mse`, `psnr_db`, `knn_10`, `trustworthiness_12` and `parameters`. They depend on the
        kind of space and on whether the images have labels.

    Raises:
        UserError: a file is missing or damaged, the images do not fit, or TensorFlow is not installed.
    """
    from explorer.decoding import keras_runtime
    from explorer.images import datasets
    from explorer.training import evaluate as measuring

    if not keras_runtime.available():
        raise UserError(f"TensorFlow is not installed: {keras_runtime.INSTALL}")
    opened = space if isinstance(space, Space) else open(space)
    if opened._space.has_own_models:
        raise UserError(f"'{opened.name}' is of your own codes or models: only trained spaces can be measured")
    given = None if data is None else datasets.load(os.fspath(data))
    _, figures = next(measuring.rows(opened.folder, given, opened._trust))
    return {name: float(value) for name, value in figures.items()}


# ---- inside --------------------------------------------------------------------------------------


def _reading(resize: tuple[int, int] | None, transpose: bool, skip_damaged: bool) -> Reading:
    """The options for reading images. Raises UserError for an impossible size."""
    from explorer.files import schema

    try:
        size = None if resize is None else list(resize)
        return schema.checked({"resize": size, "transpose": transpose, "skip_damaged": skip_damaged}, schema.Reading)
    except (TypeError, ValueError) as error:
        raise UserError(f"{error}: give resize as (height, width) in pixels, the others as True or False") from None


def _keep_arrays(folder: Path, data: Any) -> str:
    """Writes images and labels into a file beside the folder of a space, named by a hash of the content. Returns its
    path. Raises UserError if they are not a data set."""
    import numpy as np

    from explorer.files.writing import write_arrays
    from explorer.images import datasets
    from explorer.images.found import Found, Split
    from explorer.images.readers import as_column

    parts = data if isinstance(data, tuple) else (data,)
    if len(parts) not in (1, 2, 4):
        raise UserError(f"data has {len(parts)} parts: give x, (x, y), or (x_train, y_train, x_test, y_test)")
    names = ("x_train", "y_train", "x_test", "y_test") if len(parts) == 4 else ("images", "labels")
    members = {name: np.asarray(part) for name, part in zip(names, parts, strict=False) if part is not None}
    pairs = [names[start : start + 2] for start in range(0, len(parts), 2)]
    if wrong := [name for name, array in members.items() if array.dtype == object]:
        raise UserError(f"{wrong[0]} holds Python objects: give numbers or strings")
    if missing := [x for x, _ in pairs if x not in members]:
        raise UserError(f"{missing[0]} is missing: give images")
    splits = [Split(x, members[x], as_column(members[y]) if y in members else None) for x, y in pairs]
    fingerprint = datasets.made_of("", "", Found(splits)).fingerprint
    try:
        path = untrusted.absolute(folder.parent / f"{folder.name}-{fingerprint[:12]}.npz")
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"cannot make {folder.parent}: {error.strerror or error}") from None
    write_arrays(path, **members)
    return str(path)
