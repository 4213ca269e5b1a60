"""Small trained spaces of any shape, made without training: for `ae_precomp.py`, which answers from their grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from explorer import files, grid, view

RESOLUTION = 24


def decode(places: np.ndarray, image_shape: tuple[int, ...]) -> np.ndarray:
    """What stands for a decoder: places (n, 2) to waves (n, *image_shape) float32 in [0, 1] that turn and narrow."""
    height, width = image_shape[:2]
    v, u = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    places = np.asarray(places, np.float64)
    phases = places[:, 0, None, None] * u + places[:, 1, None, None] * v  # (n, height, width)
    if len(image_shape) == 3:
        phases = phases[..., None] + np.arange(image_shape[2])
    return (0.5 + 0.5 * np.sin(phases)).astype(np.float32)


def make_space(
    folder: Path,
    image_shape: tuple[int, ...] = (28, 28),
    classes: Sequence[str] = tuple("0123456789"),
    n: int = 2000,
    columns: dict[str, np.ndarray] | None = None,
    title: str = "Autoencoder",
    data_title: str = "test images",
) -> files.LatentSpace:
    """Writes a space's folder, and opens it.

    Each class is a cloud; they lie on a spiral. `decoder.keras` holds no network, but the card vouches for it.

    Args:
        image_shape: of the decoded images.
        classes: their names; none for images without labels.
        n: points, by turns of all classes.
        columns: (n,) values, by name.
    """
    folder.mkdir(parents=True)
    columns = columns or {}
    labels = np.arange(n) % max(len(classes), 1)
    angles, radii = 2.4 * labels, 2 * np.sqrt(labels)
    middles = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=-1)
    codes = (middles + np.random.default_rng(0).normal(scale=0.8, size=(n, 2))).astype(np.float32)
    members = {files.COLUMN + name: values for name, values in columns.items()}
    files.write_arrays(folder / files.CODES, codes=codes, labels=labels, rows=np.arange(n, dtype=np.int32), **members)
    (folder / files.DECODER).write_bytes(b"no network")
    grid.save(
        folder,
        grid.compute(
            lambda places: decode(places, image_shape),
            grid.extent_for(view.default_limits(codes)),
            RESOLUTION,
            files.sha256_of(folder / files.DECODER),
        ),
    )
    data = {"source": "test", "title": data_title, "image_shape": image_shape, "classes": list(classes)}
    if columns:
        data["columns"] = list(columns)
    files.write_card(folder, {"kind": "test", "title": title, "data": data, "files": files.sums(folder)})
    return files.open_space(folder)
